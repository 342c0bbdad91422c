/**
 * Tells people how their rooms look by now. Not stored for each of them: whatever process somebody is connected to reads it,
 * once for all who are there, when the room has moved. What happens faster than it is told is told together.
 */
import { findPreviews } from '../domain/rooms.ts'
import { viewReadState, viewRoom } from '../domain/views.ts'
import type { ChatRead } from '../domain/work.ts'
import { type Steps, wait } from '../steps.ts'
import type { CountedMember, Key, RoomRow } from '../tables/chatTables.ts'
import type { ChatPreview } from '../wire.ts'
import { type ChatCore, hearsOf } from './core.ts'
import type { People } from './people.ts'

const SMALL_ROOM_MS = 100
const LARGE_ROOM_MS = 1_000
/** More members than this are told less often. */
export const SMALL_ROOM = 100

interface Told {
  /** Of the room, when it was told last. */
  version: number | undefined
  /** What each of those here was told of their counts. */
  readonly counts: Map<Key, string>
  /** Not before this is it told again. */
  restUntil: number
  cancelRest: (() => void) | undefined
}

export interface Updates {
  /** The room, or what one of its members sees of it, is not what was told. */
  moved(room: Key): void
  /** What somebody was told of their counts by another way. */
  told(user: Key, room: Key, counts: string): void
  forget(user: Key, room: Key): void
  close(): void
}

/** What makes one state of counts different from another. */
export const countsText = (state: {
  readonly unread_count: unknown
  readonly mention_count: unknown
  readonly last_read_message_id: unknown
  readonly version: unknown
}): string => JSON.stringify([state.unread_count, state.mention_count, state.last_read_message_id])

export function createUpdates(core: ChatCore, people: People): Updates {
  const { environment } = core.host
  const rooms = new Map<Key, Told>()
  let due = new Set<Key>()
  let isTelling = false

  const toldOf = (room: Key): Told => {
    const told = rooms.get(room) ?? {
      version: undefined,
      counts: new Map(),
      restUntil: 0,
      cancelRest: undefined,
    }
    rooms.set(room, told)
    return told
  }

  async function tellDue(): Promise<void> {
    if (isTelling) return
    isTelling = true
    while (due.size > 0) {
      const now = [...due]
      due = new Set()
      try {
        const { result } = await core.read([], (read) => readRooms(read, now, people))
        for (const found of result) tell(found)
      } catch (error) {
        core.host.fail(error)
        for (const room of now) rest(room, LARGE_ROOM_MS, true)
      }
    }
    isTelling = false
  }

  /** For so long nothing is read; then, where something has moved meanwhile. */
  function rest(room: Key, restMs: number, isDue = false): void {
    const told = toldOf(room)
    told.restUntil = environment.now() + restMs
    if (isDue) later(room, told)
  }

  function later(room: Key, told: Told): void {
    told.cancelRest ??= environment.setTimer(() => {
      told.cancelRest = undefined
      due.add(room)
      void tellDue()
    }, told.restUntil - environment.now())
  }

  function tell({ room, last, members }: FoundRoom): void {
    const told = toldOf(room.key)
    rest(room.key, room.memberCount > SMALL_ROOM ? LARGE_ROOM_MS : SMALL_ROOM_MS)
    const hasMoved = told.version === undefined || room.version > told.version
    told.version = Math.max(room.version, told.version ?? 0)
    const common = hasMoved ? commonText(room, last) : undefined
    for (const member of members) {
      const state = viewReadState(room, member)
      const counts = countsText(state)
      const frames = common === undefined ? [] : [roomText(room, common, state)]
      // Nothing at all is what somebody is taken to know who was told nothing.
      if ((told.counts.get(member.user) ?? (state.unread_count > 0 ? undefined : counts)) !== counts)
        frames.push(JSON.stringify({ type: 'unread_update', room_id: room.body.id, data: state }))
      told.counts.set(member.user, counts)
      const text = frames.length > 1 ? `[${frames.join(',')}]` : frames[0]
      if (text === undefined) continue
      for (const connection of core.host.connectionsOf(member.user))
        if (hearsOf(connection, room.key)) core.host.send(connection, text)
    }
  }

  return {
    moved: (room) => {
      if (people.inRoom(room).size === 0) return
      const told = toldOf(room)
      if (environment.now() < told.restUntil) return later(room, told)
      due.add(room)
      void tellDue()
    },
    told: (user, room, counts) => void toldOf(room).counts.set(user, counts),
    forget: (user, room) => {
      const told = rooms.get(room)
      told?.counts.delete(user)
      if (!told || people.inRoom(room).size > 0) return
      told.cancelRest?.()
      rooms.delete(room)
    },
    close: () => {
      for (const { cancelRest } of rooms.values()) cancelRest?.()
      rooms.clear()
    },
  }
}

interface FoundRoom {
  readonly room: RoomRow
  readonly last: ChatPreview | undefined
  readonly members: readonly CountedMember[]
}

function* readRooms(read: ChatRead, keys: readonly Key[], people: People): Steps<FoundRoom[]> {
  const found: FoundRoom[] = []
  for (const key of keys) {
    const users = [...people.inRoom(key)]
    const room = users.length > 0 ? yield* wait(read.tables.room(key)) : undefined
    if (!room) continue
    const members = yield* wait(read.tables.countedMembers([key], users))
    const last = (yield* findPreviews(read, [room])).get(key)
    found.push({ room, last, members })
  }
  return found
}

/** What all see alike, written once for them all. */
const commonText = (room: RoomRow, last: ChatPreview | undefined): string => {
  const { unread_count, mention_count, last_read_message_id, version, ...common } = viewRoom(room, {
    member: NO_COUNTS,
    last,
  })
  return JSON.stringify(common).slice(0, -1)
}

const NO_COUNTS = {
  version: 0,
  unread: 0,
  mentions: 0,
  body: { last_read_message_id: null },
} as CountedMember

function roomText({ body }: RoomRow, common: string, state: ReturnType<typeof viewReadState>): string {
  const { room_id, ...own } = state
  const room = `${common},${JSON.stringify(own).slice(1)}`
  return `{"type":"room_updated","room_id":${JSON.stringify(body.id)},"data":{"room":${room}}}`
}
