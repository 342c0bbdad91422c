/** The records behind the channels of one connection. Nothing here runs. */
import type { Connection } from '../connection/connection.ts'
import type { ChannelListener, ChannelSpec, Cursor, LiveEvent, Pace } from '../port.ts'
import type { ChannelFrames } from '../protocol.ts'
import type { Place } from './channelEvents.ts'

/** Resolves when a subscription stands, with where the channel stands if the server says so. */
export type Standing = Promise<Cursor | undefined>

/** One opening of a channel. */
export interface Member {
  readonly listener: ChannelListener
  /** Under which standing of its subscription it waits for its `live`. */
  waitsFor?: Standing | undefined
}

/** What all channels have in common that are named by the same fields. */
export interface ChannelShape {
  readonly name: string
  readonly fields: readonly string[]
  readonly kind: ChannelFrames | undefined
  /** By their ids. Each in a list of its own, so that none is made for an event. */
  readonly named: Map<string, readonly Subscription[]>
}

/** Renewed at a pace. */
export interface Subscription extends Pace {
  /** On this socket; until it stands again it has to be asked for. */
  isRefused?: boolean
  readonly spec: ChannelSpec
  readonly shape: ChannelShape
  /** As how many-eth it was made. */
  readonly order: number
  /** As which channel it takes part in `sync`, if it can. */
  readonly at: Place | undefined
  /** Another list with every change: whoever is told while it changes is told by the one that he is in. */
  members: readonly Member[]
  /** Found for it, and about to be told. */
  heard: LiveEvent[] | undefined
  /** A new one with every asking, so that an answer to an earlier one is told apart. `undefined`: down. */
  standing?: Standing | undefined
  /** Where the server said that it stands when it began, outside of a reply. */
  place?: Cursor | undefined
  /** Ends the wait for a confirmation; another one with every asking. */
  confirm?: (() => void) | undefined
  cancelRetry?: () => void
  /** How often in a row it was refused. */
  refusals: number
}

/** The `sync` frame that is being put together. */
export interface SyncBatch {
  /** By field, then by channel. */
  readonly tables: Map<string, Map<string, Cursor>>
  /** Likewise; empty where the server cannot tell. */
  readonly answers: Promise<Readonly<Record<string, unknown>>>
  send(): void
}

export interface ChannelRegistry {
  readonly subscriptions: Map<string, Subscription>
  /** For events that say which channel they belong to: few, however many channels there are. */
  readonly shapes: ChannelShape[]
  /** Those whose subscribe frame nothing has confirmed. */
  readonly unconfirmed: Set<Subscription>
  /** How many there ever were. */
  made: number
  /** By type. */
  readonly batches: Map<string, SyncBatch>
  /** One of those that wait for their `live`. */
  awaited?: [Subscription, Member] | undefined
}

/** The connection's record, as far as channels work on it. */
export interface ChannelConnection extends Connection {
  readonly channels: ChannelRegistry
}
