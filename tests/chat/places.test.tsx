/** Where messages stand that the server's clock cannot tell apart. */
import { cleanup, renderHook } from '@testing-library/react'
import fc from 'fast-check'
import { afterEach, expect, it } from 'vitest'
import type { ChatMessage } from '../../src/chat/index.ts'
import { usePlaces } from '../../src/chat/react/reading/usePlaces.ts'
import { compareKeys } from '../../src/query/index.ts'

afterEach(cleanup)

const message = (id: string, timestamp = '2024-01-01T00:00:00'): ChatMessage => ({
  id,
  room_id: 'r1',
  sender: { id: 'bob', username: 'bob' },
  content: id,
  timestamp,
})

it('[C87] no two are at the same place, also when one goes, more come, and older ones are loaded', () => {
  const [a, b, c, d] = ['z', 'y', 'x', 'w'].map((id) => message(id)) as [
    ChatMessage,
    ChatMessage,
    ChatMessage,
    ChatMessage,
  ]
  const older = message('o')
  const later = message('l', '2024-01-01T00:00:00.000001')
  const view = renderHook(({ messages }) => usePlaces('r1', [{ items: messages }]), {
    initialProps: { messages: [a, b, c] },
  })
  const order = (ids: readonly ChatMessage[]) => {
    const places = ids.map(({ id }) => view.result.current(id))
    for (const [at, place] of places.entries()) {
      const next = places[at + 1]
      if (place && next) expect(compareKeys(place, next)).toBeLessThan(0)
    }
    expect(places.every(Boolean)).toBe(true)
  }
  order([a, b, c])
  view.rerender({ messages: [a, c, d, later] })
  order([a, c, d, later])
  expect(view.result.current(b.id)).toBeDefined()
  view.rerender({ messages: [older, a, c, d, later] })
  order([older, a, c, d, later])
})

/** Pages, newest first, of messages of which many are of the same time. */
const pagesArbitrary = fc
  .array(fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.boolean()), { maxLength: 4 }), { maxLength: 5 })
  .map((pages) => pages.flatMap((page, at) => page.map(([step, isOther]) => ({ at, step, isOther }))))

it('[C102] whatever becomes of pages, what is shown stands in order, and what is gone where it stood', () => {
  let made = 0
  fc.assert(
    fc.property(
      fc.array(pagesArbitrary, { minLength: 1, maxLength: 6 }),
      fc.infiniteStream(fc.nat()),
      (steps, chance) => {
        const random = (below: number) => (chance.next().value as number) % below
        let pages: { items: ChatMessage[] }[] = []
        const view = renderHook(({ shown }) => usePlaces('r1', shown), { initialProps: { shown: pages } })
        const seen = new Set<string>()
        for (const step of steps) {
          pages = changedPages(pages, step, { random, next: () => `m${made++}` })
          view.rerender({ shown: pages })
          const rows = pages.toReversed().flatMap(({ items }) => items)
          const shown = rows.filter(({ room_id, local }) => room_id === 'r1' && !local)
          const places = shown.map(({ id }) => view.result.current(id))
          for (const [at, place] of places.entries()) {
            expect(place).toBeDefined()
            const next = places[at + 1]
            if (place && next) expect(compareKeys(place, next)).toBeLessThan(0)
          }
          for (const { id } of shown) seen.add(String(id))
          for (const id of seen) expect(view.result.current(id)).toBeDefined()
        }
        view.unmount()
      },
    ),
    { numRuns: 150 },
  )
})

interface Chance {
  random(below: number): number
  next(): string
}

/** New ones at the end, an older page, one that goes, one that is edited, a page that is cut in two. */
function changedPages(
  pages: readonly { items: ChatMessage[] }[],
  step: readonly { readonly step: number; readonly isOther: boolean }[],
  { random, next }: Chance,
): { items: ChatMessage[] }[] {
  const changed = pages.slice()
  const timeOf = (message: ChatMessage | undefined) => Number(message?.seq ?? 50)
  const newest = () => timeOf(changed.flatMap(({ items }) => items.at(-1) ?? [])[0])
  const oldest = () => timeOf(changed.toReversed().flatMap(({ items }) => items[0] ?? [])[0])
  for (const { step: by, isOther } of step) {
    const at = random(Math.max(1, changed.length))
    const page = changed[at]
    const id = next()
    const of = { ...message(id), room_id: isOther && random(4) === 0 ? 'r2' : 'r1' }
    const kind = random(5)
    if (!page || kind === 0) changed.push({ items: [{ ...of, seq: oldest() - by }] })
    else if (kind === 1) changed[0] = { items: [...(changed[0]?.items ?? []), { ...of, seq: newest() + by }] }
    else if (kind === 2) changed[at] = { items: page.items.toSpliced(random(page.items.length || 1), 1) }
    else if (kind === 3) changed[at] = { items: page.items.map((each) => (random(2) ? each : { ...each })) }
    else if (page.items.length > 1)
      changed.splice(at, 1, { items: page.items.slice(1) }, { items: page.items.slice(0, 1) })
  }
  return changed
}

it('[C103] a message that comes is put behind the last one, and no page but the newest is looked at', () => {
  let looks = 0
  const watched = (items: readonly ChatMessage[]) =>
    new Proxy(items, {
      get(target, name, receiver) {
        if (/^\d+$/.test(String(name))) looks++
        return Reflect.get(target, name, receiver)
      },
    })
  const older = Array.from({ length: 200 }, (_, at) => ({
    items: watched(
      Array.from({ length: 50 }, (_, n) => ({ ...message(`m${at}-${n}`), seq: (200 - at) * 50 + n })),
    ),
  }))
  let head: readonly ChatMessage[] = [{ ...message('head'), seq: 20_000 }]
  const view = renderHook(({ pages }) => usePlaces('r1', pages), {
    initialProps: { pages: [{ items: head }, ...older] },
  })
  expect(view.result.current('m199-0')).toEqual([50, 0])
  looks = 0
  for (let at = 1; at <= 20; at++) {
    head = [...head, { ...message(`new ${at}`), seq: 20_000 + at }]
    view.rerender({ pages: [{ items: head }, ...older] })
  }
  expect(view.result.current('new 20')).toEqual([20_020, 0])
  // The last one of the page before, to stand behind it.
  expect(looks).toBeLessThanOrEqual(2 * 20)
})
