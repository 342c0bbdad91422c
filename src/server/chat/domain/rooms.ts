/** Rooms as their members see them. */
import { RequestError } from '../../requestError.ts'
import { type Steps, wait } from '../steps.ts'
import type { Key, RoomRow, RoomsQuery } from '../tables/chatTables.ts'
import type { ChatMember, ChatPreview, ChatRoom, ChatUser } from '../wire.ts'
import { readLimit, readOptionalString } from './fields.ts'
import { viewMember, viewPreview, viewRoom, viewUser } from './views.ts'
import { type Asked, type ChatRead, findMembership, findUsers } from './work.ts'

export const DEFAULT_PAGE_SIZE = 50
/** More per request than this is cut down to it. */
export const MAX_PAGE_SIZE = 200

/** What each of these rooms shows as its last message, by key. */
export function* findPreviews(read: ChatRead, rooms: readonly RoomRow[]): Steps<Map<Key, ChatPreview>> {
  const last = yield* wait(read.tables.lastMessages(rooms.map(({ key }) => key)))
  const senders = yield* findUsers(
    read,
    last.map(({ sender }) => sender),
  )
  const messages = new Map(last.map((message) => [message.room, message]))
  const previews = new Map<Key, ChatPreview>()
  for (const room of rooms) {
    const message = messages.get(room.key)
    if (message) previews.set(room.key, viewPreview(message, { room, sender: senders(message.sender) }))
  }
  return previews
}

/** Who it is that a member of a conversation of two talks to. */
export type PeerOf = (room: Key, viewer: Key) => ChatUser | undefined

export function* findPeers(read: ChatRead, rooms: readonly RoomRow[]): Steps<PeerOf> {
  const pairs = rooms.filter(({ body, memberCount }) => body.kind === 'direct' && memberCount === 2)
  if (pairs.length === 0) return () => undefined
  const members = yield* wait(read.tables.membersIn(pairs.map(({ key }) => key)))
  const users = yield* findUsers(
    read,
    members.map(({ user }) => user),
  )
  const byRoom = new Map<Key, Key[]>()
  for (const { room, user } of members) byRoom.set(room, [...(byRoom.get(room) ?? []), user])
  return (room, viewer) => {
    const other = byRoom.get(room)?.find((user) => user !== viewer)
    return other === undefined ? undefined : viewUser(users(other))
  }
}

function* viewRooms(read: ChatRead, rooms: readonly RoomRow[], viewer: Key): Steps<ChatRoom[]> {
  const keys = rooms.map(({ key }) => key)
  const counted = new Map(
    (yield* wait(read.tables.countedMembers(keys, [viewer]))).map((member) => [member.room, member]),
  )
  const previews = yield* findPreviews(read, rooms)
  const peerOf = yield* findPeers(read, rooms)
  return rooms.flatMap((room) => {
    const member = counted.get(room.key)
    const { key } = room
    return member ? [viewRoom(room, { member, last: previews.get(key), peer: peerOf(key, viewer) })] : []
  })
}

export function* findRoomView(read: ChatRead, room: RoomRow, viewer: Key): Steps<ChatRoom> {
  const [view] = yield* viewRooms(read, [room], viewer)
  if (!view) throw new RequestError('not_member', `You are not in room "${room.body.id}"`)
  return view
}

interface RoomsReply {
  readonly rooms: readonly ChatRoom[]
  readonly next_cursor: string | null
}

/** Last active first. */
export function* getRooms(read: ChatRead, { user, data }: Asked): Steps<RoomsReply> {
  const limit = readLimit(data, { fallback: DEFAULT_PAGE_SIZE, max: MAX_PAGE_SIZE })
  const after = readCursor(readOptionalString(data, 'cursor'))
  const found = yield* wait(read.tables.roomsOf(user, { limit: limit + 1, ...(after && { after }) }))
  const page = found.slice(0, limit)
  const last = page.at(-1)
  return {
    rooms: yield* viewRooms(read, page, user),
    next_cursor: last && found.length > limit ? JSON.stringify([last.activeAt, last.key]) : null,
  }
}

/** A position in the order, not a count, so that rooms which move meanwhile shift nothing. */
function readCursor(cursor: string | undefined): RoomsQuery['after'] {
  if (cursor === undefined) return undefined
  try {
    const [activeAt, key] = JSON.parse(cursor) as unknown[]
    if (typeof activeAt === 'string' && typeof key === 'string' && !`${activeAt}${key}`.includes('\0'))
      return { activeAt, key }
  } catch {
    // No JSON: refused like any other.
  }
  throw new RequestError('invalid', '"cursor" must be one that a former answer had as its "next_cursor"')
}

export function* getMembers(
  read: ChatRead,
  asked: Asked,
): Steps<{ readonly members: readonly ChatMember[] }> {
  const { room } = yield* findMembership(read, asked)
  const members = yield* wait(read.tables.members(room.key))
  const users = yield* findUsers(
    read,
    members.map(({ user }) => user),
  )
  return { members: members.map((member) => viewMember(member, users(member.user))) }
}
