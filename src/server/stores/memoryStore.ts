/** Everything in memory: for tests, stories, and what may be gone with the process. */

import { realEnvironment, type ServerEnvironment } from '../environment.ts'
import {
  type Committed,
  ConflictError,
  type EventText,
  type Head,
  type LoggedEvent,
  type Once,
  type SnapshotRead,
  STORE_LIMITS,
  type Store,
  type StoreLimits,
  type Transaction,
  writtenAt,
} from '../store.ts'
import { attempt, createLine } from './attempts.ts'
import {
  createMemoryData,
  type MemoryData,
  type MemoryTables,
  readTables,
  writeTables,
} from './memoryTables.ts'
import { missedOf, wantedOf } from './missed.ts'
import { replyOf } from './replyOf.ts'

export interface MemoryStoreOptions extends StoreLimits {
  readonly environment?: Pick<ServerEnvironment, 'setTimer' | 'random' | 'createId'>
}

/** A store that can also be used without waiting, where the work waits for nothing either. */
export interface MemoryStore extends Store<MemoryTables> {
  /**
   * Commits at once. A transaction that is under way meanwhile runs again.
   *
   * @throws Error where the work returns a promise; nothing is committed then
   */
  transactionNow<Result>(work: (transaction: Transaction<MemoryTables>) => Result): Committed<Result>
  snapshotNow<Result>(channels: readonly string[], read: (tx: MemoryTables) => Result): SnapshotRead<Result>
}

interface Memory {
  readonly data: MemoryData
  /** So many times, something was committed. */
  commits: number
  epoch: string
  readonly seqs: Map<string, number>
  readonly log: Map<string, LoggedEvent[]>
  readonly replies: Map<string, Map<string, string>>
  readonly limits: Required<StoreLimits>
}

/** `tx` is `MemoryTables`. Transactions run one at a time, and cost what they change. */
export function memoryStore(options: MemoryStoreOptions = {}): MemoryStore {
  const { environment = realEnvironment(), ...limits } = options
  const memory: Memory = {
    data: createMemoryData(),
    commits: 0,
    epoch: environment.createId(),
    seqs: new Map(),
    log: new Map(),
    replies: new Map(),
    limits: { ...STORE_LIMITS, ...limits },
  }
  const inLine = createLine()
  return {
    migrate: async () => undefined,
    transaction: (work, once) => inLine(() => attempt(environment, () => runOnce(memory, work, once))),
    transactionNow: (work) => runNow(memory, work),
    heads: async (channels) => headsOf(memory, channels),
    since: async (positions, maxEvents) => sinceIn(memory, positions, maxEvents),
    snapshot: (channels, read) => snapshot(memory, channels, read),
    snapshotNow: (channels, read) => {
      const { tx, end } = readTables(memory.data)
      try {
        return { heads: headsOf(memory, channels), result: read(tx) }
      } finally {
        end()
      }
    },
    renewEpoch: () =>
      inLine(async () => {
        memory.commits++
        memory.epoch = environment.createId()
        memory.log.clear()
      }),
    close: async () => undefined,
  }
}

const headOf = ({ seqs, epoch }: Memory, channel: string): Head => ({ seq: seqs.get(channel) ?? 0, epoch })

const headsOf = (memory: Memory, channels: readonly string[]): Map<string, Head> =>
  new Map(channels.map((channel) => [channel, headOf(memory, channel)]))

function sinceIn(memory: Memory, positions: ReadonlyMap<string, Partial<Head>>, maxEvents: number) {
  const heads = headsOf(memory, [...positions.keys()])
  const wanted = wantedOf(positions, heads, { tail: memory.limits.tail, maxEvents })
  const after = ({ channel, after }: { channel: string; after: number }) =>
    (memory.log.get(channel) ?? []).filter(({ seq }) => seq > after)
  return missedOf(heads, wanted, new Map(wanted.map((each) => [each.channel, after(each)])))
}

async function snapshot<Result>(
  memory: Memory,
  channels: readonly string[],
  read: (tx: MemoryTables) => Result | Promise<Result>,
): Promise<SnapshotRead<Result>> {
  const heads = headsOf(memory, channels)
  const { tx, end } = readTables(memory.data)
  try {
    const result = read(tx)
    return { heads, result: isThenable(result) ? await result : result }
  } finally {
    end()
  }
}

/** One attempt: what it writes and appends is nowhere before `commit`. */
function createDraft(memory: Memory) {
  const { tx, apply } = writeTables(memory.data)
  const events: LoggedEvent[] = []
  const last = new Map<string, number>()
  const append = (channel: string, event: EventText): Head => {
    const { seq: before, epoch } = headOf(memory, channel)
    const head = { seq: (last.get(channel) ?? before) + 1, epoch }
    last.set(channel, head.seq)
    events.push({ ...head, channel, event: writtenAt(event, head) })
    return head
  }
  const commit = <Result>(result: Result, once?: Once): Committed<Result> => {
    const reply = once && replyOf(result)
    memory.commits++
    apply()
    for (const event of events) keepEvent(memory, event)
    if (once && reply !== undefined) keepReply(memory, once, reply)
    return { result, events, isRepeated: false }
  }
  return { transaction: { tx, append }, commit }
}

async function runOnce<Result>(
  memory: Memory,
  work: (transaction: Transaction<MemoryTables>) => Result | Promise<Result>,
  once: Once | undefined,
): Promise<Committed<Result>> {
  const known = once && memory.replies.get(once.user)?.get(once.id)
  if (known !== undefined) return { result: JSON.parse(known) as Result, events: [], isRepeated: true }
  const { transaction, commit } = createDraft(memory)
  const began = memory.commits
  let result: Result | Promise<Result>
  try {
    result = work(transaction)
    if (isThenable(result)) result = await result
  } catch (error) {
    // What it has seen may not fit together, and be why.
    if (memory.commits === began) throw error
    throw new ConflictError('Somebody else has written meanwhile', { cause: error })
  }
  if (memory.commits !== began) throw new ConflictError('Somebody else has written meanwhile')
  return commit(result, once)
}

function runNow<Result>(
  memory: Memory,
  work: (transaction: Transaction<MemoryTables>) => Result,
): Committed<Result> {
  const { transaction, commit } = createDraft(memory)
  const result = work(transaction)
  if (isThenable(result))
    throw new Error('transactionNow waits for nothing: its work must not return a promise')
  return commit(result)
}

function isThenable<Result>(result: Result | Promise<Result>): result is Promise<Result> {
  return typeof Object(result).then === 'function'
}

function keepEvent({ seqs, log, limits }: Memory, event: LoggedEvent): void {
  seqs.set(event.channel, event.seq)
  const events = log.get(event.channel) ?? []
  log.set(event.channel, events)
  events.push(event)
  if (events.length > limits.tail) events.shift()
}

function keepReply({ replies, limits }: Memory, { user, id }: Once, reply: string): void {
  const kept = replies.get(user) ?? new Map<string, string>()
  replies.set(user, kept)
  kept.set(id, reply)
  const [oldest] = kept.keys()
  if (kept.size > limits.repliesPerUser && oldest !== undefined) kept.delete(oldest)
}
