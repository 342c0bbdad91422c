/**
 * Who is there. What this process has connections of is in the store, under its name; a process that says nothing for a while
 * is gone, and everybody with it. Arrivals and departures are told to those who share a small room; a large one gets a count.
 */

import type { Id } from '../../../transport/port.ts'
import { isRecord } from '../../../transport/protocol.ts'
import type { ChatWork } from '../domain/work.ts'
import { findUsers, roomChannel } from '../domain/work.ts'
import { type Steps, wait } from '../steps.ts'
import type { Key, UserRow } from '../tables/chatTables.ts'
import { type ChatCore, hearsOf } from './core.ts'
import type { People } from './people.ts'
import { SMALL_ROOM } from './updates.ts'

const BEAT_MS = 10_000
/** So long a process may be silent, by the clock of who listens. */
const SILENCE_MS = 35_000
const COUNT_MS = 2_000
/** Users of one transaction. */
const MAX_AT_ONCE = 500

interface Status {
  readonly user: Key
  readonly user_id: Id
  readonly status: 'online' | 'offline'
  readonly last_seen_at?: string
  /** Those of the user that are small. */
  readonly small: readonly Key[]
  readonly large: readonly Key[]
}

export interface Presence {
  /** The first connection of a user is there, or the last one is gone. */
  changed(user: Key): void
  heard(message: unknown): void
  close(): Promise<void>
}

export const statusFrame = ({ body }: Pick<UserRow, 'body'>, status: Status['status']): string => {
  const { id, last_seen_at } = body
  const seen = last_seen_at === undefined ? {} : { last_seen_at }
  return JSON.stringify({ type: 'user_status', data: { user_id: id, status, ...seen } })
}

export function createPresence(core: ChatCore, people: People): Presence {
  const { host } = core
  const { environment, process } = host
  /** Those that the store has under the name of this process. */
  const stored = new Set<Key>()
  let changed = new Set<Key>()
  let storing: Promise<void> | undefined
  let isClosed = false
  const counts = createCounts(core)

  const isThere = (user: Key) => !isClosed && people.get(user) !== undefined

  async function store(): Promise<void> {
    while (changed.size > 0) {
      const users = [...changed].slice(0, MAX_AT_ONCE)
      for (const user of users) changed.delete(user)
      try {
        const arriving = users.filter((user) => isThere(user) && !stored.has(user))
        const leaving = users.filter((user) => !isThere(user) && stored.has(user))
        if (arriving.length + leaving.length === 0) continue
        const told = await core.write((work) => move(work, { process, arriving, leaving }))
        for (const user of arriving) stored.add(user)
        for (const user of leaving) stored.delete(user)
        announce(told)
      } catch (error) {
        host.fail(error)
        for (const user of users) changed.add(user)
        if (isClosed) return
        await new Promise<void>((resolve) => void environment.setTimer(resolve, 1_000))
      }
    }
  }

  function changedNow(): void {
    storing ??= store().finally(() => {
      storing = undefined
      if (changed.size > 0 && !isClosed) changedNow()
    })
  }

  function announce(statuses: readonly Status[]): void {
    if (statuses.length === 0) return
    for (const status of statuses) tell(status)
    host.tell({ statuses })
  }

  function tell(status: Status): void {
    const { user, small, large, last_seen_at, user_id } = status
    const seen = last_seen_at === undefined ? {} : { last_seen_at }
    const text = statusFrame({ body: { id: user_id, username: '', ...seen } }, status.status)
    const told = new Set<object>()
    for (const room of small) {
      for (const other of people.inRoom(room)) {
        if (other === user) continue
        for (const connection of host.connectionsOf(other)) {
          if (told.has(connection) || !hearsOf(connection, room)) continue
          told.add(connection)
          host.send(connection, text)
        }
      }
    }
    for (const room of large) counts.moved(room)
  }

  const heart = createHeart(core, {
    onDead: announce,
    onForgotten: () => {
      for (const user of stored) changed.add(user)
      stored.clear()
      changedNow()
    },
  })

  return {
    changed: (user) => {
      changed.add(user)
      heart.start()
      changedNow()
    },
    heard: (message) => {
      if (!isRecord(message) || !Array.isArray(message.statuses)) return
      for (const status of message.statuses as Status[]) tell(status)
    },
    close: async () => {
      isClosed = true
      await heart.stop()
      counts.close()
      changed = new Set(stored)
      changedNow()
      await storing
    },
  }
}

/** Returns whose state that changes. */
function* move(
  work: ChatWork,
  { process, arriving, leaving }: { process: string; arriving: readonly Key[]; leaving: readonly Key[] },
): Steps<Status[]> {
  const { tables } = work
  const before = new Set(arriving.length > 0 ? yield* wait(tables.present(arriving)) : [])
  for (const user of arriving) yield* wait(tables.setPresent(process, user))
  for (const user of leaving) yield* wait(tables.setAbsent(process, user))
  const came = yield* statusesOf(
    work,
    arriving.filter((user) => !before.has(user)),
    'online',
  )
  return [...came, ...(yield* departures(work, leaving))]
}

/** Of those that have left somewhere, the ones that are nowhere now. */
function* departures(work: ChatWork, users: readonly Key[]): Steps<Status[]> {
  const { tables, now } = work
  if (users.length === 0) return []
  const still = new Set(yield* wait(tables.present(users)))
  const gone = users.filter((user) => !still.has(user))
  const rows = yield* wait(tables.users(gone))
  for (const row of rows) yield* wait(tables.putUser({ ...row, body: { ...row.body, last_seen_at: now } }))
  return yield* statusesOf(work, gone, 'offline')
}

function* statusesOf(work: ChatWork, users: readonly Key[], status: Status['status']): Steps<Status[]> {
  const { tables, limits } = work
  const rows = yield* findUsers(work, users)
  const statuses: Status[] = []
  for (const user of users) {
    const { id, last_seen_at } = rows(user).body
    const rooms = yield* wait(tables.roomsOf(user, { limit: limits.roomsPerUser }))
    const isSmall = ({ memberCount }: { memberCount: number }) => memberCount <= SMALL_ROOM
    statuses.push({
      user,
      user_id: id,
      status,
      ...(last_seen_at === undefined ? {} : { last_seen_at }),
      small: rooms.filter(isSmall).map(({ key }) => key),
      large: rooms.filter((room) => !isSmall(room)).map(({ key }) => key),
    })
  }
  return statuses
}

interface HeartParts {
  /** Users that went with a process. */
  onDead(statuses: readonly Status[]): void
  /** This one was taken for dead. */
  onForgotten(): void
}

/** Says that this process is there, and notices those that say nothing any more. From the first user on. */
function createHeart(core: ChatCore, { onDead, onForgotten }: HeartParts) {
  const { host } = core
  const { environment, process } = host
  const heard = new Map<string, { readonly beats: number; readonly at: number }>()
  let cancel: (() => void) | undefined
  let beating: Promise<void> = Promise.resolve()
  let isStopped = false

  async function beat(): Promise<void> {
    try {
      const { isKnown, dead } = await core.write(function* ({ tables }) {
        const beats = yield* wait(tables.beats())
        yield* wait(tables.beat(process))
        return { isKnown: beats.has(process), dead: silentOf(beats) }
      })
      if (!isKnown && heard.has(process)) onForgotten()
      heard.set(process, { beats: 0, at: environment.now() })
      for (const each of dead) onDead(await core.write((work) => bury(work, each)))
    } catch (error) {
      host.fail(error)
    }
    if (!isStopped) cancel = environment.setTimer(next, BEAT_MS)
  }
  const next = () => {
    beating = beat()
  }

  function silentOf(all: ReadonlyMap<string, number>): string[] {
    const now = environment.now()
    for (const other of [...heard.keys()]) if (other !== process && !all.has(other)) heard.delete(other)
    return [...all].flatMap(([other, beats]) => {
      if (other === process) return []
      const known = heard.get(other)
      if (known?.beats === beats) return now - known.at > SILENCE_MS ? [other] : []
      heard.set(other, { beats, at: now })
      return []
    })
  }

  return {
    start: () => {
      if (cancel || isStopped) return
      cancel = () => undefined
      next()
    },
    stop: async () => {
      isStopped = true
      cancel?.()
      await beating
      if (cancel)
        await core.write(({ tables }) => wait(tables.dropProcess(process))).then(() => undefined, host.fail)
    },
  }
}

function* bury(work: ChatWork, process: string): Steps<Status[]> {
  return yield* departures(work, yield* wait(work.tables.dropProcess(process)))
}

/** How many are there, to those who are looking at a large room. */
function createCounts(core: ChatCore) {
  const { host } = core
  const waiting = new Map<Key, () => void>()
  async function tell(room: Key): Promise<void> {
    waiting.delete(room)
    const { result } = await core.read([], function* ({ tables }) {
      const row = yield* wait(tables.room(room))
      return row && { id: row.body.id, online: yield* wait(tables.countPresent(room)) }
    })
    if (!result) return
    const data = { room_id: result.id, online: result.online }
    const text = JSON.stringify({ type: 'room_presence', room_id: result.id, data })
    for (const connection of host.subscribersOf(roomChannel(room))) host.send(connection, text)
  }
  return {
    moved: (room: Key) => {
      if (waiting.has(room)) return
      const cancel = host.environment.setTimer(() => void tell(room).catch(host.fail), COUNT_MS)
      waiting.set(room, cancel)
    },
    close: () => {
      for (const cancel of waiting.values()) cancel()
    },
  }
}
