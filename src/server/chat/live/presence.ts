/**
 * Who is there. What this process has connections of is in the store, under its name; a process that says nothing for a while
 * is gone, and everybody with it. Arrivals and departures are told to those who share a small room; a large one gets a count.
 */
import { isRecord } from '../../../transport/protocol.ts'
import type { LiveConnection } from '../../session/plugin.ts'
import { move, type Status } from '../domain/presence.ts'
import type { Key, UserRow } from '../tables/chatTables.ts'
import { type ChatCore, hearsOf } from './core.ts'
import { createHeart } from './heart.ts'
import type { People } from './people.ts'
import { createPresentCounts } from './presentCounts.ts'

/** Users of one transaction. */
const MAX_AT_ONCE = 500
const RETRY_MS = 1_000

export interface Presence {
  /** The first connection of a user is there, or the last one is gone. */
  changed(user: Key): void
  heard(message: unknown): void
  /** This process says that it is there, also where nobody is. */
  beat(): void
  close(): Promise<void>
}

export const statusFrame = ({ body }: Pick<UserRow, 'body'>, status: Status['status']): string => {
  const { id, last_seen_at } = body
  const seen = last_seen_at === undefined ? {} : { last_seen_at }
  return JSON.stringify({ type: 'user_status', data: { user_id: id, status, ...seen } })
}

export function createPresence(core: ChatCore, people: People, isAlone: boolean): Presence {
  const { host } = core
  const counts = createPresentCounts(core)
  const tell = (statuses: readonly Status[]) => {
    for (const status of statuses) {
      tellCompanions(core, people, status)
      for (const room of status.large) counts.moved(room)
    }
  }
  const announce = (statuses: readonly Status[]) => {
    tell(statuses)
    if (statuses.length > 0) host.tell({ statuses })
  }
  const book = createBook(core, people, announce)
  const heart = createHeart(core, { onDead: announce, onForgotten: book.writeAgain })
  return {
    changed: (user) => {
      if (!isAlone) heart.start()
      book.changed([user])
    },
    heard: (message) => {
      if (isRecord(message) && Array.isArray(message.statuses)) tell(message.statuses as Status[])
    },
    beat: heart.start,
    close: async () => {
      counts.close()
      await heart.stop()
      await book.close()
    },
  }
}

/** A connection hears of somebody once, however many rooms they share. */
function tellCompanions({ host }: ChatCore, people: People, status: Status): void {
  const { user, user_id, small, last_seen_at } = status
  const seen = last_seen_at === undefined ? {} : { last_seen_at }
  const text = statusFrame({ body: { id: user_id, username: '', ...seen } }, status.status)
  const hearing = new Set<LiveConnection>()
  for (const room of small) {
    const others = [...people.inRoom(room)].filter((other) => other !== user)
    for (const connection of others.flatMap((other) => [...host.connectionsOf(other)]))
      if (hearsOf(connection, room)) hearing.add(connection)
  }
  for (const connection of hearing) host.send(connection, text)
}

/** Keeps the store in step with who is here: many who come at once in one transaction. */
function createBook(core: ChatCore, people: People, announce: (statuses: readonly Status[]) => void) {
  const { environment, process, fail } = core.host
  /** Those that the store has under the name of this process. */
  const written = new Set<Key>()
  const waiting = new Set<Key>()
  let writing: Promise<void> | undefined
  let isClosed = false
  const isThere = (user: Key) => !isClosed && people.get(user) !== undefined

  async function write(users: readonly Key[]): Promise<void> {
    const arriving = users.filter((user) => isThere(user) && !written.has(user))
    const leaving = users.filter((user) => !isThere(user) && written.has(user))
    if (arriving.length + leaving.length === 0) return
    const statuses = await core.write((work) => move(work, { process, arriving, leaving }))
    for (const user of arriving) written.add(user)
    for (const user of leaving) written.delete(user)
    announce(statuses)
  }

  async function tryAgainLater(users: readonly Key[], error: unknown): Promise<void> {
    fail(error)
    if (isClosed) return
    for (const user of users) waiting.add(user)
    await new Promise<void>((resolve) => void environment.setTimer(resolve, RETRY_MS))
  }

  async function writeAll(): Promise<void> {
    while (waiting.size > 0) {
      const users = [...waiting].slice(0, MAX_AT_ONCE)
      for (const user of users) waiting.delete(user)
      await write(users).catch((error: unknown) => tryAgainLater(users, error))
    }
    writing = undefined
  }

  const changed = (users: Iterable<Key>) => {
    for (const user of users) waiting.add(user)
    writing ??= writeAll()
  }
  return {
    changed,
    /** The store has forgotten this process. */
    writeAgain: () => {
      const users = [...written]
      written.clear()
      changed(users)
    },
    close: async () => {
      isClosed = true
      changed(written)
      await writing
    },
  }
}
