/** Rooms that people make. The same again is the same room, whatever was lost on the way. */
import type { Id } from '../../../transport/port.ts'
import { RequestError } from '../../requestError.ts'
import { type Steps, wait } from '../steps.ts'
import { type Key, keyOf, type UserRow } from '../tables/chatTables.ts'
import type { ChatRoom, ChatRoomKind } from '../wire.ts'
import { type Fields, readId, readOptionalName, readOptionalString } from './fields.ts'
import { pairOf, takeIn } from './members.ts'
import { findRoomView } from './rooms.ts'
import { type Asked, type ChatRead, type ChatWork, findRoom, findUsers } from './work.ts'

/** What somebody asks for. */
export interface NewRoom {
  readonly kind: ChatRoomKind
  /** None of a conversation of two. */
  readonly name?: string
  /** The others. */
  readonly members: readonly Id[]
}

interface Plan {
  readonly kind: ChatRoomKind
  readonly name: string | undefined
  readonly others: readonly Key[]
  /** What is asked for again is asked for the same purpose. */
  readonly purpose: string | undefined
}

const KINDS: readonly unknown[] = ['direct', 'group', 'channel'] satisfies ChatRoomKind[]

/** @throws RequestError `forbidden` where `mayCreate` says no */
export function* makeRoom(
  work: ChatWork,
  { user, data }: Asked,
  mayCreate: (room: NewRoom) => boolean,
): Steps<{ readonly room: ChatRoom }> {
  const { tables } = work
  const plan = readPlan(work, user, data)
  const { purpose, kind } = plan
  const known = purpose === undefined ? undefined : yield* wait(tables.roomFor(purpose))
  const before = known ?? (kind === 'direct' ? yield* findPair(work, user, plan.others) : undefined)
  // One that was made and left since is not to be had by asking again; who writes to somebody is with them again.
  const missing =
    before === undefined || kind === 'direct' ? yield* missingIn(work, before, [user, ...plan.others]) : []
  if (missing.length > 0) yield* allow(work, plan, mayCreate)
  const key = before ?? (yield* putNew(work, plan, user))
  if (purpose !== undefined && known === undefined) yield* wait(tables.putRoomFor(purpose, key))
  const roleOf = (member: Key) => (member === user && kind !== 'direct' ? 'admin' : 'member')
  yield* takeIn(work, key, { users: missing, roleOf })
  return { room: yield* findRoomView(work, yield* findRoom(work, key), user) }
}

function readPlan({ limits }: ChatWork, user: Key, data: Fields): Plan {
  const kind = readKind(data)
  const others = readOthers(data, user)
  if (others.length > limits.newRoomMembers)
    throw new RequestError('too_many', `A new room begins with at most ${limits.newRoomMembers} others`)
  const [other] = others
  if (kind === 'direct') {
    if (other === undefined || others.length > 1)
      throw new RequestError('invalid', '"members" of a direct conversation must be one other person')
    return { kind, name: undefined, others, purpose: pairOf(user, other) }
  }
  const clientId = readOptionalName(data, 'client_id')
  const purpose = clientId === undefined ? undefined : JSON.stringify(['made', user, clientId])
  return { kind, name: readRoomName(data, limits.roomNameLength), others, purpose }
}

function readKind(data: Fields): ChatRoomKind {
  const kind = data.kind ?? 'group'
  if (KINDS.includes(kind)) return kind as ChatRoomKind
  throw new RequestError('invalid', `"kind" must be one of ${KINDS.join(', ')}`)
}

function readOthers(data: Fields, user: Key): Key[] {
  const members = data.members ?? []
  if (!Array.isArray(members)) throw new RequestError('invalid', '"members" must be an array of user ids')
  const keys = new Set(members.map((id: unknown) => keyOf(readId({ members: id }, 'members'))))
  keys.delete(user)
  return [...keys]
}

function readRoomName(data: Fields, maxLength: number): string {
  const name = (readOptionalString(data, 'name') ?? '').trim()
  if (name === '') throw new RequestError('empty', 'A room needs a name')
  if (name.length > maxLength && [...name].length > maxLength)
    throw new RequestError('too_long', `The name of a room has at most ${maxLength} characters`)
  return name
}

/** One that was not asked for in this way. */
function* findPair({ tables, limits }: ChatRead, user: Key, [other]: readonly Key[]): Steps<Key | undefined> {
  const rooms = yield* wait(tables.roomsOf(user, { limit: limits.roomsPerUser }))
  const pairs = rooms.filter(({ body, memberCount }) => body.kind === 'direct' && memberCount === 2)
  const members = pairs.length > 0 ? yield* wait(tables.membersIn(pairs.map(({ key }) => key))) : []
  return members.find((member) => member.user === other)?.room
}

function* missingIn(
  { tables }: ChatRead,
  room: Key | undefined,
  users: readonly Key[],
): Steps<readonly Key[]> {
  if (room === undefined) return users
  const members = new Set((yield* wait(tables.membersIn([room]))).map(({ user }) => user))
  return users.filter((user) => !members.has(user))
}

function* allow(
  work: ChatWork,
  { kind, name, others }: Plan,
  mayCreate: (room: NewRoom) => boolean,
): Steps<void> {
  const rows = yield* usersNamed(work, others)
  const members = rows.map(({ body }) => body.id)
  if (!mayCreate({ kind, members, ...(name === undefined ? {} : { name }) }))
    throw new RequestError('forbidden', 'You may not make such a room')
}

/** Only whom the chat knows: what is not there cannot be talked to. */
function* usersNamed({ tables }: ChatRead, keys: readonly Key[]): Steps<readonly UserRow[]> {
  const rows = new Map((yield* wait(tables.users(keys))).map((row) => [row.key, row]))
  return keys.map((key) => {
    const row = rows.get(key)
    if (row) return row
    throw new RequestError('not_found', `There is nobody "${key}"`)
  })
}

function* putNew(work: ChatWork, { kind, name, others }: Plan, user: Key): Steps<Key> {
  const { tables, now } = work
  const id = work.createRoomId()
  const key = keyOf(id)
  // For those who are not told that it is called by the other one.
  const users = yield* findUsers(work, [user, ...others])
  const called = name ?? [user, ...others].map((member) => users(member).body.username).join(', ')
  const body = { id, name: called, kind }
  yield* wait(tables.putRoom({ key, version: 0, memberCount: 0, messageCount: 0, activeAt: now, body }))
  return key
}
