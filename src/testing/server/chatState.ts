/** All rooms and users, and the counters that name new things. Knows no connection. */
import { type Key, keyOf, type UserRecord } from './records.ts'
import { addMessage, createRoomState, type RoomState } from './room.ts'
import type { StoredChat, StoredRoom } from './store.ts'
import type { Id } from './wire.ts'

export interface ChatState {
  /** One value for all rooms: the numbers of different epochs have nothing to do with each other. */
  epoch: string
  readonly users: Map<Key, UserRecord>
  readonly rooms: Map<Key, RoomState>
  createMessageId(): string
}

const MESSAGE_ID = /^m(\d+)$/

/**
 * Counted, not drawn: a client that orders by (timestamp, id) sees messages of the same millisecond in the order in
 * which they came.
 */
export function createMessageIds(): { next(): string; seen(id: Id): void } {
  let count = 0
  return {
    next: () => `m${String(++count).padStart(8, '0')}`,
    seen: (id) => {
      const digits = MESSAGE_ID.exec(String(id))?.[1]
      if (digits !== undefined) count = Math.max(count, Number(digits))
    },
  }
}

export function createChatState(
  chat: StoredChat,
  options: { readonly logSize: number; readonly ids: ReturnType<typeof createMessageIds> },
): ChatState {
  const users = new Map(chat.users.map((user) => [keyOf(user.id), user]))
  const rooms = new Map<Key, RoomState>()
  for (const stored of chat.rooms) {
    rooms.set(keyOf(stored.record.id), loadRoom(stored, options.logSize))
    for (const message of stored.messages) options.ids.seen(message.id)
  }
  return { epoch: chat.epoch, users, rooms, createMessageId: options.ids.next }
}

export function loadRoom(stored: StoredRoom, logSize: number): RoomState {
  const room = createRoomState(stored.record, logSize)
  for (const member of stored.members) room.members.set(member.userKey, member)
  for (const message of stored.messages) addMessage(room, message)
  return room
}

export function userOf(state: ChatState, key: Key): UserRecord {
  return state.users.get(key) ?? { id: key, username: key }
}
