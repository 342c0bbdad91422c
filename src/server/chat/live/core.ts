/** What the parts of a running chat share: the store, the rules' settings, and who is connected here. */

import type { Id } from '../../../transport/port.ts'
import type { LiveConnection, LiveHost } from '../../session/plugin.ts'
import type { SnapshotRead } from '../../store.ts'
import { type ChatRead, type ChatWork, ROOM_FIELD } from '../domain/work.ts'
import type { ChatLimits } from '../limits.ts'
import { run, runNow, type Steps } from '../steps.ts'
import { type Key, keyOf } from '../tables/chatTables.ts'
import { tablesOf } from '../tables/tablesOf.ts'

export interface ChatCore {
  readonly host: LiveHost
  readonly limits: ChatLimits
  timestamp(): string
  /** Within a transaction of the kit. */
  workOn(transaction: Parameters<Parameters<LiveHost['transaction']>[0]>[0]): ChatWork
  write<T>(steps: (work: ChatWork) => Steps<T>): Promise<T>
  /** @throws Error where the store cannot answer at once */
  writeNow<T>(steps: (work: ChatWork) => Steps<T>): T
  read<T>(channels: readonly string[], steps: (read: ChatRead) => Steps<T>): Promise<SnapshotRead<T>>
  readNow<T>(steps: (read: ChatRead) => Steps<T>): T
}

interface CoreParts {
  readonly host: LiveHost
  readonly limits: ChatLimits
  readonly createMessageId: () => Id
}

export function createCore({ host, limits, createMessageId }: CoreParts): ChatCore {
  const timestamp = () => new Date(host.environment.wallNow()).toISOString()
  const workOn: ChatCore['workOn'] = ({ tx, append }) => ({
    tables: tablesOf(tx),
    limits,
    append,
    now: timestamp(),
    createMessageId,
    createRoomId: host.environment.createId,
  })
  const readOn = (tx: unknown): ChatRead => ({ tables: tablesOf(tx), limits })
  return {
    host,
    limits,
    timestamp,
    workOn,
    write: (steps) => host.transaction((transaction) => run(steps(workOn(transaction)))),
    writeNow: (steps) => host.transactionNow((transaction) => runNow(steps(workOn(transaction)))),
    read: (channels, steps) => host.read(channels, (tx) => run(steps(readOn(tx)))),
    readNow: (steps) => host.readNow((tx) => runNow(steps(readOn(tx)))),
  }
}

export const userKeyOf = ({ user }: LiveConnection): Key => keyOf(user?.id ?? '')

/** On the endpoint of a room, only what is about that room is heard. */
export const hearsOf = ({ home }: LiveConnection, room: Key): boolean => (home[ROOM_FIELD] ?? room) === room
