/**
 * Every decision about one live query: `next(state, input, kind) → [state, effects]`. It knows no QueryClient, no port and
 * no clock; `driver.ts` tells it what happens and runs the effects.
 */
import type { Kind } from '../fold/kinds.ts'
import { caughtUp, doubted, draw, dropArrival, fold, folded, reconnected, withoutArrival } from './data.ts'
import type { Effect, Input, Ops } from './inputs.ts'
import { recognise } from './recognise.ts'
import {
  addTo,
  isAhead,
  isContinuous,
  isShallowEqual,
  isWanted,
  type LiveQueryState,
  writtenByOthers,
} from './state.ts'

export type Step = readonly [LiveQueryState, readonly Effect[]]

/** After an attempt to catch up that failed; twice as long with every one in a row. TanStack's own retries come on top. Milliseconds. */
export const PAUSE_MS = 2_000
const MAX_PAUSE_MS = 30_000
/** For snapshots that are on their way, or come from a replica that lags. */
const MAX_REPLIES = 20

const NONE: readonly Effect[] = []
const SOON: readonly Effect[] = [{ type: 'schedule', weight: 0, confirmed: [] }]

type Handler<T> = (state: LiveQueryState, input: Extract<Input, { type: T }>, kind: Kind) => Step

const HANDLERS: { readonly [T in Input['type']]: Handler<T> } = {
  used,
  joined: (state, { channel, ...told }, kind) => [
    caughtUp({ ...state, channel, sessions: channel.sessions, isLingering: false }, kind, told),
    state.base === undefined ? NONE : SOON,
  ],
  refused(state) {
    const { isActive, isFetching, hasError } = state.use
    return [state, isActive && !isFetching && !hasError ? [{ type: 'refetch' }] : NONE]
  },
  left,
  // Queued rows turn into rows being sent, and back.
  channelChanged: (state, _input, kind) => soon(then(endPause(reconnected(state, kind)), askAgain)),
  heard: (state, { ops, anticipated }, kind) => hear(state, recognise(ops, anticipated, kind)),
  told,
  doubted: doubt,
  disowned: (state) => [{ ...dropArrival(state), unfolded: undefined, replies: [] }, NONE],
  asked: (state) => [dropArrival(state), NONE],
  answered,
  arrived(state, { data, missed, shown }, kind) {
    const [known, next] = folded(state, kind, { data, ops: missed })
    const picture = draw(state, next, { shown, kind })
    return [{ ...known, arrival: { ...picture, later: undefined } }, NONE]
  },
  read: (state, _input, kind) => [fold(state, kind), NONE],
  merged(state, { data, shown }, kind) {
    // What happened since is in it already; what is known beside the data may not be.
    const [known, base] = folded(state, kind, { data, ops: [] })
    return [{ ...known, base, picture: draw(state, base, { shown, kind }) }, NONE]
  },
  fetched,
  failed: (state) => soon(pause(withoutArrival(state))),
  // Whatever failed before, it has to be brought up to date.
  overwritten: (state) => soon(endPause(withoutArrival(state))),
  copied: (state, { view }) => [{ ...state, picture: { ...state.picture, view } }, NONE],
  found,
  due(state, { shown }, kind) {
    // Between the end of a fetch and TanStack's write lie microtasks; a write now would be overwritten by the result.
    if (state.arrival && state.use.isFetching) return [state, NONE]
    return then(show(state, shown, kind), askAgain)
  },
  rested: (state) => soon(endPause(state)),
  tooSoon: (state, { waitMs }) => [{ ...state, pause: 'timed' }, [{ type: 'pause', ms: waitMs }]],
}

/** The same state where nothing is different. */
export function next(state: LiveQueryState, input: Input, kind: Kind): Step {
  const [after, effects] = (HANDLERS[input.type] as Handler<Input['type']>)(state, input, kind)
  return [isShallowEqual(after, state) ? state : after, effects]
}

function then([state, effects]: Step, more: (state: LiveQueryState) => Step): Step {
  const [after, others] = more(state)
  return [after, effects.length === 0 ? others : effects.concat(others)]
}

const soon = (step: Step): Step => then(step, (state) => [state, SOON])

function used(state: LiveQueryState): Step {
  const { channel, isLingering } = state
  if (!channel) return [state, isWanted(state) ? [{ type: 'join' }] : NONE]
  if (isWanted(state) !== isLingering) return [state, NONE]
  return [{ ...state, isLingering: !isLingering }, [{ type: isLingering ? 'stay' : 'linger' }]]
}

function left(
  state: LiveQueryState,
  { position, shown, idleMs }: Extract<Input, { type: 'left' }>,
  kind: Kind,
): Step {
  if (!state.channel) return endPause(state)
  return then(then(show(dropArrival(state), shown, kind), endPause), (last) => {
    const here = isAhead(last, position) ? last.asOf : position
    const asOf = isContinuous(last) ? here : undefined
    const alone = { channel: undefined, isLingering: false, continuity: -1, replies: [], asOf }
    return [{ ...last, ...alone }, [{ type: 'leave', idleMs }]]
  })
}

function hear(state: LiveQueryState, { ops, confirmed }: ReturnType<typeof recognise>): Step {
  if (ops.length === 0) return [state, NONE]
  // What the snapshot has already; only data of this continuity is told by its number.
  const known = isContinuous(state) ? state.asOf?.seq : undefined
  const isNews = ({ seq }: { readonly seq: number | undefined }) =>
    known === undefined || seq === undefined || seq > known
  const news = ops.every(isNews) ? ops : ops.filter(isNews)
  const effect: Effect = { type: 'schedule', weight: ops.length, confirmed }
  const { unfolded, arrival } = state
  const later = arrival && { ...arrival, later: addTo(arrival.later, news) }
  return [{ ...state, unfolded: addTo(unfolded, news), arrival: later }, [effect]]
}

function told(
  state: LiveQueryState,
  { ops, anticipated, at, position, after }: Extract<Input, { type: 'told' }>,
  kind: Kind,
): Step {
  const { channel, replied } = state
  const replies = ops.map((op, index) => ({
    op,
    number: replied + index,
    at,
    after,
    continuity: channel?.continuity ?? -1,
  }))
  const kept = channel && {
    replied: replied + ops.length,
    replies: [...state.replies, ...replies].slice(-MAX_REPLIES),
  }
  const sequenced = ops.map((op) => ({ op, seq: undefined }))
  const step = hear({ ...state, ...kept }, recognise(sequenced, anticipated, kind))
  // What it tells of may have been changed or removed by events that the data holds already.
  return isAhead(state, position) ? then(step, doubt) : step
}

function doubt(state: LiveQueryState): Step {
  return [doubted(state), SOON]
}

/**
 * Whole data is as continuous as the channel was when it was asked for; a snapshot that is older than what the channel
 * remembers has a hole behind it, and is asked for again.
 */
function answered(
  state: LiveQueryState,
  { position, isWhole, isOlder, ...given }: Extract<Input, { type: 'answered' }>,
): Step {
  // A page from a replica that lags lacks events that the rest of the data has; each page knows for itself.
  const isBehind = (position?.seq ?? -1) < (state.asOf?.seq ?? -1)
  const asOf = isWhole || isBehind ? position : state.asOf
  if (isOlder) return pause({ ...state, asOf, continuity: -1 })
  if (!isWhole) return [{ ...state, asOf }, NONE]
  // What was doubted meanwhile is doubtful still: it was asked for before.
  const continuity = given.doubts === state.doubts ? given.continuity : -1
  return endPause({ ...state, asOf, continuity, settled: given.doubts, failures: 0 })
}

function fetched(state: LiveQueryState, { view }: Extract<Input, { type: 'fetched' }>): Step {
  const { arrival } = state
  if (!arrival || !Object.is(view, arrival.view)) return [withoutArrival(state), SOON]
  const { of, shown, later } = arrival
  const written = { base: of, picture: { of, view, shown }, unfolded: later, arrival: undefined }
  return [{ ...state, ...written }, SOON]
}

function found(
  state: LiveQueryState,
  { view, data, ...told }: Extract<Input, { type: 'found' }>,
  kind: Kind,
): Step {
  const seen = { ...state, picture: writtenByOthers(view) }
  // What is nothing of its kind is not taken; what there was is written over it.
  if (view !== undefined && data === undefined && state.base !== undefined) return [seen, NONE]
  return [caughtUp({ ...seen, base: data, settled: state.doubts }, kind, told), NONE]
}

/** Applies what waits, and writes if that changed anything. */
function show(state: LiveQueryState, shown: Ops, kind: Kind): Step {
  let folded = state
  try {
    folded = fold(state, kind)
    const { base, picture: before } = folded
    if (base === undefined) return [folded, NONE]
    const picture = draw(folded, base, { shown, kind })
    const isSame = Object.is(picture.view, before.view)
    return [{ ...folded, picture }, isSame ? NONE : [{ type: 'write', view: picture.view }]]
  } catch (cause) {
    const lost = { ...folded, unfolded: undefined, continuity: -1 }
    return then([lost, [{ type: 'report', cause }]], pause)
  }
}

function askAgain(state: LiveQueryState): Step {
  const { channel, use, picture } = state
  const mayAsk = channel?.live && state.pause === 'none' && !use.isFetching && use.isActive
  // Without data: the first fetch was cancelled, or failed while the channel was down.
  const isNeeded = picture.view === undefined || !isContinuous(state)
  return [state, mayAsk && isNeeded ? [{ type: 'refetch' }] : NONE]
}

function pause(state: LiveQueryState): Step {
  const ownMs = Math.min(PAUSE_MS * 2 ** state.failures, MAX_PAUSE_MS)
  const failures = state.failures + 1
  // An error without data is on screen; only its reader or the next connection asks again.
  if (state.use.hasError && state.picture.view === undefined)
    return then(endPause(state), (last) => [{ ...last, pause: 'for good', failures }, NONE])
  const ms = Math.max(ownMs, state.use.retryAfterMs)
  return [{ ...state, pause: 'timed', failures }, [{ type: 'pause', ms }]]
}

function endPause(state: LiveQueryState): Step {
  if (state.pause === 'none') return [state, NONE]
  return [{ ...state, pause: 'none' }, state.pause === 'timed' ? [{ type: 'endPause' }] : NONE]
}
