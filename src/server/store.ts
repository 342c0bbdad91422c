/**
 * Where the application's data, the log of its events, and what was answered are kept together, so that one commit
 * changes all three. Knows nothing of sockets, users' rights, or what an event says.
 */

/** A position in the log of one channel. A channel that nothing ever happened to stands at 0. */
export interface Head {
  readonly seq: number
  /** Names the count: numbers of different epochs cannot be compared. */
  readonly epoch: string
}

export interface LoggedEvent extends Head {
  readonly channel: string
  /** The text that was appended, as it was. */
  readonly event: string
}

/** One attempt of a transaction. What is appended exists when it is committed, and else never did. */
export interface Transaction<Tx> {
  /** The driver's own handle. Good until the work is done. */
  readonly tx: Tx
  /**
   * Takes the channel's next number. Numbers are contiguous: one that is rolled back is taken again. At once, where the
   * driver waits for nothing.
   */
  append(channel: string, event: EventText): Head | Promise<Head>
}

/** What is kept of an event: a text, or what makes one of the number that it gets. */
export type EventText = string | ((head: Head) => string)

export const writtenAt = (event: EventText, head: Head): string =>
  typeof event === 'string' ? event : event(head)

/** Who asked, and by which name. The same again is answered from what is stored. */
export interface Once {
  readonly user: string
  readonly id: string
}

export interface Committed<Result> {
  /** What the work returned; of a repetition, the JSON of that. */
  readonly result: Result
  /** What was appended, in order; nothing where the work was done before. */
  readonly events: readonly LoggedEvent[]
  readonly isRepeated: boolean
}

export interface Missed extends Head {
  /** Everything after the position that was asked for, oldest first; nothing where that cannot be told. */
  readonly events: readonly LoggedEvent[]
  /** False: another epoch, a number from the future, a position older than the log, none at all, or too many events. */
  readonly complete: boolean
}

export interface SnapshotRead<Result> {
  readonly result: Result
  /** Where the channels stood in the very same read. */
  readonly heads: ReadonlyMap<string, Head>
}

export interface Store<Tx> {
  /** Makes the tables that are missing. May be called again, by several processes at once. */
  migrate(): Promise<void>
  /**
   * Runs the work and commits; what it throws takes everything back and rejects. The work may run several times, where it
   * throws `ConflictError` or the driver finds one: do nothing in it that cannot be taken back.
   *
   * `near`: the channel that it will most likely append to. A hint, by which a store may let those of one channel take turns.
   *
   * @throws ConflictError where it did not go through after several attempts
   */
  transaction<Result>(
    work: (transaction: Transaction<Tx>) => Result | Promise<Result>,
    once?: Once,
    near?: string,
  ): Promise<Committed<Result>>
  /** Where these channels stand, in one read. Each of them is in the answer. Asked for none, whether it answers at all. */
  heads(channels: readonly string[]): Promise<ReadonlyMap<string, Head>>
  /**
   * What these channels have seen since, in one read. Each of them is in the answer.
   * `maxEvents`: of all channels together; those that do not fit are not complete.
   */
  since(
    positions: ReadonlyMap<string, Partial<Head>>,
    maxEvents: number,
  ): Promise<ReadonlyMap<string, Missed>>
  /** Reads what is committed, and where the channels stand, of one moment, however long the reading takes. */
  snapshot<Result>(
    channels: readonly string[],
    read: (tx: Tx) => Result | Promise<Result>,
  ): Promise<SnapshotRead<Result>>
  /** To be called when the numbers cannot be vouched for, as after restoring a backup. Numbers go on, the log is empty. */
  renewEpoch(): Promise<void>
  close(): Promise<void>
}

/** How much a store keeps beside the data. */
export interface StoreLimits {
  /** Events per channel that can be caught up. @default 1000 */
  readonly tail?: number
  /** Answers per user that are kept for frames that come again. @default 1000 */
  readonly repliesPerUser?: number
}

export const STORE_LIMITS = { tail: 1_000, repliesPerUser: 1_000 } as const satisfies StoreLimits

/** Somebody else was at the same data: the transaction is to run again. */
export class ConflictError extends Error {
  constructor(message = 'Somebody else is writing', options?: ErrorOptions) {
    super(message, options)
    this.name = 'ConflictError'
  }
}
