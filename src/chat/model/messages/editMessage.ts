/** Editing a message; of one that was not sent yet, what is to be sent. */
import { type } from '../../../query/index.ts'
import { toldIn } from '../data/toldIn.ts'
import type { ChatMessage, Id } from '../data/types.ts'
import { type ChatContext, roomChannel } from '../session/context.ts'
import { checkAble } from '../session/level.ts'
import { clientIdIn, withName } from '../session/names.ts'
import type { RoomParams } from '../session/roomParams.ts'
import { createSendGate } from '../session/sendGate.ts'
import { checkContent, draftOf, type Messages, type Sends } from './sendMessage.ts'

export function defineEditMessage(context: ChatContext, messages: Messages, sends: Sends) {
  const { level, names } = context
  const gate = createSendGate(context)
  return context.live.mutation<{ message_id: Id; content: string }, ChatMessage | undefined, RoomParams>(
    'chat.editMessage',
    {
      params: type<RoomParams>(),
      ...roomChannel(context),
      validate({ message_id, content }) {
        if (clientIdIn(message_id) === undefined) checkAble(level, 'Editing')
        checkContent(content, context)
      },
      atOnce({ message_id, content }, _params, queryClient) {
        const clientId = names.unsent(message_id, queryClient)
        if (clientId === undefined) return false
        const isEdited = sends.statusOf(queryClient, clientId) === 'failed'
        sends.amend(queryClient, clientId, (draft) => ({
          ...draftOf(draft),
          content,
          ...(isEdited && { isEdited }),
        }))
        return true
      },
      optimistic: ({ message_id, content }, { params, status }) =>
        status === 'failed' ? [] : [messages.patch(params, { id: message_id, content })],
      async request(variables, sending) {
        checkAble(level, 'Editing')
        const { params, request, signal } = sending
        const { message_id, content } = await withName(names, variables, sending)
        const data = { room_id: params.roomId, message_id, message: content }
        return toldIn(await gate.pass({ ...params, signal }, () => request('edit_message', data)), 'message')
      },
      settle: (message, _variables, params) => (message ? [messages.upsert(params, message)] : []),
    },
  )
}
