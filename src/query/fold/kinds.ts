/** The three kinds of live data, as the engine handles them. Pure. */
import type { Cursor } from '../../transport/port.ts'
import { replaceEqualDeep } from '../tanstack.ts'
import { type ItemSpec, patched, type SequencedOp } from './items.ts'
import { foldList, overlayList } from './list/foldList.ts'
import { isLacking } from './list/lacking.ts'
import { indexList } from './list/listIndex.ts'
import type { Op } from './op.ts'
import { sameOr } from './sameOr.ts'
import type { FlawOf } from './soundOp.ts'
import { foldTimeline } from './timeline/foldTimeline.ts'
import { adoptTimeline, overlayTimeline } from './timeline/overlayTimeline.ts'
import { positionOfPages, type TimelineData } from './timeline/pages.ts'

/** Of a timeline: how many items a page has, and how many pages there may be. */
export interface Window {
  readonly pageSize: number
  readonly maxPages: number
}

/** How one kind of cached data takes ops. `data` is opaque to the engine. */
export interface Kind {
  /** Of its items, where it has several. */
  readonly spec?: ItemSpec<unknown>
  fold(data: unknown, ops: readonly SequencedOp<unknown>[], window: Window): unknown
  /** Optimistic ops on top of the data; returns `data` itself when there are none. */
  overlay(data: unknown, ops: readonly Op<unknown>[]): unknown
  /**
   * What can be read of data that came from elsewhere (hydrated, restored, set by hand), without the rows that the
   * optimistic `ops` may have left in it; `undefined` where it is nothing of this kind.
   */
  adopt(data: unknown, ops: readonly Op<unknown>[]): unknown
  /** If `op` is what an optimistic one anticipated: the op to apply in its place. `isLast`: no other one was it. */
  confirms?(anticipated: Op<unknown>, op: Op<unknown>, isLast?: boolean): Op<unknown> | undefined
  /** By these ops, there may be more that belongs into the data than they say. Asked before they are folded. */
  lacks?(data: unknown, ops: readonly SequencedOp<unknown>[]): boolean
  /** After a fold: something that was told of what is in the data is not in it, and only a snapshot has what is before it. */
  hasHole?(data: unknown, window: Window): boolean
  /** Something in it changes without numbers: what was missed of that, no position tells. */
  isGrowing?(data: unknown, window: Window): boolean
  /** Whether an item is there, where all of them are. */
  has?(data: unknown, id: string): boolean
  /** Position up to which the data is complete, as far as the data itself can tell. */
  positionOf(data: unknown): Cursor | undefined
}

/** Of a reducer that keeps something beside the data: the kind that it needs, of the data's own one. */
export interface KindMaker {
  kindOf?(kind: Kind, traits: object): Kind
}

export function listKind<Item>(spec: ItemSpec<Item>, flawOf: FlawOf): Kind {
  return {
    spec: spec as unknown as ItemSpec<unknown>,
    fold: (data, ops) => foldList(spec, data as readonly Item[], ops as readonly SequencedOp<Item>[]),
    overlay: (data, ops) => overlayList(spec, data as readonly Item[], ops as readonly Op<Item>[]),
    adopt: (data) =>
      Array.isArray(data)
        ? sameOr(
            data,
            data.filter((item) => !flawOf(item) && (!spec.where || spec.where(item))),
          )
        : undefined,
    ...(spec.where || spec.isPage
      ? {
          lacks: (data: unknown, ops: readonly SequencedOp<unknown>[]) =>
            isLacking(spec, data as readonly Item[], ops as readonly SequencedOp<Item>[]),
        }
      : { has: (data: unknown, id: string) => indexList(spec, data as readonly Item[]).index.byId.has(id) }),
    positionOf: () => undefined,
  }
}

export type MatchAnticipated<Item> = (pending: Item, confirmed: Item, isLast: boolean) => Item | undefined

export function timelineKind<Item>(
  spec: ItemSpec<Item>,
  flawOf: FlawOf,
  matches: MatchAnticipated<Item> | undefined,
): Kind {
  return {
    spec: spec as unknown as ItemSpec<unknown>,
    fold: (data, ops, window) =>
      foldTimeline({ spec, ...window }, data as TimelineData<Item>, ops as readonly SequencedOp<Item>[]),
    overlay: (data, ops) => overlayTimeline(spec, data as TimelineData<Item>, ops as readonly Op<Item>[]),
    adopt: (data, ops) => adoptTimeline(spec, data, { flawOf, ops: ops as readonly Op<Item>[] }),
    positionOf: (data) => positionOfPages((data as TimelineData<Item>).pages),
    confirms(anticipated, op, isLast = false) {
      if (!isPlacing<Item>(anticipated) || !isPlacing<Item>(op)) return undefined
      if (String(spec.key(anticipated.item)) === String(spec.key(op.item))) return op
      const item = op.kind === 'insert' ? matches?.(anticipated.item, op.item, isLast) : undefined
      return item === undefined ? undefined : { ...op, item }
    },
  }
}

function isPlacing<Item>(op: Op<unknown>): op is Extract<Op<Item>, { item: Item }> {
  return 'item' in op
}

export function valueKind(flawOf: FlawOf): Kind {
  const fold = (data: unknown, op: Op<unknown>): unknown => {
    if (op.kind === 'reduce') return op.apply(data as never)
    if (op.kind === 'patch') return replaceEqualDeep(data, patched(op, data))
    return op.kind === 'remove' ? data : replaceEqualDeep(data, op.item)
  }
  return {
    fold: (data, ops) => ops.reduce((value, { op }) => fold(value, op), data),
    overlay: (data, ops) => ops.reduce(fold, data),
    adopt: (data) => (flawOf(data) ? undefined : data),
    positionOf: () => undefined,
  }
}
