import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ItemSpec } from '../../src/query/fold/items.ts'
import { foldList, mergeList, overlayList } from '../../src/query/fold/list/foldList.ts'
import type { Op } from '../../src/query/fold/op.ts'

interface Item {
  readonly id: number
  readonly rank: number
  readonly version?: number
}

const specOf = (sort?: ItemSpec<Item>['sort']): ItemSpec<Item> => ({
  id: (item) => item.id,
  key: (item) => item.id,
  order: () => [],
  sort,
  version: (item) => item.version,
  merge: undefined,
})
const byRank = (a: Item, b: Item) => a.rank - b.rank
const sequenced = (ops: readonly Op<Item>[]) => ops.map((op) => ({ op, seq: undefined }))
const fold = (data: readonly Item[], ops: readonly Op<Item>[], sort?: ItemSpec<Item>['sort']) =>
  foldList(specOf(sort), data, sequenced(ops))

const itemArbitrary = fc.record({ id: fc.integer({ min: 0, max: 12 }), rank: fc.integer({ min: 0, max: 6 }) })
const opArbitrary: fc.Arbitrary<Op<Item>> = fc.oneof(
  itemArbitrary.map((item): Op<Item> => ({ kind: 'upsert', item })),
  itemArbitrary.map((item): Op<Item> => ({ kind: 'insert', item })),
  itemArbitrary.map((fields): Op<Item> => ({ kind: 'patch', fields })),
  fc.integer({ min: 0, max: 12 }).map((id): Op<Item> => ({ kind: 'remove', id })),
  fc.constant<Op<Item>>({
    kind: 'reduce',
    apply: ((items: readonly Item[]) => items.filter(({ rank }) => rank !== 3)) as never,
  }),
)

/** What the ops mean, one at a time and without any index. */
function meaning(data: readonly Item[], ops: readonly Op<Item>[]): readonly Item[] {
  let items = [...data]
  for (const op of ops) {
    if (op.kind === 'reduce') items = [...(op.apply(items as never) as Item[])]
    else if (op.kind === 'remove') items = items.filter(({ id }) => id !== op.id)
    else {
      const next = op.kind === 'patch' ? (op.fields as Item) : op.item
      const at = items.findIndex(({ id }) => id === next.id)
      if (at >= 0) items[at] = { ...items[at], ...next }
      else if (op.kind !== 'patch') items.push(next)
    }
  }
  return items
}

describe('[Q6] ops into a list', () => {
  it('mean the same in any grouping, in the order of the server', () => {
    fc.assert(
      fc.property(fc.array(fc.array(opArbitrary, { maxLength: 8 }), { maxLength: 6 }), (bursts) => {
        let items: readonly Item[] = []
        for (const burst of bursts) items = fold(items, burst)
        expect(items).toEqual(meaning([], bursts.flat()))
      }),
      { numRuns: 2_000 },
    )
  })

  it('mean the same in any grouping, sorted', () => {
    const total = (a: Item, b: Item) => a.rank - b.rank || a.id - b.id
    fc.assert(
      fc.property(fc.array(fc.array(opArbitrary, { maxLength: 8 }), { maxLength: 6 }), (bursts) => {
        let items: readonly Item[] = []
        for (const burst of bursts) items = fold(items, burst, total)
        expect(items).toEqual(meaning([], bursts.flat()).toSorted(total))
      }),
      { numRuns: 2_000 },
    )
  })

  it('sort what was not sorted when it came', () => {
    const data = [
      { id: 1, rank: 9 },
      { id: 2, rank: 1 },
    ]
    expect(fold(data, [{ kind: 'insert', item: { id: 3, rank: 5 } }], byRank).map(({ id }) => id)).toEqual([
      2, 3, 1,
    ])
  })

  it('keep the list where nothing changes, and every item that does not', () => {
    const data = [
      { id: 1, rank: 1 },
      { id: 2, rank: 2 },
      { id: 3, rank: 3 },
    ]
    expect(
      fold(
        data,
        [
          { kind: 'upsert', item: { id: 2, rank: 2 } },
          { kind: 'remove', id: 9 },
        ],
        byRank,
      ),
    ).toBe(data)
    const moved = fold(data, [{ kind: 'patch', fields: { id: 1, rank: 8 } }], byRank)
    expect(moved.map(({ id }) => id)).toEqual([2, 3, 1])
    expect(moved[0]).toBe(data[1])
    expect(moved[1]).toBe(data[2])
  })

  it('never put an older version in place of a newer one', () => {
    const data = [{ id: 1, rank: 5, version: 2 }]
    expect(fold(data, [{ kind: 'upsert', item: { id: 1, rank: 1, version: 1 } }])).toBe(data)
  })

  it('lie over it without touching it while they are optimistic', () => {
    const data = fold([], [{ kind: 'insert', item: { id: 1, rank: 1 } }], byRank)
    const shown = overlayList(specOf(byRank), data, [{ kind: 'insert', item: { id: 2, rank: 0 } }])
    expect(shown.map(({ id }) => id)).toEqual([2, 1])
    expect(data).toHaveLength(1)
    expect(overlayList(specOf(byRank), data, [{ kind: 'patch', fields: { id: 1, rank: 1 } }])).toBe(data)
    expect(fold(data, [{ kind: 'remove', id: 2 }], byRank)).toBe(data)
  })

  it('meet a snapshot item by item', () => {
    const current = [
      { id: 1, rank: 1 },
      { id: 2, rank: 2 },
    ]
    expect(
      mergeList(specOf(byRank), current, [
        { id: 2, rank: 2 },
        { id: 1, rank: 1 },
      ]),
    ).toBe(current)
    const next = mergeList(specOf(), current, [
      { id: 0, rank: 0 },
      { id: 2, rank: 2 },
    ])
    expect(next[1]).toBe(current[1])
  })
})
