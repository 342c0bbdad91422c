import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ItemSpec } from '../../src/query/fold/items.ts'
import type { Op } from '../../src/query/fold/op.ts'
import { foldTimeline } from '../../src/query/fold/timeline/foldTimeline.ts'
import { overlayTimeline } from '../../src/query/fold/timeline/overlayTimeline.ts'
import type { TimelineData, TimelinePage } from '../../src/query/fold/timeline/pages.ts'

interface Item {
  readonly id: number
  readonly at: number
  readonly text: string
}

const spec: ItemSpec<Item> = {
  id: (item) => item.id,
  key: (item) => item.id,
  order: (item) => [item.at, item.id],
  sort: undefined,
  version: () => undefined,
  merge: undefined,
}
const options = { spec, pageSize: 4, maxPages: Number.POSITIVE_INFINITY }

const item = (id: number, text = `m${id}`): Item => ({ id, at: id, text })
const items = (...ids: readonly number[]) => ids.map((id) => item(id))
const page = (of: readonly Item[], more: Partial<TimelinePage<Item>> = {}): TimelinePage<Item> => ({
  items: of,
  hasOlder: false,
  hasNewer: false,
  unseen: 0,
  ...more,
})
const data = (...pages: readonly TimelinePage<Item>[]): TimelineData<Item> => ({
  pages: [...pages],
  pageParams: pages.map(() => ({})),
})
const fold = (base: TimelineData<Item>, ops: readonly Op<Item>[], seq?: number) =>
  foldTimeline(
    options,
    base,
    ops.map((op) => ({ op, seq })),
  )
const ids = ({ pages }: TimelineData<Item>) =>
  pages.toReversed().flatMap((each) => each.items.map(({ id }) => id))
const insert = (id: number): Op<Item> => ({ kind: 'insert', item: item(id) })

/** 11–14 in the newest page, 5–10 below it, older ones not loaded. */
const twoPages = () =>
  data(
    page(items(11, 12, 13, 14), { hasOlder: true, low: [11, 11], before: 11, after: 14 }),
    page(items(5, 7, 9), { hasOlder: true, low: [5, 5], before: 5 }),
  )

describe('[Q7] pages own ranges', () => {
  it('an item goes to the page whose range it belongs to, in order', () => {
    expect(ids(fold(twoPages(), [insert(8)]))).toEqual([5, 7, 8, 9, 11, 12, 13, 14])
    // Between the pages: older than the range of the newer one.
    const between = fold(twoPages(), [insert(10)])
    expect(between.pages[1]?.items.map(({ id }) => id)).toEqual([5, 7, 9, 10])
  })

  it('what lies below the loaded range is left to be loaded', () => {
    const base = twoPages()
    expect(fold(base, [insert(3)])).toBe(base)
  })

  it('a deletion moves no cursor and no range', () => {
    const after = fold(twoPages(), [
      { kind: 'remove', id: 11 },
      { kind: 'remove', id: 5 },
    ])
    expect(after.pages.map(({ before, low }) => [before, low])).toEqual([
      [11, [11, 11]],
      [5, [5, 5]],
    ])
    expect(ids(fold(after, [insert(6)]))).toEqual([6, 7, 9, 12, 13, 14])
  })

  it('a window away from the live edge counts what is newer, and takes what is not', () => {
    const window = data(page(items(1, 2, 5), { hasNewer: true, after: 5, high: [5, 5] }))
    const after = fold(fold(window, [{ kind: 'remove', id: 5 }]), [insert(4), insert(9), insert(10)])
    expect(ids(after)).toEqual([1, 2, 4])
    expect(after.pages[0]?.unseen).toBe(2)
  })

  it('a page that was fetched after an event does not take it', () => {
    const base = data(page(items(1, 2), { asOf: 10 }))
    expect(fold(base, [insert(3)], 10)).toBe(base)
    expect(ids(fold(base, [insert(3)], 11))).toEqual([1, 2, 3])
  })

  it('a head that grew past twice the page size is sealed, and the window cap drops the oldest', () => {
    const grown = fold(
      data(page(items(1, 2, 3, 4))),
      [5, 6, 7, 8, 9, 10, 11, 12, 13].map((id) => insert(id)),
    )
    expect(grown.pages.map((each) => each.items.length)).toEqual([5, 4, 4])
    expect(grown.pageParams).toEqual([{}, { before: 9 }, { before: 5 }])
    expect(grown.pages.map(({ before }) => before)).toEqual([9, 5, undefined])
    const capped = foldTimeline({ ...options, maxPages: 2 }, grown, [{ op: insert(14), seq: undefined }])
    expect(capped.pages).toHaveLength(2)
    expect(ids(capped)).toEqual([5, 6, 7, 8, 9, 10, 11, 12, 13, 14])
  })

  it('an item that changes its order moves', () => {
    const moved = fold(twoPages(), [{ kind: 'patch', fields: { id: 7, at: 13.5 } }])
    expect(ids(moved)).toEqual([5, 9, 11, 12, 13, 7, 14])
    expect(ids(fold(moved, [{ kind: 'remove', id: 7 }]))).toEqual([5, 9, 11, 12, 13, 14])
  })

  it('a late duplicate does not bring back what was removed', () => {
    const removed = fold(twoPages(), [{ kind: 'remove', id: 13 }])
    expect(fold(removed, [insert(13)])).toBe(removed)
  })
})

describe('[Q5] identity', () => {
  it('an untouched page and an untouched item stay the same objects', () => {
    const base = twoPages()
    const after = fold(base, [{ kind: 'patch', fields: { id: 12, text: 'edited' } }])
    expect(after.pages[1]).toBe(base.pages[1])
    expect(after.pages[0]?.items.map((each, at) => each === base.pages[0]?.items[at])).toEqual([
      true,
      false,
      true,
      true,
    ])
  })

  it('what says nothing new changes nothing', () => {
    const base = twoPages()
    const nothing: readonly Op<Item>[] = [
      { kind: 'upsert', item: item(12) },
      { kind: 'patch', fields: { id: 9, text: 'm9' } },
      { kind: 'patch', fields: { id: 99, text: 'unknown' } },
      { kind: 'remove', id: 99 },
      { kind: 'reduce', apply: ((all: readonly Item[]) => all) as never },
    ]
    expect(fold(base, nothing)).toBe(base)
  })

  it('sealing keeps every item', () => {
    const base = data(page(items(1, 2, 3, 4)))
    const grown = fold(
      base,
      [5, 6, 7, 8, 9].map((id) => insert(id)),
    )
    expect(grown.pages.length).toBeGreaterThan(1)
    expect(grown.pages.at(-1)?.items).toEqual(base.pages[0]?.items)
    expect(grown.pages.at(-1)?.items[0]).toBe(base.pages[0]?.items[0])
  })
})

describe('[Q6] random ops into one fully loaded timeline', () => {
  const opArbitrary = fc.oneof(
    { weight: 4, arbitrary: fc.integer({ min: 1, max: 40 }).map(insert) },
    {
      weight: 2,
      arbitrary: fc
        .record({ id: fc.integer({ min: 1, max: 40 }), at: fc.integer({ min: 1, max: 40 }) })
        .map((fields): Op<Item> => ({ kind: 'patch', fields })),
    },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 40 }).map((id): Op<Item> => ({ kind: 'remove', id })) },
  )

  it('leave what the ops mean one at a time, in any grouping', () => {
    fc.assert(
      fc.property(fc.array(fc.array(opArbitrary, { maxLength: 10 }), { maxLength: 8 }), (bursts) => {
        let timeline = data(page([]))
        let seq = 0
        const expected = new Map<number, Item>()
        for (const burst of bursts) {
          timeline = foldTimeline(
            options,
            timeline,
            burst.map((op) => ({ op, seq: ++seq })),
          )
          for (const op of burst) {
            if (op.kind === 'insert') expected.set(op.item.id, op.item)
            if (op.kind === 'remove') expected.delete(op.id as number)
            const current = op.kind === 'patch' && expected.get(op.fields.id as number)
            if (current) expected.set(current.id, { ...current, ...(op as { fields: Partial<Item> }).fields })
          }
        }
        const sorted = [...expected.values()].sort((a, b) => a.at - b.at || a.id - b.id)
        expect(timeline.pages.toReversed().flatMap((each) => each.items)).toEqual(sorted)
        expect(timeline.pageParams).toHaveLength(timeline.pages.length)
      }),
      { numRuns: 1_500 },
    )
  })
})

describe('[Q10] optimistic ops', () => {
  it('lie over the history, new rows last, and leave it untouched', () => {
    const base = twoPages()
    const before = structuredClone(base)
    const shown = overlayTimeline(spec, base, [
      { kind: 'insert', item: item(999, 'mine') },
      { kind: 'patch', fields: { id: 9, text: 'edited' } },
      { kind: 'remove', id: 12 },
    ])
    expect(ids(shown)).toEqual([5, 7, 9, 11, 13, 14, 999])
    expect(shown.pages[1]?.items[2]?.text).toBe('edited')
    expect(base).toEqual(before)
    expect(overlayTimeline(spec, base, [])).toBe(base)
  })

  it('show no second row beside the confirmed one, and none away from the live edge', () => {
    const base = twoPages()
    expect(overlayTimeline(spec, base, [insert(14)])).toBe(base)
    const window = data(page(items(1, 2), { hasNewer: true, high: [2, 2], after: 2 }))
    expect(overlayTimeline(spec, window, [insert(999)])).toBe(window)
  })

  it('several for one item add up', () => {
    const shown = overlayTimeline(spec, twoPages(), [
      { kind: 'patch', fields: { id: 9, text: 'once' } },
      { kind: 'patch', fields: { id: 9, text: 'twice' } },
    ])
    expect(shown.pages[1]?.items[2]?.text).toBe('twice')
  })
})
