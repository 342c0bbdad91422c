/** What a live query is told, and what it wants done. */
import type { Cursor } from '../../transport/port.ts'
import type { SequencedOp } from '../fold/items.ts'
import type { Op } from '../fold/op.ts'
import type { Anticipated } from '../optimistic/pendingMutations.ts'
import type { Confirmed } from './recognise.ts'
import type { ChannelView } from './state.ts'

export type Ops = readonly Op<unknown>[]
export type Sequenced = readonly SequencedOp<unknown>[]
type Anticipations = readonly Anticipated[]

export type Input =
  /** Somebody looks or fetches, or no longer does. */
  | { readonly type: 'used' }
  /** `missed`: what the channel has told since the position; `undefined`: it cannot say. */
  | {
      readonly type: 'joined'
      readonly channel: ChannelView
      readonly position: Cursor | undefined
      readonly missed: Sequenced | undefined
    }
  /** The channel cannot even be named: the application's function threw. */
  | { readonly type: 'refused' }
  /** Nobody came back, or the query is gone. `position`: where the stream stands. */
  | {
      readonly type: 'left'
      readonly position: Cursor | undefined
      readonly shown: Ops
      readonly idleMs: number | undefined
    }
  | { readonly type: 'channelChanged' }
  /** Events of the channel, and what they may be the echo of. */
  | { readonly type: 'heard'; readonly ops: Sequenced; readonly anticipated: Anticipations }
  /**
   * What a reply, or the application, says without saying when that was. Where the stream stood then: in the log, by its
   * position, and up to which number it was known (-1: this is of the past).
   */
  | {
      readonly type: 'told'
      readonly ops: Ops
      readonly anticipated: Anticipations
      readonly at: number
      readonly position: Cursor | undefined
      readonly after: number
    }
  /** Something may be missing after all. */
  | { readonly type: 'doubted' }
  /** What was heard was for somebody else. */
  | { readonly type: 'disowned' }
  /** A snapshot is asked for. */
  | { readonly type: 'asked' }
  /**
   * It came. `isWhole`: all of the data, not a page beside others. `isOlder`: the channel does not remember all that came
   * after it. `continuity`: of the channel when it was asked for; -1: it may lack anything. `doubts`: how many there were.
   */
  | {
      readonly type: 'answered'
      readonly position: Cursor | undefined
      readonly isWhole: boolean
      readonly isOlder: boolean
      readonly continuity: number
      readonly doubts: number
    }
  /** Whole data at the end of a fetch, which TanStack is about to write, and what it lacks. */
  | { readonly type: 'arrived'; readonly data: unknown; readonly missed: Sequenced; readonly shown: Ops }
  /** Somebody reads the data, and is to have every event so far. */
  | { readonly type: 'read' }
  /** TanStack is writing this instant, and is handed what. */
  | { readonly type: 'merged'; readonly data: unknown; readonly shown: Ops }
  /** A fetch ended, with this in the cache, or with an error. */
  | { readonly type: 'fetched'; readonly view: unknown }
  | { readonly type: 'failed' }
  /** Somebody else wrote. */
  | { readonly type: 'overwritten' }
  /** It was the same, in another object. */
  | { readonly type: 'copied'; readonly view: unknown }
  /** What of that is data of this kind, without optimistic rows (`undefined`: nothing), and what it lacks, as in `joined`. */
  | {
      readonly type: 'found'
      readonly view: unknown
      readonly data: unknown
      readonly position: Cursor | undefined
      readonly missed: Sequenced | undefined
    }
  /** Time to apply and to ask for what waits. */
  | { readonly type: 'due'; readonly shown: Ops }
  /** The pause is over. */
  | { readonly type: 'rested' }
  /** It was asked for too often already. */
  | { readonly type: 'tooSoon'; readonly waitMs: number }

export type Effect =
  | { readonly type: 'join' }
  | { readonly type: 'leave'; readonly idleMs: number | undefined }
  /** Nobody looks: to be left unless somebody comes back. */
  | { readonly type: 'linger' }
  | { readonly type: 'stay' }
  | { readonly type: 'write'; readonly view: unknown }
  | { readonly type: 'refetch' }
  /** There is something to apply or to ask for, soon; what has confirmed mutations takes their place then. */
  | { readonly type: 'schedule'; readonly weight: number; readonly confirmed: readonly Confirmed[] }
  | { readonly type: 'pause'; readonly ms: number }
  | { readonly type: 'endPause' }
  /** The application's code threw, and what it was to make of events is lost. */
  | { readonly type: 'report'; readonly cause: unknown }
