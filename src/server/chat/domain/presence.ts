/** Who is there, by the processes that have their connections. */
import type { Id } from '../../../transport/port.ts'
import { type Steps, wait } from '../steps.ts'
import type { Key } from '../tables/chatTables.ts'
import { type ChatWork, findUsers } from './work.ts'
import { endWritings } from './writing.ts'

/** More members than this are not told of each other's coming and going, and of changes less often. */
export const SMALL_ROOM = 100

export interface Status {
  readonly user: Key
  readonly user_id: Id
  readonly status: 'online' | 'offline'
  readonly last_seen_at?: string
  /** Those of the user that are small. */
  readonly small: readonly Key[]
  readonly large: readonly Key[]
}

interface Moves {
  readonly process: string
  readonly arriving: readonly Key[]
  readonly leaving: readonly Key[]
}

/** Returns whose state that changes. */
export function* move(work: ChatWork, { process, arriving, leaving }: Moves): Steps<Status[]> {
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

/** The process is gone, with what it was writing, and everybody with it who is nowhere else. */
export function* bury(work: ChatWork, process: string): Steps<Status[]> {
  yield* endWritings(work, (writing) => writing.process === process)
  return yield* departures(work, yield* wait(work.tables.dropProcess(process)))
}
