/** Everything in memory: for tests, stories, and what may be gone with the process. */

import { realEnvironment, type ServerEnvironment } from '../environment.ts'
import {
  type Committed,
  type Head,
  type LoggedEvent,
  type Once,
  STORE_LIMITS,
  type Store,
  type StoreLimits,
  type Transaction,
} from '../store.ts'
import { attempt, createLine } from './attempts.ts'
import { missedOf, wantedOf } from './missed.ts'
import { replyOf } from './replyOf.ts'

type Rows = ReadonlyMap<string, unknown>
type Tables = ReadonlyMap<string, Rows>

/** The handle of a transaction or a read: tables of rows by id. A row is a value: set another one, do not change it. */
export interface MemoryTables {
  get<Row>(table: string, id: string): Row | undefined
  /** In the order in which they were first set. */
  all<Row>(table: string): Row[]
  set(table: string, id: string, row: unknown): void
  delete(table: string, id: string): void
}

export interface MemoryStoreOptions extends StoreLimits {
  readonly environment?: Pick<ServerEnvironment, 'setTimer' | 'random' | 'createId'>
}

interface Memory {
  /** Replaced with every commit, so that whoever reads goes on reading what was there. */
  tables: Tables
  epoch: string
  readonly seqs: Map<string, number>
  readonly log: Map<string, LoggedEvent[]>
  readonly replies: Map<string, Map<string, string>>
  readonly limits: Required<StoreLimits>
}

/** `tx` is `MemoryTables`. A transaction copies each table that it writes to. */
export function memoryStore(options: MemoryStoreOptions = {}): Store<MemoryTables> {
  const { environment = realEnvironment(), ...limits } = options
  const memory: Memory = {
    tables: new Map(),
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
    heads: async (channels) => headsOf(memory, channels),
    since: async (positions, maxEvents) => {
      const heads = headsOf(memory, [...positions.keys()])
      const wanted = wantedOf(positions, heads, { tail: memory.limits.tail, maxEvents })
      const after = ({ channel, after }: { channel: string; after: number }) =>
        (memory.log.get(channel) ?? []).filter(({ seq }) => seq > after)
      return missedOf(heads, wanted, new Map(wanted.map((each) => [each.channel, after(each)])))
    },
    snapshot: async (channels, read) => {
      const heads = headsOf(memory, channels)
      return { heads, result: await read(reading(memory.tables)) }
    },
    renewEpoch: () =>
      inLine(async () => {
        memory.epoch = environment.createId()
        memory.log.clear()
      }),
    close: async () => undefined,
  }
}

const headOf = ({ seqs, epoch }: Memory, channel: string): Head => ({ seq: seqs.get(channel) ?? 0, epoch })

const headsOf = (memory: Memory, channels: readonly string[]): Map<string, Head> =>
  new Map(channels.map((channel) => [channel, headOf(memory, channel)]))

async function runOnce<Result>(
  memory: Memory,
  work: (transaction: Transaction<MemoryTables>) => Result | Promise<Result>,
  once: Once | undefined,
): Promise<Committed<Result>> {
  const known = once && memory.replies.get(once.user)?.get(once.id)
  if (known !== undefined) return { result: JSON.parse(known) as Result, events: [], isRepeated: true }
  const { tx, written } = writing(memory.tables)
  const events: LoggedEvent[] = []
  const append = async (channel: string, event: string): Promise<Head> => {
    const last = events.findLast((other) => other.channel === channel) ?? headOf(memory, channel)
    const head = { seq: last.seq + 1, epoch: memory.epoch }
    events.push({ ...head, channel, event })
    return head
  }
  const result = await work({ tx, append })
  const reply = once && replyOf(result)
  memory.tables = written()
  for (const event of events) keepEvent(memory, event)
  if (once && reply !== undefined) keepReply(memory, once, reply)
  return { result, events, isRepeated: false }
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

const readOnly = (): never => {
  throw new Error('A read writes nothing: use a transaction')
}

const reading = (tables: Tables): MemoryTables => ({
  get: <Row>(table: string, id: string) => tables.get(table)?.get(id) as Row | undefined,
  all: <Row>(table: string) => [...(tables.get(table)?.values() ?? [])] as Row[],
  set: readOnly,
  delete: readOnly,
})

function writing(before: Tables) {
  const tables = new Map(before)
  const copies = new Map<string, Map<string, unknown>>()
  const copyOf = (table: string) => {
    const copy = copies.get(table) ?? new Map(before.get(table))
    copies.set(table, copy)
    tables.set(table, copy)
    return copy
  }
  const tx: MemoryTables = {
    ...reading(tables),
    set: (table, id, row) => void copyOf(table).set(id, row),
    delete: (table, id) => void copyOf(table).delete(id),
  }
  return { tx, written: (): Tables => tables }
}
