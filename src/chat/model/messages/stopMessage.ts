/** Ending a message that is still being written: an answer that nobody needs any more. */
import { type } from '../../../query/index.ts'
import { toldIn } from '../data/toldIn.ts'
import type { ChatMessage, Id } from '../data/types.ts'
import { type ChatContext, roomChannel } from '../session/context.ts'
import { checkAble } from '../session/level.ts'
import type { RoomParams } from '../session/roomParams.ts'
import { createSendGate } from '../session/sendGate.ts'
import type { Messages } from './sendMessage.ts'

export function defineStopMessage(context: ChatContext, messages: Messages) {
  const gate = createSendGate(context)
  return context.live.mutation<{ message_id: Id }, ChatMessage | undefined, RoomParams>('chat.stopMessage', {
    params: type<RoomParams>(),
    ...roomChannel(context),
    validate: () => checkAble(context.level, 'Stopping'),
    async request({ message_id }, { params, request, signal }) {
      checkAble(context.level, 'Stopping')
      const data = { room_id: params.roomId, message_id }
      return toldIn(await gate.pass({ ...params, signal }, () => request('stop_message', data)), 'message')
    },
    settle: (message, _variables, params) => (message ? [messages.upsert(params, message)] : []),
  })
}
