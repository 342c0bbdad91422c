/** The chat in a memory store. A message costs the same in a room of any length. */
import type { MemoryTables } from '../../stores/memoryTables.ts'
import type {
  ChatTables,
  CountedMember,
  Key,
  MemberRow,
  MessageRow,
  PageQuery,
  RoomRow,
  UserRow,
  WritingRow,
} from './chatTables.ts'
import { calledOf } from './chatTables.ts'
import { memoryReactions, table } from './memoryReactions.ts'

const ROOMS = table('rooms')
const ROOMS_FOR = table('rooms for')
const USERS = table('users')
const PROCESSES = table('processes')
const WRITINGS = table('writings')
const membersOf = (room: Key) => table('members', room)
const roomsOf = (user: Key) => table('rooms', user)
const called = (name: string) => table('called', name)
const messagesOf = (room: Key) => table('messages', room)
const namesOf = (room: Key) => table('names', room)
const sentOf = (room: Key) => table('sent', room)
/** By the places among those of the sender. */
const ownOf = (room: Key, sender: Key) => table('own', room, sender)
const deletedOf = (room: Key) => table('deleted', room)
const mentionsOf = (room: Key, user: Key) => table('mentions', room, user)
const mentioned = (room: Key) => table('mentioned', room)
const presentAt = (process: string) => table('present', process)
const processesOf = (user: Key) => table('processes', user)

export const memoryChatTables = (tx: MemoryTables): ChatTables => ({
  ...roomTables(tx),
  ...userTables(tx),
  ...messageTables(tx),
  ...memoryReactions(tx),
  ...writingTables(tx),
  ...presenceTables(tx),
})

/** In the order in which they came to be. */
export const everyRoom = (tx: MemoryTables): RoomRow[] => tx.all(ROOMS)
export const everyUser = (tx: MemoryTables): UserRow[] => tx.all(USERS)

const rowsOf = <Row>(tx: MemoryTables, name: string, keys: readonly (Key | number)[]): Row[] =>
  keys.flatMap((key) => tx.get<Row>(name, String(key)) ?? [])

const isBehind = (one: RoomRow, other: { readonly activeAt: string; readonly key: Key }) =>
  one.activeAt < other.activeAt || (one.activeAt === other.activeAt && one.key < other.key)

function roomTables(tx: MemoryTables) {
  const room = (key: Key) => tx.get<RoomRow>(ROOMS, key)
  const member = (at: Key, user: Key) => tx.get<MemberRow>(membersOf(at), user)
  return {
    room,
    putRoom: (row) => tx.set(ROOMS, row.key, row),
    roomFor: (purpose) => tx.get<Key>(ROOMS_FOR, purpose),
    putRoomFor: (purpose, key) => {
      if (tx.get(ROOMS_FOR, purpose) === undefined) tx.set(ROOMS_FOR, purpose, key)
    },
    roomsOf: (user, { after, limit }) => {
      const own = rowsOf<RoomRow>(tx, ROOMS, tx.all<Key>(roomsOf(user)))
      const behind = after ? own.filter((row) => isBehind(row, after)) : own
      return behind.sort((a, b) => (isBehind(a, b) ? 1 : -1)).slice(0, limit)
    },
    countRoomsOf: (user) => tx.all(roomsOf(user)).length,
    member,
    members: (at) => tx.all<MemberRow>(membersOf(at)).sort((a, b) => a.place - b.place),
    membersIn: (rooms) => rooms.flatMap((at) => tx.all<MemberRow>(membersOf(at))),
    putMember: (row) => {
      tx.set(membersOf(row.room), row.user, row)
      tx.set(roomsOf(row.user), row.room, row.room)
    },
    removeMember: (at, user) => {
      tx.delete(membersOf(at), user)
      tx.delete(roomsOf(user), at)
    },
    countedMembers: (rooms, users) =>
      rooms.flatMap((at) => {
        const found = room(at)
        return found ? users.flatMap((user) => counted(tx, found, member(at, user)) ?? []) : []
      }),
    membersCalled: (at, names) =>
      names.flatMap((name) => tx.all<Key>(called(name)).filter((user) => member(at, user))),
  } satisfies Partial<ChatTables>
}

function counted(
  tx: MemoryTables,
  { messageCount }: RoomRow,
  member: MemberRow | undefined,
): CountedMember | undefined {
  if (!member) return undefined
  const { room, user, readPlace } = member
  const isUnread = (place: number) => place > readPlace
  const ownUnread = countSent(tx, room, user) - countUpTo(tx, ownOf(room, user), readPlace)
  const deleted = tx
    .all<{ place: number; sender: Key }>(deletedOf(room))
    .filter(({ place, sender }) => isUnread(place) && sender !== user)
  return {
    ...member,
    unread: messageCount - readPlace - ownUnread - deleted.length,
    mentions: tx.all<number>(mentionsOf(room, user)).filter(isUnread).length,
  }
}

const countSent = (tx: MemoryTables, room: Key, sender: Key) =>
  tx.get<number>(table('sent', room, sender), 'count') ?? 0

/** How many of the places 1, 2, 3 … hold a number that is not above this one: they grow. */
function countUpTo(tx: MemoryTables, name: string, limit: number): number {
  let [low, high] = [0, 1]
  const isWithin = (place: number) =>
    (tx.get<number>(name, String(place)) ?? Number.POSITIVE_INFINITY) <= limit
  while (isWithin(high)) [low, high] = [high, high * 2]
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (isWithin(middle)) low = middle
    else high = middle
  }
  return low
}

function userTables(tx: MemoryTables) {
  return {
    users: (keys) => rowsOf<UserRow>(tx, USERS, keys),
    putUser: (row) => {
      const before = tx.get<UserRow>(USERS, row.key)
      if (before) tx.delete(called(calledOf(before)), row.key)
      tx.set(called(calledOf(row)), row.key, row.key)
      tx.set(USERS, row.key, row)
    },
  } satisfies Partial<ChatTables>
}

function messageTables(tx: MemoryTables) {
  const message = (room: Key, place: number) => tx.get<MessageRow>(messagesOf(room), String(place))
  const at = (room: Key, place: number | undefined) =>
    place === undefined ? undefined : message(room, place)
  const page = (room: Key, { from, direction, limit }: PageQuery): MessageRow[] => {
    const found: MessageRow[] = []
    const step = direction === 'older' ? -1 : 1
    for (
      let row = message(room, from + step);
      row && found.length < limit;
      row = message(room, row.place + step)
    )
      if (!row.isDeleted) found.push(row)
    return found
  }
  return {
    message,
    messageNamed: (room, key) => at(room, tx.get<number>(namesOf(room), key)),
    messageSent: (room, sender, clientId) =>
      at(room, tx.get<number>(sentOf(room), JSON.stringify([sender, clientId]))),
    countSent: (room, sender) => countSent(tx, room, sender),
    page,
    lastMessages: (rooms) =>
      rooms.flatMap((room) => {
        const from = (tx.get<RoomRow>(ROOMS, room)?.messageCount ?? 0) + 1
        return page(room, { from, direction: 'older', limit: 1 })
      }),
    putMessage: (row) => {
      const { room, place, sender, ownPlace } = row
      if (!message(room, place)) {
        tx.set(namesOf(room), row.key, place)
        if (row.clientId !== undefined) tx.set(sentOf(room), JSON.stringify([sender, row.clientId]), place)
        tx.set(ownOf(room, sender), String(ownPlace), place)
        tx.set(table('sent', room, sender), 'count', ownPlace)
      }
      if (row.isDeleted) tx.set(deletedOf(room), String(place), { place, sender })
      tx.set(messagesOf(room), String(place), row)
    },
    setMentions: (room, place, users) => {
      const before = tx.get<readonly Key[]>(mentioned(room), String(place)) ?? []
      for (const user of before) tx.delete(mentionsOf(room, user), String(place))
      for (const user of users) tx.set(mentionsOf(room, user), String(place), place)
      if (users.length > 0) tx.set(mentioned(room), String(place), users)
      else if (before.length > 0) tx.delete(mentioned(room), String(place))
    },
  } satisfies Partial<ChatTables>
}

const writingKey = (room: Key, place: number) => JSON.stringify([room, place])

const writingTables = (tx: MemoryTables) =>
  ({
    writings: () => tx.all<WritingRow>(WRITINGS),
    putWriting: (row) => tx.set(WRITINGS, writingKey(row.room, row.place), row),
    removeWriting: (room, place) => tx.delete(WRITINGS, writingKey(room, place)),
  }) satisfies Partial<ChatTables>

function presenceTables(tx: MemoryTables) {
  const isPresent = (user: Key) => tx.all(processesOf(user)).length > 0
  const presentMembers = (room: Key) =>
    tx.all<MemberRow>(membersOf(room)).flatMap(({ user }) => (isPresent(user) ? [user] : []))
  const setAbsent = (process: string, user: Key) => {
    tx.delete(presentAt(process), user)
    tx.delete(processesOf(user), process)
  }
  return {
    beats: () => new Map(tx.all<readonly [string, number]>(PROCESSES)),
    beat: (process) => {
      const [, count = 0] = tx.get<readonly [string, number]>(PROCESSES, process) ?? []
      tx.set(PROCESSES, process, [process, count + 1])
    },
    setPresent: (process, user) => {
      tx.set(presentAt(process), user, user)
      tx.set(processesOf(user), process, process)
    },
    setAbsent,
    dropProcess: (process) => {
      const users = tx.all<Key>(presentAt(process))
      for (const user of users) setAbsent(process, user)
      tx.delete(PROCESSES, process)
      return users
    },
    present: (users) => users.filter(isPresent),
    countPresent: (room) => presentMembers(room).length,
    presentIn: (rooms) => rowsOf<UserRow>(tx, USERS, [...new Set(rooms.flatMap(presentMembers))]),
  } satisfies Partial<ChatTables>
}
