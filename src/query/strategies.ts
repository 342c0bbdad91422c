/** The three kinds of live data, as the engine handles them. Pure. */
import { type Query, replaceEqualDeep } from '@tanstack/react-query'
import type { FlawOf, Strategy } from './definition.ts'
import { foldList, overlayList } from './foldList.ts'
import { type ItemSpec, patched, type SequencedOp } from './items.ts'
import type { Op } from './ops.ts'
import { positionOfPages, type TimelineData } from './pages.ts'
import { foldTimeline } from './timelineDraft.ts'
import { adoptTimeline, overlayTimeline } from './timelineOverlay.ts'
import { maxPagesOf } from './timelineWindow.ts'

export function listStrategy<Item>(spec: ItemSpec<Item>, flawOf: FlawOf): Strategy {
  return {
    fold: (data, ops) => foldList(spec, data as readonly Item[], ops as readonly SequencedOp<Item>[]),
    overlay: (data, ops) => overlayList(spec, data as readonly Item[], ops as readonly Op<Item>[]),
    adopt(data) {
      if (!Array.isArray(data)) return undefined
      return data.some(flawOf) ? data.filter((item) => !flawOf(item)) : data
    },
    positionOf: () => undefined,
  }
}

/** Of one query: its options may narrow what the definition says. */
export function windowOf(query: Query, pageSize: number) {
  const [, , , window] = query.queryKey as readonly [
    unknown,
    unknown,
    unknown,
    { readonly pageSize?: number }?,
  ]
  return { pageSize: window?.pageSize ?? pageSize, maxPages: maxPagesOf(query) }
}

export type MatchPending<Item> = (pending: Item, confirmed: Item, isLast: boolean) => Item | undefined

export interface TimelineKind<Item> {
  readonly spec: ItemSpec<Item>
  readonly flawOf: FlawOf
  readonly pageSize: number
  readonly matches: MatchPending<Item> | undefined
}

export function timelineStrategy<Item>({ spec, flawOf, pageSize, matches }: TimelineKind<Item>): Strategy {
  return {
    fold: (data, ops, query) =>
      foldTimeline(
        { spec, ...windowOf(query, pageSize) },
        data as TimelineData<Item>,
        ops as readonly SequencedOp<Item>[],
      ),
    overlay: (data, ops) => overlayTimeline(spec, data as TimelineData<Item>, ops as readonly Op<Item>[]),
    adopt: (data, ops) => adoptTimeline(spec, data, { flawOf, ops: ops as readonly Op<Item>[] }),
    positionOf: (data) => positionOfPages((data as TimelineData<Item>).pages),
    confirms(pending, op, isLast = false) {
      if (!isPlacing<Item>(pending) || !isPlacing<Item>(op)) return undefined
      if (String(spec.key(pending.item)) === String(spec.key(op.item))) return op
      const item = op.kind === 'insert' ? matches?.(pending.item, op.item, isLast) : undefined
      return item === undefined ? undefined : { ...op, item }
    },
  }
}

function isPlacing<Item>(op: Op<unknown>): op is Extract<Op<Item>, { item: Item }> {
  return op.kind === 'insert' || op.kind === 'upsert'
}

export function valueStrategy(flawOf: FlawOf): Strategy {
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
