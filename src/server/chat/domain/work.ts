/** What the rules of the chat work with, in one transaction, and what several of them ask. */
import type { Id } from '../../../transport/port.ts'
import { RequestError } from '../../requestError.ts'
import type { Transaction } from '../../store.ts'
import type { ChatLimits } from '../limits.ts'
import { type Steps, wait } from '../steps.ts'
import {
  type ChatTables,
  type Key,
  keyOf,
  type MemberRow,
  type MessageRow,
  type RoomRow,
  type UserRow,
} from '../tables/chatTables.ts'
import { type Fields, readId } from './fields.ts'

export interface ChatRead {
  readonly tables: ChatTables
  readonly limits: ChatLimits
}

export interface ChatWork extends ChatRead {
  readonly append: Transaction<unknown>['append']
  /** ISO 8601. */
  readonly now: string
  createMessageId(): Id
  createRoomId(): Id
}

/** A frame of somebody, or what the application does in their name. */
export interface Asked {
  readonly user: Key
  readonly data: Fields
}

/** The field that names a room. */
export const ROOM_FIELD = 'room_id'
/** No client names it: what happens to one user only is logged there. */
const USER_FIELD = 'chat_user'

export const roomChannel = (room: Key): string => `${ROOM_FIELD}/${room}`
export const userChannel = (user: Key): string => `${USER_FIELD}/${user}`

export function* findRoom({ tables }: ChatRead, id: Id): Steps<RoomRow> {
  const room = yield* wait(tables.room(keyOf(id)))
  if (!room) throw new RequestError('not_found', `There is no room "${id}"`)
  return room
}

export interface Membership {
  readonly room: RoomRow
  readonly member: MemberRow
}

export function* findMembership(read: ChatRead, { user, data }: Asked): Steps<Membership> {
  const room = yield* findRoom(read, readId(data, ROOM_FIELD))
  const member = yield* wait(read.tables.member(room.key, user))
  if (!member) throw new RequestError('not_member', `You are not in room "${room.body.id}"`)
  return { room, member }
}

/** The message that `message_id` names, deleted or not. */
export function* findPlace({ tables }: ChatRead, { key, body }: RoomRow, data: Fields): Steps<MessageRow> {
  const id = readId(data, 'message_id')
  const message = yield* wait(tables.messageNamed(key, keyOf(id)))
  if (!message) throw new RequestError('not_found', `There is no message "${id}" in room "${body.id}"`)
  return message
}

export function* findMessage(read: ChatRead, room: RoomRow, data: Fields): Steps<MessageRow> {
  const message = yield* findPlace(read, room, data)
  if (!message.isDeleted) return message
  throw new RequestError('not_found', `Message "${message.body.id}" was deleted`)
}

const unknownUser = (key: Key): UserRow => ({ key, body: { id: key, username: key } })

/** Each of them, also one that nobody knows more of. */
export function* findUsers({ tables }: ChatRead, keys: readonly Key[]): Steps<(key: Key) => UserRow> {
  const rows = yield* wait(tables.users([...new Set(keys)]))
  const users = new Map(rows.map((row) => [row.key, row]))
  return (key) => users.get(key) ?? unknownUser(key)
}
