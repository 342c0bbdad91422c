/** Making a room. Asked for again after it failed, it is the same room. */
import { isLiveError } from '../../../transport/index.ts'
import { toldIn } from '../data/toldIn.ts'
import type { ChatRoom, Id } from '../data/types.ts'
import { type ChatContext, roomsEndpoint } from '../session/context.ts'
import { checkAble } from '../session/level.ts'
import type { Rooms } from './rooms.ts'

/** A room that is to be. */
export interface NewRoom {
  /** `direct`: between oneself and one other; there is never a second one. @default 'group' */
  readonly kind?: 'direct' | 'group' | 'channel'
  /** Those of kind `direct` have none: each is called by the other one. */
  readonly name?: string
  /** The others in it, by the ids of users. @default nobody */
  readonly members?: readonly Id[]
}

/** Rooms remembered that may have been made. */
const MAX_DOUBTS = 100

export function defineCreateRoom(context: ChatContext, rooms: Rooms) {
  /** What the server was asked under, for as long as nobody knows whether it did. */
  const doubts = new Map<string, string>()
  return context.live.mutation<NewRoom, ChatRoom | undefined>('chat.createRoom', {
    ...roomsEndpoint(context),
    validate: () => checkAble(context.roomsLevel, 'Making a room'),
    async request({ kind = 'group', name, members = [] }, { request, clientId }) {
      checkAble(context.roomsLevel, 'Making a room')
      const asked = { kind, ...(name !== undefined && { name }), members }
      const key = JSON.stringify([kind, name, members.map(String)])
      const client_id = doubts.get(key) ?? clientId
      doubts.set(key, client_id)
      if (doubts.size > MAX_DOUBTS) doubts.delete(doubts.keys().next().value ?? '')
      try {
        const room = toldIn(await request('create_room', { ...asked, client_id }), 'room')
        doubts.delete(key)
        context.membership.added(room?.id)
        return room
      } catch (error) {
        const isRefused = isLiveError(error) && error.code === 'rejected' && !error.retryable
        if (isRefused) doubts.delete(key)
        throw error
      }
    },
    settle: (room) => (room ? [rooms.upsert({}, room)] : []),
  })
}
