/** What is known of one live query: plain data, and what follows from it. Pure. */
import type { Cursor } from '../../transport/port.ts'
import type { SequencedOp } from '../fold/items.ts'
import type { Window } from '../fold/kinds.ts'
import { NO_OPS, type Op } from '../fold/op.ts'

export type LiveStatus = 'live' | 'catching-up' | 'gap' | 'offline'

/** What is in the cache, or on its way there: `of` with the optimistic ops `shown` on top. */
export interface Picture {
  readonly of: unknown
  readonly view: unknown
  readonly shown: readonly Op<unknown>[]
}

/** Its channel, as far as it matters here. */
export interface ChannelView {
  readonly live: boolean
  readonly hasGap: boolean
  /** Grows whenever events may have been missed. */
  readonly continuity: number
  /** How often it became live. */
  readonly sessions?: number | undefined
}

/** What TanStack says of the query. */
export interface Use extends Window {
  /** Somebody looks at it. */
  readonly isActive: boolean
  readonly isFetching: boolean
  /** The last fetch ended in an error. */
  readonly hasError: boolean
  /** How long the server asked to be left alone, in its last error. Milliseconds. */
  readonly retryAfterMs: number
}

/** Without a number of its own: where the stream stood, and up to which number it was known, when the reply came. */
export interface Reply {
  readonly op: Op<unknown>
  readonly number: number
  readonly at: number
  readonly after: number
  /** Of the channel; where that has missed events since, the reply may be of the past. */
  readonly continuity: number
}

export interface LiveQueryState {
  /** `undefined`: it has left, or never joined. */
  readonly channel: ChannelView | undefined
  readonly use: Use
  /** Nobody looks, and the channel is about to be left. */
  readonly isLingering: boolean
  /** The data of record: every event applied but `unfolded`, nothing optimistic. */
  readonly base: unknown
  readonly picture: Picture
  readonly unfolded: Backlog
  /** Continuity of the channel that the data stands on; -1: none, whatever the channel says. */
  readonly continuity: number
  /**
   * Position of the snapshot that the data began with, or of a page that is behind it; what is older must not be applied
   * to it. Without a channel: where the data stood when it was left.
   */
  readonly asOf: Cursor | undefined
  /** Result of a fetch that TanStack has not written yet, and what it lacks: the events since. */
  readonly arrival: (Picture & { readonly later: Backlog }) | undefined
  /** How often its channel had become live when that was last looked at. */
  readonly sessions: number | undefined
  /** What replies said lately; events have yet to say it, and a snapshot may be older. */
  readonly replies: readonly Reply[]
  readonly replied: number
  /** Not asked again before this is over: the last answer was an error, or older than the stream, or it was asked too often. */
  readonly pause: 'none' | 'timed' | 'for good'
  /** Answers in a row that were of no use. */
  readonly failures: number
  /** How often something said that it may lack more: what was asked for before is doubtful too. */
  readonly doubts: number
  /** How many of them there were when the data was asked for. */
  readonly settled: number
}

/** Ops in the order in which they came, newest first: an event costs the same however many wait. */
export type Backlog = { readonly ops: readonly SequencedOp<unknown>[]; readonly before: Backlog } | undefined

export function addTo(before: Backlog, ops: readonly SequencedOp<unknown>[]): Backlog {
  return ops.length === 0 ? before : { ops, before }
}

/** In order. */
export function opsIn(backlog: Backlog): readonly SequencedOp<unknown>[] {
  const parts: (readonly SequencedOp<unknown>[])[] = []
  for (let part = backlog; part; part = part.before) parts.push(part.ops)
  // `flat()` takes ten times as long, and a spread has its limits.
  const ops: SequencedOp<unknown>[] = []
  for (const part of parts.reverse()) for (const op of part) ops.push(op)
  return ops
}

const NOTHING: Picture = { of: undefined, view: undefined, shown: NO_OPS }

/** The cache holds this, and whatever is optimistic in it is not known. */
export const writtenByOthers = (view: unknown): Picture => ({ ...NOTHING, view })

export const UNUSED: LiveQueryState = {
  // First what every event changes: where states are compared, that is the end of it.
  unfolded: undefined,
  channel: undefined,
  use: { isActive: false, isFetching: false, hasError: false, retryAfterMs: 0, pageSize: 0, maxPages: 0 },
  isLingering: false,
  base: undefined,
  picture: NOTHING,
  continuity: -1,
  asOf: undefined,
  arrival: undefined,
  sessions: undefined,
  replies: [],
  replied: 0,
  pause: 'none',
  failures: 0,
  doubts: 0,
  settled: 0,
}

/** Observed by an enabled observer, or being fetched (Suspense and loaders have no observer yet). */
export function isWanted({ use }: LiveQueryState): boolean {
  return use.isActive || use.isFetching
}

/** Every event that the data lacks is still to come. */
export function isContinuous({ channel, continuity }: LiveQueryState): boolean {
  return channel?.continuity === continuity
}

/** The data knows more than the stream, which may still wait for an event. */
export function isAhead({ asOf }: LiveQueryState, position: Cursor | undefined): boolean {
  return (asOf?.seq ?? -1) > (position?.seq ?? -1)
}

export function statusOf(state: LiveQueryState): LiveStatus {
  const { channel } = state
  if (!channel?.live) return 'offline'
  if (channel.hasGap) return 'gap'
  return isContinuous(state) ? 'live' : 'catching-up'
}

/** The channel and the cache as they are now. The same state where they are as they were. */
export function see(state: LiveQueryState, channel: ChannelView | undefined, given: Use): LiveQueryState {
  const use = given === state.use || isShallowEqual(state.use, given) ? state.use : given
  // One that was left is not the state's any more, and one that was joined says so itself.
  const seen = state.channel && channel && isOther(state.channel, channel) ? viewOf(channel) : state.channel
  return use === state.use && seen === state.channel ? state : { ...state, channel: seen, use }
}

export function viewOf({ live, hasGap, continuity, sessions }: ChannelView): ChannelView {
  return { live, hasGap, continuity, sessions }
}

/** Looked at for every event. */
function isOther(one: ChannelView, other: ChannelView): boolean {
  if (one.live !== other.live || one.hasGap !== other.hasGap) return true
  return one.continuity !== other.continuity || one.sessions !== other.sessions
}

export function isShallowEqual<T extends object>(one: T, other: T): boolean {
  for (const name in one) if (!Object.is(one[name], other[name])) return false
  return true
}
