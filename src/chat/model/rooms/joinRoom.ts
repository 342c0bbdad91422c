/** Becoming a member of a room. */
import { toldIn } from '../data/toldIn.ts'
import type { ChatRoom, Id } from '../data/types.ts'
import { type ChatContext, roomsEndpoint } from '../session/context.ts'
import type { Rooms } from './rooms.ts'

export function defineJoinRoom(context: ChatContext, rooms: Rooms) {
  return context.live.mutation<{ readonly roomId: Id }, ChatRoom | undefined>('chat.joinRoom', {
    ...roomsEndpoint(context),
    async request({ roomId }, { request }) {
      const room = toldIn(await request('join_room', { room_id: roomId }), 'room')
      context.membership.added(roomId)
      return room
    },
    settle: (room) => (room ? [rooms.upsert({}, room)] : []),
  })
}
