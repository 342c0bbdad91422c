/** Rooms and who is in them. */
import type { Id } from '../../../transport/port.ts'
import { RequestError } from '../../requestError.ts'
import { type Steps, wait } from '../steps.ts'
import { type Key, keyOf, type MemberRow, type RoomRow } from '../tables/chatTables.ts'
import type { ChatRoom, ChatRoomKind, ChatUser } from '../wire.ts'
import { readId } from './fields.ts'
import { roomFrame } from './frames.ts'
import { changeRoom } from './messages.ts'
import { findRoomView } from './rooms.ts'
import { viewMember, viewUser } from './views.ts'
import {
  type Asked,
  type ChatWork,
  findMembership,
  findRoom,
  findUsers,
  ROOM_FIELD,
  roomChannel,
  userChannel,
} from './work.ts'

/** Of somebody whom the chat has never seen, an id is all that it knows until they connect. */
export type UserOrId = Id | ChatUser

export interface RoomSeed {
  readonly id: Id
  /** @default the id */
  readonly name?: string
  /** One of kind `direct` cannot be joined by who is not in it. @default 'group' */
  readonly kind?: ChatRoomKind
  readonly avatar_url?: string
  readonly members?: readonly UserOrId[]
}

/** Makes the room, where there is none, and takes in those of the members that are not in it. */
export function* createRoom(work: ChatWork, seed: RoomSeed): Steps<void> {
  const { tables, now } = work
  const key = keyOf(readId({ id: seed.id }, 'id'))
  const isNew = !(yield* wait(tables.room(key)))
  if (isNew) {
    const { id, name = String(id), kind = 'group', avatar_url } = seed
    const body = { id, name, kind, ...(avatar_url === undefined ? {} : { avatar_url }) }
    yield* wait(tables.putRoom({ key, version: 0, memberCount: 0, messageCount: 0, activeAt: now, body }))
  }
  const members: Key[] = []
  for (const user of seed.members ?? []) members.push(yield* knowUser(work, user))
  yield* takeIn(work, key, { users: members })
  const [one, other, more] = members
  if (isNew && seed.kind === 'direct' && one !== undefined && other !== undefined && more === undefined)
    yield* wait(tables.putRoomFor(pairOf(one, other), key))
}

/** What the room of these two is for. */
export const pairOf = (one: Key, other: Key): string => JSON.stringify(['pair', ...[one, other].sort()])

/** What everybody sees of a room. */
export function* updateRoom(
  work: ChatWork,
  id: Id,
  { name, avatar_url }: { readonly name?: string; readonly avatar_url?: string },
): Steps<void> {
  const room = yield* findRoom(work, id)
  const change = {
    ...(name === undefined ? {} : { name }),
    ...(avatar_url === undefined ? {} : { avatar_url }),
  }
  yield* changeRoom(work, room, { body: { ...room.body, ...change } })
  yield* wait(work.append(roomChannel(room.key), roomFrame(room, 'room_changed', { room_id: room.body.id })))
}

/** Whether the user was not in it. */
export function* addMember(work: ChatWork, roomId: Id, user: UserOrId): Steps<boolean> {
  const room = yield* findRoom(work, roomId)
  return (yield* takeIn(work, room.key, { users: [yield* knowUser(work, user)] })) > 0
}

interface Newcomers {
  readonly users: readonly Key[]
  /** @default 'member' */
  readonly roleOf?: (user: Key) => string
}

/** Of those who are not in it, each becomes a member; they are told of the room as it is with all of them. Returns how many. */
export function* takeIn(
  work: ChatWork,
  key: Key,
  { users, roleOf = () => 'member' }: Newcomers,
): Steps<number> {
  const added: Key[] = []
  for (const user of users) {
    if (yield* wait(work.tables.member(key, user))) continue
    yield* enter(work, yield* findRoom(work, key), { user, role: roleOf(user) })
    added.push(user)
  }
  const room = yield* findRoom(work, key)
  // In one order, whoever else writes to the same people.
  for (const user of added.sort()) {
    const view = yield* findRoomView(work, room, user)
    yield* wait(work.append(userChannel(user), roomFrame(room, 'room_added', { room: view })))
  }
  return added.length
}

function* enter(
  work: ChatWork,
  before: RoomRow,
  { user: key, role }: { readonly user: Key; readonly role: string },
): Steps<void> {
  const { tables, limits, now } = work
  if (before.memberCount >= limits.membersPerRoom)
    throw new RequestError('too_many', `A room has at most ${limits.membersPerRoom} members`)
  if ((yield* wait(tables.countRoomsOf(key))) >= limits.roomsPerUser)
    throw new RequestError('too_many', `One is in at most ${limits.roomsPerUser} rooms`)
  const room = yield* changeRoom(work, before, { memberCount: before.memberCount + 1 })
  const [last] = yield* wait(tables.lastMessages([room.key]))
  const member: MemberRow = {
    room: room.key,
    user: key,
    place: room.version,
    version: 0,
    // What was said before one came does not count as unread.
    readPlace: last?.place ?? 0,
    body: { role, joined_at: now, last_read_message_id: last?.body.id ?? null },
  }
  yield* wait(tables.putMember(member))
  yield* tellMember(work, room, { member, type: 'member_joined' })
}

function* tellMember(
  work: ChatWork,
  room: RoomRow,
  { member, type }: { readonly member: MemberRow; readonly type: 'member_joined' | 'member_left' },
): Steps<void> {
  const user = (yield* findUsers(work, [member.user]))(member.user)
  const data = { room_id: room.body.id, member: viewMember(member, user) }
  yield* wait(work.append(roomChannel(room.key), roomFrame(room, type, data)))
}

/** Keeps what is told of somebody, where it is more than was known. */
export function* knowUser({ tables }: ChatWork, user: UserOrId): Steps<Key> {
  const isId = typeof user !== 'object'
  const id = readId({ id: isId ? user : user.id }, 'id')
  const key = keyOf(id)
  const [before] = yield* wait(tables.users([key]))
  if (isId) {
    if (!before) yield* wait(tables.putUser({ key, body: { id, username: key } }))
    return key
  }
  const body = viewUser({ key, body: user })
  if (!before || JSON.stringify(viewUser(before)) !== JSON.stringify(body)) {
    const { last_seen_at } = before?.body ?? {}
    yield* wait(
      tables.putUser({ key, body: { ...body, ...(last_seen_at === undefined ? {} : { last_seen_at }) } }),
    )
  }
  return key
}

/** Whether the user was in it. */
export function* removeMember(
  work: ChatWork,
  room: RoomRow,
  { user, reason }: { readonly user: Key; readonly reason: string },
): Steps<boolean> {
  const { tables } = work
  const member = yield* wait(tables.member(room.key, user))
  if (!member) return false
  yield* wait(tables.removeMember(room.key, user))
  yield* changeRoom(work, room, {
    memberCount: room.memberCount - 1,
    // So that no number is seen again by who comes back.
    version: room.version + member.version + 1,
  })
  yield* tellMember(work, room, { member, type: 'member_left' })
  const data = { room_id: room.body.id, reason }
  yield* wait(work.append(userChannel(user), roomFrame(room, 'room_removed', data)))
  return true
}

/** Whether somebody may go into a room by themselves. */
export const isOpen = ({ kind }: JoinedRoom): boolean => kind !== 'direct'

export type JoinedRoom = Pick<RoomRow['body'], 'id' | 'name' | 'kind'>

export function* joinRoom(
  work: ChatWork,
  { user, data }: Asked,
  mayJoin: (room: JoinedRoom) => boolean = isOpen,
): Steps<{ readonly room: ChatRoom }> {
  const before = yield* findRoom(work, readId(data, ROOM_FIELD))
  const isIn = yield* wait(work.tables.member(before.key, user))
  if (!isIn) {
    const { id, name, kind } = before.body
    if (!mayJoin({ id, name, kind }))
      throw new RequestError('forbidden', 'Nobody can join this room by themselves: ask a member of it')
    yield* addMember(work, before.body.id, user)
  }
  const room = yield* findRoom(work, before.body.id)
  return { room: yield* findRoomView(work, room, user) }
}

export function* leaveRoom(work: ChatWork, asked: Asked): Steps<object> {
  const { room } = yield* findMembership(work, asked)
  yield* removeMember(work, room, { user: asked.user, reason: 'left' })
  return {}
}
