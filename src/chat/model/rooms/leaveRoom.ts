/** Ending a membership. */
import type { Id } from '../data/types.ts'
import { type ChatContext, roomsEndpoint } from '../session/context.ts'
import type { Rooms } from './rooms.ts'

export function defineLeaveRoom(context: ChatContext, rooms: Rooms) {
  return context.live.mutation<{ readonly roomId: Id }, void>('chat.leaveRoom', {
    ...roomsEndpoint(context),
    optimistic: ({ roomId }, { status }) => (status === 'failed' ? [] : [rooms.remove({}, roomId)]),
    async request({ roomId }, { request }) {
      await request('leave_room', { room_id: roomId })
    },
    settle: (_result, { roomId }) => [rooms.remove({}, roomId)],
  })
}
