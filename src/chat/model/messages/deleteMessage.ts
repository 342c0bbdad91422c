/** Deleting a message; one that was not sent yet never is. */
import { type } from '../../../query/index.ts'
import type { Id } from '../data/types.ts'
import { type ChatContext, roomChannel } from '../session/context.ts'
import { checkAble } from '../session/level.ts'
import { clientIdIn, withName } from '../session/names.ts'
import type { RoomParams } from '../session/roomParams.ts'
import { createSendGate } from '../session/sendGate.ts'
import type { Messages, Sends } from './sendMessage.ts'

export function defineDeleteMessage(context: ChatContext, messages: Messages, sends: Sends) {
  const { level, names } = context
  const gate = createSendGate(context)
  return context.live.mutation<{ message_id: Id }, void, RoomParams>('chat.deleteMessage', {
    params: type<RoomParams>(),
    ...roomChannel(context),
    validate({ message_id }) {
      if (clientIdIn(message_id) === undefined) checkAble(level, 'Deleting')
    },
    atOnce({ message_id }, _params, queryClient) {
      const clientId = names.unsent(message_id, queryClient)
      if (clientId !== undefined) sends.discard(queryClient, clientId)
      return clientId !== undefined
    },
    optimistic: ({ message_id }, { params, status }) =>
      status === 'failed' ? [] : [messages.remove(params, message_id)],
    async request(variables, sending) {
      checkAble(level, 'Deleting')
      const { params, request, signal } = sending
      const { message_id } = await withName(names, variables, sending)
      const data = { room_id: params.roomId, message_id }
      await gate.pass({ ...params, signal }, () => request('delete_message', data))
    },
    settle: (_result, { message_id }, params) => [messages.remove(params, message_id)],
  })
}
