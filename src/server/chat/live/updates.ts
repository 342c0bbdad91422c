/**
 * Tells people how their rooms look by now. Not stored for each of them: whatever process somebody is connected to reads it,
 * once for all who are there, when the room has moved.
 */
import { SMALL_ROOM } from '../domain/presence.ts'
import { findPeers, findPreviews, type PeerOf } from '../domain/rooms.ts'
import { viewReadState, viewRoom } from '../domain/views.ts'
import type { ChatRead } from '../domain/work.ts'
import { type Steps, wait } from '../steps.ts'
import type { CountedMember, Key, RoomRow } from '../tables/chatTables.ts'
import type { ChatPreview, ChatReadState } from '../wire.ts'
import { type ChatCore, hearsOf } from './core.ts'
import { createPacing, type Due } from './pacing.ts'
import type { People } from './people.ts'

const SMALL_ROOM_MS = 100
const LARGE_ROOM_MS = 1_000

export interface Updates {
  /** The room looks otherwise to all its members. */
  moved(room: Key): void
  /** Somebody was told of their counts, as they were in the transaction that changed them. */
  told(user: Key, room: Key, state: Readonly<Record<string, unknown>>): void
  forget(user: Key, room: Key): void
  close(): void
}

interface Told {
  /** Of the room, when all were told how it looks. */
  version: number
  /** What each of those here was told of their counts. */
  readonly counts: Map<Key, string>
}

export function createUpdates(core: ChatCore, people: People): Updates {
  const { environment, fail } = core.host
  const rooms = new Map<Key, Told>()
  const toldIn = (room: Key): Told => {
    const told: Told = rooms.get(room) ?? { version: -1, counts: new Map() }
    rooms.set(room, told)
    return told
  }
  const pacing = createPacing({
    environment,
    onError: fail,
    look: async (due) => {
      const { result } = await core.read([], (read) => readRooms(read, people, due))
      for (const found of result) {
        pacing.rest(found.room.key, found.room.memberCount > SMALL_ROOM ? LARGE_ROOM_MS : SMALL_ROOM_MS)
        tell(core, found, toldIn(found.room.key))
      }
    },
  })
  return {
    moved: (room) => {
      if (people.inRoom(room).size > 0) pacing.due(room)
    },
    told: (user, room, state) => {
      toldIn(room).counts.set(user, countsText(state))
      // Where transactions see no more than was there when they began, something may have come between.
      pacing.due(room, user)
    },
    forget: (user, room) => {
      rooms.get(room)?.counts.delete(user)
      if (people.inRoom(room).size > 0) return
      rooms.delete(room)
      pacing.forget(room)
    },
    close: pacing.close,
  }
}

/** What makes one state of counts different from another. */
const countsText = ({
  unread_count,
  mention_count,
  last_read_message_id,
}: { readonly [K in keyof ChatReadState]?: unknown }) =>
  JSON.stringify([unread_count, mention_count, last_read_message_id])

interface FoundRoom {
  readonly room: RoomRow
  readonly members: readonly CountedMember[]
  readonly last: ChatPreview | undefined
  readonly peerOf: PeerOf
  /** Not only some of those who are here are to be told. */
  readonly isForAll: boolean
}

function* readRooms(read: ChatRead, people: People, due: ReadonlyMap<Key, Due>): Steps<FoundRoom[]> {
  const found: FoundRoom[] = []
  for (const [key, whom] of due) {
    const users = [...(whom === 'all' ? people.inRoom(key) : whom)]
    const room = users.length > 0 ? yield* wait(read.tables.room(key)) : undefined
    if (!room) continue
    const members = yield* wait(read.tables.countedMembers([key], users))
    const isForAll = whom === 'all'
    const last = isForAll ? (yield* findPreviews(read, [room])).get(key) : undefined
    const peerOf = yield* findPeers(read, isForAll ? [room] : [])
    found.push({ room, members, last, peerOf, isForAll })
  }
  return found
}

function tell(core: ChatCore, found: FoundRoom, told: Told): void {
  const { room, members } = found
  const hasMoved = found.isForAll && room.version > told.version
  if (hasMoved) told.version = room.version
  const common = hasMoved ? commonText(room, found.last) : undefined
  for (const member of members) {
    const state = viewReadState(room, member)
    const { room_id, ...counts } = state
    const peer = found.peerOf(room.key, member.user)
    const own = { ...(peer === undefined ? {} : { peer }), ...counts }
    const frames = common === undefined ? [] : [roomText(room, common, own)]
    if (isNews(told, member.user, state))
      frames.push(JSON.stringify({ type: 'unread_update', room_id: room.body.id, data: state }))
    send(core, member, frames)
  }
}

/** Nothing unread is what somebody is taken to know who was told nothing. */
function isNews({ counts }: Told, user: Key, state: ChatReadState): boolean {
  const text = countsText(state)
  const known = counts.get(user)
  counts.set(user, text)
  return known === undefined ? state.unread_count > 0 : known !== text
}

function send({ host }: ChatCore, { user, room }: CountedMember, frames: readonly string[]): void {
  const [first] = frames
  if (first === undefined) return
  const text = frames.length > 1 ? `[${frames.join(',')}]` : first
  for (const connection of host.connectionsOf(user))
    if (hearsOf(connection, room)) host.send(connection, text)
}

/** What all see alike, written once, without its closing brace. */
function commonText(room: RoomRow, last: ChatPreview | undefined): string {
  const nobody = { version: 0, unread: 0, mentions: 0, body: { last_read_message_id: null } } as CountedMember
  const { unread_count, mention_count, last_read_message_id, version, ...common } = viewRoom(room, {
    member: nobody,
    last,
    peer: undefined,
  })
  return JSON.stringify(common).slice(0, -1)
}

function roomText({ body }: RoomRow, common: string, own: object): string {
  const room = `${common},${JSON.stringify(own).slice(1)}`
  return `{"type":"room_updated","room_id":${JSON.stringify(body.id)},"data":{"room":${room}}}`
}
