/** The data of a live query: where it stands, what is folded into it, and how it is shown. Pure. */
import type { Cursor } from '../../transport/port.ts'
import type { Kind } from '../fold/kinds.ts'
import type { Ops, Sequenced } from './inputs.ts'
import { addTo, type LiveQueryState, opsIn, type Picture } from './state.ts'

/** Where its data stands, for who continues it. */
export function positionOf({ asOf, base }: LiveQueryState, kind: Kind): Cursor | undefined {
  return asOf ?? (base === undefined ? undefined : kind.positionOf(base))
}

/** Data that says where it stands is continued from there, if the channel knows what came after, and nobody doubts it. */
export function caughtUp(
  state: LiveQueryState,
  kind: Kind,
  { position, missed }: { readonly position: Cursor | undefined; readonly missed: Sequenced | undefined },
): LiveQueryState {
  if (!missed || state.doubts > state.settled || isGrowing(state, kind))
    return { ...state, continuity: -1, asOf: undefined }
  return {
    ...state,
    continuity: state.channel?.continuity ?? -1,
    asOf: position,
    unfolded: addTo(undefined, missed),
  }
}

function isGrowing({ base, use }: LiveQueryState, kind: Kind): boolean {
  return base !== undefined && kind.isGrowing?.(base, use) === true
}

/** It was away: what has no numbers may have been missed, also where everything that has is there. */
export function reconnected(state: LiveQueryState, kind: Kind): LiveQueryState {
  const sessions = state.channel?.sessions
  if (sessions === state.sessions) return state
  return isGrowing(state, kind) ? doubted({ ...state, sessions }) : { ...state, sessions }
}

/** Nothing is on its way any more. What never arrived vouches for nothing. */
export function withoutArrival(state: LiveQueryState): LiveQueryState {
  return state.use.isFetching ? state : dropArrival(state)
}

export function doubted(state: LiveQueryState): LiveQueryState {
  return { ...state, continuity: -1, doubts: state.doubts + 1 }
}

export function dropArrival(state: LiveQueryState): LiveQueryState {
  return state.arrival ? doubted({ ...state, arrival: undefined }) : state
}

/** `undefined` stays what it is before the first snapshot. */
export function fold(state: LiveQueryState, kind: Kind): LiveQueryState {
  const { base, unfolded } = state
  if (!unfolded) return state
  if (base === undefined) return { ...state, unfolded: undefined }
  const [known, data] = folded(state, kind, { data: base, ops: opsIn(unfolded) })
  return { ...known, unfolded: undefined, base: data }
}

/** Data with what happened to it, and whether a snapshot has to tell more. */
export function folded(
  state: LiveQueryState,
  kind: Kind,
  { data, ops }: { readonly data: unknown; readonly ops: Sequenced },
): readonly [LiveQueryState, unknown] {
  const known = lackingBy(state, kind.lacks?.(data, ops))
  const next = kind.fold(data, ops, state.use)
  return [lackingBy(known, kind.hasHole?.(next, state.use)), next]
}

/** Only a snapshot can tell; one that is on its way will, since it is asked what it lacks itself. */
function lackingBy(state: LiveQueryState, isLacking: boolean | undefined): LiveQueryState {
  return isLacking ? { ...state, continuity: -1 } : state
}

export function draw(
  { picture }: LiveQueryState,
  base: unknown,
  { shown, kind }: { readonly shown: Ops; readonly kind: Kind },
): Picture {
  if (Object.is(base, picture.of) && shown === picture.shown) return picture
  return { of: base, view: shown.length === 0 ? base : kind.overlay(base, shown), shown }
}
