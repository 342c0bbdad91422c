/** `rows`: whatever becomes of the pages of a timeline, what is read is what they hold, and costs what has changed. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ItemSpec } from '../../src/query/fold/items.ts'
import type { Op } from '../../src/query/fold/op.ts'
import { foldTimeline } from '../../src/query/fold/timeline/foldTimeline.ts'
import { overlayTimeline } from '../../src/query/fold/timeline/overlayTimeline.ts'
import type { TimelineData, TimelinePage } from '../../src/query/fold/timeline/pages.ts'
import { rows } from '../../src/query/index.ts'

interface Item {
  readonly id: string
  readonly n: number
  readonly text: string
}

const spec: ItemSpec<Item> = {
  id: ({ id }) => id,
  key: ({ id }) => id,
  order: ({ n, id }) => [n, id],
  sort: undefined,
  version: () => undefined,
  merge: undefined,
}

const item = (n: number, text = ''): Item => ({ id: `i${n}`, n, text })

const page = (items: readonly Item[], hasOlder: boolean): TimelinePage<Item> => {
  const [oldest] = items
  const edge = hasOlder && oldest ? { before: oldest.id, low: spec.order(oldest) } : {}
  return { items, hasOlder, hasNewer: false, unseen: 0, ...edge }
}

const start = (from: number, count: number): TimelineData<Item> => ({
  pages: [
    page(
      Array.from({ length: count }, (_, at) => item(from + at)),
      true,
    ),
  ],
  pageParams: [{}],
})

/** What it means. */
const plainly = (data: TimelineData<Item>) => data.pages.toReversed().flatMap(({ items }) => items)

type Step =
  | { readonly kind: 'new'; readonly count: number }
  | { readonly kind: 'edit' | 'remove' | 'late'; readonly at: number }
  | { readonly kind: 'older' | 'jump' | 'drop' | 'pending' | 'envelope' }

const stepArbitrary: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('new' as const), count: fc.integer({ min: 1, max: 7 }) }),
  fc.record({ kind: fc.constantFrom('edit' as const, 'remove' as const, 'late' as const), at: fc.nat(200) }),
  fc.record({
    kind: fc.constantFrom('older', 'jump', 'drop', 'pending', 'envelope') as fc.Arbitrary<'older'>,
  }),
)

interface World {
  data: TimelineData<Item>
  newest: number
  edits: number
}

function take(world: World, step: Step): TimelineData<Item> {
  const { data } = world
  const all = plainly(data)
  const fold = (...ops: Op<Item>[]) => {
    const sequenced = ops.map((op) => ({ op, seq: undefined }))
    world.data = foldTimeline({ spec, pageSize: 3, maxPages: 40 }, data, sequenced)
    return world.data
  }
  const picked = 'at' in step ? all[step.at % (all.length || 1)] : undefined
  if (step.kind === 'new')
    return fold(
      ...Array.from({ length: step.count }, () => ({ kind: 'insert' as const, item: item(world.newest++) })),
    )
  if (step.kind === 'edit' && picked)
    return fold({ kind: 'upsert', item: { ...picked, text: `${world.edits++}` } })
  if (step.kind === 'remove' && picked) return fold({ kind: 'remove', id: picked.id })
  if (step.kind === 'late' && picked) return fold({ kind: 'insert', item: item(picked.n + 0.5) })
  if (step.kind === 'pending')
    return overlayTimeline(spec, data, [{ kind: 'insert', item: item(1e9 + world.edits++) }])
  world.data = { ...data, pages: reloaded(world, step.kind) }
  return world.data
}

function reloaded(world: World, kind: Step['kind']): readonly TimelinePage<Item>[] & TimelinePage<Item>[] {
  const { pages } = world.data
  const low = pages.at(-1)?.items[0]?.n ?? 0
  if (kind === 'older') return [...pages, page([item(Math.floor(low) - 2), item(Math.floor(low) - 1)], true)]
  if (kind === 'drop') return pages.slice(0, Math.max(1, pages.length - 1))
  if (kind === 'jump') return start(world.newest++ * 3, 4).pages
  const [head, ...others] = pages as [TimelinePage<Item>]
  return [{ ...head, unseen: head.unseen + 1 }, ...others]
}

describe('[Q44] rows', () => {
  it('are what the pages hold, oldest first, and the same array while that is the same', () => {
    fc.assert(
      fc.property(fc.array(stepArbitrary, { maxLength: 40 }), (steps) => {
        const world: World = { data: start(100, 3), newest: 103, edits: 0 }
        const held: { data: TimelineData<Item>; read: readonly Item[]; plain: readonly Item[] }[] = []
        for (const step of steps) {
          const data = take(world, step)
          const before = held.at(-1)?.read
          const read = rows(data)
          const plain = plainly(data)
          expect(read).toHaveLength(plain.length)
          for (const [at, each] of plain.entries()) expect(read[at]).toBe(each)
          expect(rows(data)).toBe(read)
          const isAsBefore = before?.length === plain.length && plain.every((each, at) => each === before[at])
          // Whoever goes back and forth between two versions is handed on from the other one.
          if (!steps.some(({ kind }) => kind === 'pending') && data.pages.length > 1 && isAsBefore)
            expect(read).toBe(before)
          held.push({ data, read, plain })
        }
        // Whoever still has an earlier version, reads that.
        for (const { data, read, plain } of held) {
          expect(read).toEqual(plain)
          expect(rows(data)).toEqual(plain)
        }
      }),
      { numRuns: 600 },
    )
  })

  it('of no data, and of data without pages, are none, and always the same ones', () => {
    expect(rows(undefined)).toEqual([])
    expect(rows(undefined)).toBe(rows({ pages: [] }))
  })

  it('read nothing of pages that are as they were', () => {
    let reads = 0
    const watched = (items: readonly Item[]) =>
      new Proxy(items, {
        get(target, name, receiver) {
          if (/^\d+$/.test(String(name))) reads++
          return Reflect.get(target, name, receiver)
        },
      })
    const pages = Array.from({ length: 400 }, (_, at) =>
      page(watched(Array.from({ length: 50 }, (_, n) => item((400 - at) * 50 + n))), true),
    )
    let data: TimelineData<Item> = { pages, pageParams: pages.map(() => ({})) }
    expect(rows(data)).toHaveLength(20_000)
    reads = 0
    for (let at = 0; at < 100; at++) {
      const [head, ...others] = data.pages
      const items = [...(head as TimelinePage<Item>).items, item(1e6 + at)]
      reads = at === 0 ? 0 : reads
      data = {
        ...data,
        pages: [{ ...(head as TimelinePage<Item>), items: at === 0 ? watched(items) : items }, ...others],
      }
      expect(rows(data)).toHaveLength(20_001 + at)
    }
    // Those of the newest page, once, when it became another one.
    expect(reads).toBeLessThanOrEqual(5 * 51)
    expect(rows(data).at(-1)).toMatchObject({ n: 1e6 + 99 })
  })

  it('let go of what they were put together of before', async () => {
    const { setFlagsFromString } = await import('node:v8')
    const { runInNewContext } = await import('node:vm')
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const world: World = { data: start(100, 3), newest: 103, edits: 0 }
    const references: WeakRef<object>[] = []
    for (let at = 0; at < 200; at++)
      references.push(new WeakRef(rows(take(world, { kind: 'new', count: 7 }))))
    for (let tries = 0; tries < 10; tries++) {
      await new Promise((resolve) => setImmediate(resolve))
      collect()
    }
    expect(references.filter((reference) => reference.deref()).length).toBeLessThanOrEqual(3)
    expect(rows(world.data).length).toBeGreaterThan(100)
  })
})
