/** What is under test: a client that fetches, listens and sends. Whatever keeps its cache, the schedule is the same. */
import type { ConformanceItem, ConformanceTopic } from './backEnd.ts'

/** The newest items in pages, a window around one of them, all of them by rank, some of them, a page of them, one of them, and a single value. */
export type Target = 'newest' | 'around' | 'list' | 'filtered' | 'part' | 'detail' | 'topic'

export interface Shown {
  readonly status: string
  readonly fetchStatus: string
  /** Whether the query's own data says where it ends. */
  readonly hasOlder: boolean
  readonly hasNewer: boolean
  /** Lower end of what is loaded, by position and id; everything where absent. */
  readonly low: readonly unknown[] | undefined
  /** Items of a timeline or list, oldest or lowest first. */
  readonly items: readonly ConformanceItem[]
  readonly topic: ConformanceTopic | undefined
  /** Nothing is known to be missing. */
  readonly isLive?: boolean | undefined
}

export type OverlappingCall = 'older' | 'newer' | 'refetch' | 'invalidate'

export interface Subject {
  readonly targets: readonly Target[]
  mount(target: Target): void
  unmount(target: Target): void
  isMounted(target: Target): boolean
  older(target: Target): void
  newer(target: Target): void
  invalidate(target: Target): void
  cancel(target: Target): void
  /** Asks for everything again and for a page, at once and in this order, each of them superseding the last. */
  overlap?(target: Target, calls: readonly OverlappingCall[]): void
  /** The application writes back what it reads now, or what it has read a while ago. */
  writeBack?(target: Target, how: 'same' | 'copy' | 'earlier'): void
  remove?(target: Target): void
  /** Calls back with what is shown whenever an observer or the cache tells that it has changed. Returns how to stop. */
  watch?(listener: (target: Target, shown: Shown) => void): () => void
  /** Whether a row of one's own still stands for a send. */
  isSending?(clientId: string): boolean
  /** `undefined` while there is no data. */
  shown(target: Target): Shown | undefined
  /** Resolves when the server has it; absent where nothing is sent. */
  send?(text: string): Promise<unknown>
  edit?(id: number, text: string): Promise<unknown>
  /** Tries every failed send again, or forgets it. */
  settleFailed?(how: 'retry' | 'discard'): void
  /** The cache as JSON. */
  save(): string
  /** A new page load with this cache, or with nothing. */
  reload(saved: string | undefined): void
  /** Another tab or a server hands over a cache that pretends to be newer. */
  receive(saved: string): void
  stop(): void
}
