/**
 * What a conformance run needs of a back end. Another one than the built-in model takes part by a `LivePort` that
 * speaks these requests and events:
 *
 * `page { before? | after? | around?, limit }` → `{ items, has_older, has_newer }` · `list {}` → `{ items }` ·
 * `topic {}` → the topic · `send { client_id, text }` → `{ item }`, once per client id · `edit { id, text }` →
 * `{ item }`; at level 3 each snapshot also has `as_of` and `epoch`. Events: `created` and `edited` with the item,
 * `ranked` with `{ id, rank, version }`, `deleted` with `{ id }`, `topic` with the topic.
 */
import type { LiveEvent, LivePort } from '../../transport/port.ts'
import type { Random } from '../server/random.ts'
import type { VirtualClock } from '../virtualClock.ts'

/** What the back end offers; see the levels of the protocol. */
export type ConformanceLevel = 0 | 1 | 2 | 3

export interface ConformanceItem {
  readonly id: number
  /** Its place in the history; never changes. */
  readonly position: number
  readonly text: string
  /** Its place in lists; changes. */
  readonly rank: number
  readonly version: number
  readonly client_id?: string
  /** Its text is still being written. */
  readonly isOpen?: boolean
}

export interface ConformanceTopic {
  readonly text: string
  readonly version: number
  /** How often it was changed: wrong as soon as one event is applied twice. */
  readonly changes: number
}

export interface ConformanceState {
  /** In the order of their positions, then ids. */
  readonly items: readonly ConformanceItem[]
  readonly topic: ConformanceTopic
}

/** What other users do. Items that are changed or removed are the server's choice. */
export interface ConformanceServer {
  readonly state: ConformanceState
  insert(): unknown
  /** An item that belongs somewhere in the past. */
  insertBetween(): unknown
  edit(text: string): unknown
  rerank(): unknown
  remove(): unknown
  setTopic(text: string): unknown
  /** The numbering begins anew, as another epoch; the items stay. */
  restart(): unknown
  /** An item without text, `isOpen`. This and what follows is left out where no text grows. */
  begin?(): unknown
  /** An open one gets longer, or all of them: told by `appended` with `{ id, at, text }`, without a number. */
  grow?(all?: boolean): unknown
  /** An open one, or all, is finished: an `edited`, from now on without `isOpen`. */
  finish?(all?: boolean): unknown
  /** What an item has ever said; of a text that grew, how far it got. */
  said?(id: number): readonly string[]
}

export interface ConformanceNetwork {
  readonly port: LivePort
  disconnect(): void
  connect(): void
  /** The server ends the subscriptions, told or untold, and refuses new ones. Left out where it cannot. */
  exclude?(): void
  /** The server forgets whom to send events, and goes on as if it did not. Left out where it cannot. */
  forget?(): void
  /** It lets the user in again, and the channels are asked for once more, as `port.renew` does. */
  include?(): void
  /** From now on nothing is lost, doubled, late or refused, and nobody is excluded. */
  calm(): void
  /** Events that reached a channel, in order, and when. Needed for level 0 only. */
  readonly heard: readonly { readonly at: number; readonly event: LiveEvent }[]
}

export interface ConformanceBackEnd {
  /** Channels of other keys hear the same, each at its own time, with faults of its own. @default false */
  readonly hasManyChannels?: boolean
  readonly server: ConformanceServer
  readonly network: ConformanceNetwork
}

export interface ConformanceParts {
  readonly level: ConformanceLevel
  readonly clock: VirtualClock
  readonly random: Random
}
