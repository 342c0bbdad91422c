/** Taking it back: what one has read from a message on. */
import { type } from '../../../query/index.ts'
import type { ChatRoom, Id } from '../data/types.ts'
import { type Rooms, readFields, roomChange, type UnreadUpdate } from '../rooms/rooms.ts'
import { type ChatContext, roomChannel, roomsEndpoint } from '../session/context.ts'
import { checkAble } from '../session/level.ts'
import { withName } from '../session/names.ts'
import type { RoomParams } from '../session/roomParams.ts'

/** Everything from a message on is unread again, on all of one's devices. */
export function defineMarkUnread(context: ChatContext, rooms: Rooms) {
  return context.live.mutation<{ readonly message_id: Id }, UnreadUpdate, RoomParams>('chat.markUnread', {
    params: type<RoomParams>(),
    ...(context.endpoints.room ? roomChannel(context) : roomsEndpoint(context)),
    validate: () => checkAble(context.level, 'Marking as unread'),
    optimistic: (_variables, { params, status }) =>
      status === 'failed' ? [] : [roomChange(params.roomId, withSomethingUnread)],
    async request(variables, sending) {
      const { message_id } = await withName(context.names, variables, sending)
      const data = { room_id: sending.params.roomId, message_id }
      return (await sending.request('mark_unread', data)) as UnreadUpdate
    },
    settle: (update, _variables, params) => [
      rooms.patch({}, readFields({ ...update, room_id: params.roomId })),
    ],
  })
}

const withSomethingUnread = (room: ChatRoom): ChatRoom => ({
  ...room,
  unread_count: Math.max(1, room.unread_count ?? 0),
})
