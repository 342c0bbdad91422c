/** Saying how far one has read. */
import { type AskOptions, type } from '../../../query/index.ts'
import type { Id } from '../data/types.ts'
import { type Rooms, readFields, roomChange, type UnreadUpdate } from '../rooms/rooms.ts'
import { type ChatContext, endpointOf, roomChannel, roomsEndpoint } from '../session/context.ts'
import { withName } from '../session/names.ts'
import type { RoomParams } from '../session/roomParams.ts'
import { createSendGate } from '../session/sendGate.ts'
import { readUpTo } from './readState.ts'

export function defineMarkRead(context: ChatContext, rooms: Rooms) {
  const { live, level, names } = context
  const gate = createSendGate(context)
  return live.mutation<{ readonly message_id: Id }, UnreadUpdate | undefined, RoomParams>('chat.markRead', {
    params: type<RoomParams>(),
    // One connection for all: a receipt from the room list is no reason to subscribe the room.
    ...(context.endpoints.room ? roomChannel(context) : roomsEndpoint(context)),
    optimistic: ({ message_id }, { params, status }) =>
      status === 'failed' ? [] : [roomChange(params.roomId, (room) => readUpTo(room, message_id))],
    async request(variables, sending) {
      const { params, request, send, signal } = sending
      const { message_id } = await withName(names, variables, sending)
      const data = { room_id: params.roomId, message_id }
      const endpoint = endpointOf(context.endpoints, params.roomId)
      const ask = (how?: AskOptions) => request('read_receipt', data, how)
      if (!level.isSilent()) {
        return gate.pass(
          { ...params, signal },
          () => level.answer({ endpoint, ask }) as Promise<UnreadUpdate | undefined>,
        )
      }
      await send('read_receipt', data, { latest: `read ${params.roomId}` })
      return undefined
    },
    settle: (update, { message_id }, params) => [
      rooms.patch(
        {},
        update
          ? readFields({ ...update, room_id: params.roomId })
          : { id: params.roomId, last_read_message_id: message_id },
      ),
    ],
  })
}
