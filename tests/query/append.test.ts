/** Texts that grow: pieces in any order, holes, snapshots that know more or less, and the end. */
import { InfiniteQueryObserver, QueryClient, QueryObserver } from '@tanstack/react-query'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { countOf, createGrowth, grown, hasHole, hold, type TextPiece } from '../../src/query/fold/growth.ts'
import {
  append,
  createLive,
  entity,
  insert,
  type Live,
  type LivePort,
  patch,
  remove,
  type TimelineData,
  type,
  upsert,
} from '../../src/query/index.ts'
import { createFakePort } from './support/fakePort.ts'

const pieceAt = (whole: string, from: number, to: number): TextPiece => {
  const before = whole.slice(0, from)
  return { at: countOf(before), text: whole.slice(from, to) }
}

describe('[Q62] pieces of a text', () => {
  const texts = fc.string({
    unit: fc.constantFrom('a', 'b', '\n', 'é', '漢', '😀', '👩‍🚀', '🏳️'),
    maxLength: 40,
  })
  const tape = texts.chain((whole) =>
    fc.record({
      whole: fc.constant(whole),
      // Anywhere, also in the middle of a character.
      cuts: fc.array(fc.tuple(fc.nat(whole.length), fc.nat(whole.length)), { maxLength: 30 }),
      start: fc.nat(whole.length),
      order: fc.infiniteStream(fc.nat()),
    }),
  )

  it('make what the server has, in any order, twice, overlapping, cut anywhere; never anything else in between', () => {
    fc.assert(
      fc.property(tape, ({ whole, cuts, start, order }) => {
        const growth = createGrowth()
        const steps = Array.from({ length: whole.length }, (_, at) => pieceAt(whole, at, at + 1))
        const odd = cuts.map(([from, to]) => pieceAt(whole, Math.min(from, to), Math.max(from, to)))
        const pieces = [...steps, ...odd, ...steps]
          .map((piece) => ({ piece, at: order.next().value ?? 0 }))
          .sort((a, b) => a.at - b.at)
        let shown = grown(growth, { text: whole.slice(0, start) })
        for (const { piece } of pieces) {
          shown = grown(growth, { text: shown }, piece)
          expect(whole.startsWith(shown)).toBe(true)
        }
        expect(hasHole(growth)).toBe(false)
        expect(shown).toBe(whole)
      }),
      { numRuns: 2_000 },
    )
  })

  it('count code points, as [...text] does', () => {
    const any = fc.string({ unit: fc.constantFrom('a', '\ud83d', '\ude00') })
    fc.assert(fc.property(any, (text) => countOf(text) === [...text].length))
    expect(countOf('a\ud83d')).toBe(2)
    expect(countOf('\ude00\ud83d\ude00\ud83d')).toBe(3)
  })

  it('show no half of a character, and join one that comes in two events', () => {
    const growth = createGrowth()
    let shown = ''
    const tell = (at: number, text: string) => {
      shown = grown(growth, { text: shown }, { at, text })
      return shown
    }
    expect(tell(0, 'a\ud83d')).toBe('a')
    expect(tell(2, '\ude00')).toBe('a😀')
    expect(tell(2, '\ude00')).toBe('a😀')
    expect(tell(0, 'a\ud83d')).toBe('a😀')
    expect(tell(2, 'b')).toBe('a😀b')
    // The second half first.
    expect(tell(4, '\udc00c')).toBe('a😀b')
    expect(hasHole(growth)).toBe(true)
    expect(tell(3, '\ud83d')).toBe('a😀b\ud83d\udc00c')
    expect(hasHole(growth)).toBe(false)
  })

  it('change nothing where they say something else of what is there; the item is to be asked for', () => {
    const growth = createGrowth()
    grown(growth, { text: 'one two' })
    expect(grown(growth, { text: 'one two' }, { at: 4, text: 'six seven' })).toBe('one two')
    expect(hasHole(growth)).toBe(true)
  })

  it('wait behind a hole, up to a thousand of them, the first ones', () => {
    const growth = createGrowth()
    for (let at = 3_000; at > 1; at--) hold(growth, { at, text: 'x' })
    expect(growth.held.length).toBe(1_000)
    grown(growth, { text: 'ab' })
    expect(growth.text).toBe(`ab${'x'.repeat(1_000)}`)
  })
})

interface Answer {
  readonly id: string
  readonly place: number
  readonly text: string
  readonly isOpen?: boolean
  readonly version?: number
}
interface Appended {
  readonly id: string
  readonly at: number
  readonly text: string
}

const answer = (text: string, more: Partial<Answer> = {}): Answer => ({
  id: 'a1',
  place: 1,
  text,
  isOpen: true,
  version: 1,
  ...more,
})

let fake: ReturnType<typeof createFakePort>
let queryClient: QueryClient
let live: Live
const cleanups: (() => void)[] = []

beforeEach(() => {
  fake = createFakePort()
  live = createLive({ manager: { port: fake.port as LivePort } })
  queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  cleanups.push(live.connect(queryClient))
})
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup()
  queryClient.clear()
})

const events = {
  created: insert((event: unknown) => event as Answer),
  updated: upsert((event: unknown) => event as Answer),
  reacted: patch<unknown, Answer>((event: unknown) => event as Partial<Answer>),
  deleted: remove((event: unknown) => event as string),
  appended: append<unknown, Answer>(
    (event) => ({ field: 'text', ...(event as Appended) }),
    ({ isOpen = true }) => isOpen,
  ),
}

const timeline = () =>
  live.timeline('answers', {
    item: type<Answer>(),
    id: ({ id }) => id,
    order: ({ place }) => [place],
    version: ({ version }) => version,
    pageSize: 3,
    snapshot: 'get_history',
    events,
  })

async function reply(body: unknown, at = fake.requests.length - 1) {
  fake.requests[at]?.resolve(body)
  await fake.settle()
}

const history = (...items: readonly Answer[]) => ({ items, has_older: false, has_newer: false })

/** Observed, with its first snapshot; what was written is counted. */
async function open(first: unknown = history(answer(''))) {
  const options = timeline()({})
  const observer = new InfiniteQueryObserver(queryClient, options)
  const rows = () =>
    (observer.getCurrentResult().data as TimelineData<Answer>).pages.flatMap(({ items }) => items)
  cleanups.push(observer.subscribe(() => undefined))
  fake.live()
  await fake.settle()
  await reply(first)
  await flush()
  const shown: string[] = []
  let writes = 0
  cleanups.push(
    queryClient.getQueryCache().subscribe(({ type }) => {
      if (type !== 'updated') return
      writes++
      const text = rows().find(({ id }) => id === 'a1')?.text
      if (text !== undefined && shown.at(-1) !== text) shown.push(text)
    }),
  )
  return {
    rows,
    shown,
    text: () => rows().find(({ id }) => id === 'a1')?.text,
    writes: () => writes,
    observer,
    options,
  }
}

async function flush() {
  await fake.settle()
  fake.frame()
  await fake.settle()
}

async function emit(...all: readonly (readonly [type: string, payload: unknown, seq?: number])[]) {
  fake.emit(...all.map(([type, payload, seq]) => ({ type, payload, ...(seq !== undefined && { seq }) })))
  await flush()
}

const piece = (at: number, text: string, id = 'a1') => ['appended', { id, at, text }] as const
const asked = () => fake.requests.length
const reported = () =>
  fake.reports.map((entry) => String((entry as unknown as { error?: Error }).error?.message))

describe('[Q63] a hole', () => {
  it('asks for a snapshot, once for all that come behind it, and what waited is applied to it', async () => {
    const { text, shown } = await open()
    await emit(piece(0, 'Once '))
    await emit(piece(12, 'a time'))
    await emit(piece(18, ' there'), piece(24, ' was'))
    expect(text()).toBe('Once ')
    expect(asked()).toBe(2)
    await reply(history(answer('Once upon ')))
    await flush()
    // Not far enough: it is asked again.
    expect(text()).toBe('Once upon ')
    expect(asked()).toBe(3)
    await reply(history(answer('Once upon a')))
    await flush()
    expect(asked()).toBe(4)
    await reply(history(answer('Once upon a ')))
    await flush()
    expect(text()).toBe('Once upon a a time there was')
    await emit(piece(28, '.'))
    expect(asked()).toBe(4)
    expect(shown).toEqual([
      'Once ',
      'Once upon ',
      'Once upon a',
      'Once upon a a time there was',
      'Once upon a a time there was.',
    ])
  })

  it('that nothing fills is asked about a few times, at the pace of all that a query asks', async () => {
    await open()
    await emit(piece(9, 'x'))
    for (let round = 0; round < 100; round++) {
      await reply(history(answer('')))
      await flush()
      await fake.advance(1_000)
      await flush()
      if (round % 10 === 0) await emit(piece(9 + round, 'xx'))
    }
    expect(asked()).toBeLessThan(12)
  })

  it('that is filled by itself is no question', async () => {
    const { text } = await open()
    await emit(piece(3, 'def'), piece(0, 'abc'))
    expect(text()).toBe('abcdef')
    expect(asked()).toBe(1)
  })

  it('of an item that is not there asks nothing; its pieces wait for it', async () => {
    const { text, rows } = await open(history())
    await emit(piece(5, ' there'), piece(0, 'Hello'), piece(0, 'old', 'a0'))
    expect(rows()).toEqual([])
    expect(asked()).toBe(1)
    await emit(['created', answer('')])
    expect(text()).toBe('Hello there')
    await emit(piece(11, '!'))
    expect(text()).toBe('Hello there!')
    expect(asked()).toBe(1)
  })

  it('ends with the item', async () => {
    const { rows } = await open()
    await emit(piece(4, 'x'))
    await reply(history(answer('')))
    await emit(['deleted', 'a1'])
    const before = asked()
    await fake.advance(60_000)
    await flush()
    expect(rows()).toEqual([])
    expect(asked()).toBeLessThanOrEqual(before + 1)
  })

  it('what is no piece is reported and left out', async () => {
    const { text } = await open()
    await emit(piece(-1, 'x'), piece(0.5, 'x'), ['appended', { id: 'a1', at: 0, text: 7 }], piece(0, 'ok'))
    expect(text()).toBe('ok')
    expect(reported().filter((each) => each.includes('a piece is { at, text }'))).toHaveLength(3)
    await emit(['appended', { id: 'a1', field: 'place', at: 0, text: 'x' }])
    expect(reported().at(-1)).toContain('"place" is no text that could grow')
    expect(asked()).toBe(1)
  })
})

describe('[Q64] a snapshot', () => {
  it('that was taken before pieces loses none of them, and one taken after doubles none', async () => {
    const { text, observer, shown } = await open()
    await emit(piece(0, 'one '), piece(4, 'two '))
    void observer.refetch()
    await flush()
    await emit(piece(8, 'three '))
    await reply(history(answer('one ')))
    await flush()
    expect(text()).toBe('one two three ')
    void observer.refetch()
    await flush()
    await emit(piece(14, 'four '))
    await reply(history(answer('one two three four five ')))
    await flush()
    expect(text()).toBe('one two three four five ')
    await emit(piece(19, 'five '), piece(24, 'six'))
    expect(text()).toBe('one two three four five six')
    expect(shown.every((each) => 'one two three four five six'.startsWith(each))).toBe(true)
    expect(asked()).toBe(3)
  })

  it('is where a reconnect goes on', async () => {
    const { text } = await open()
    await emit(piece(0, 'one '))
    fake.down()
    fake.live()
    await flush()
    await emit(piece(9, 'three '))
    await reply(history(answer('one two, ')))
    await flush()
    expect(text()).toBe('one two, three ')
    expect(asked()).toBe(2)
  })

  it('is asked for after a reconnect that has missed no event, as long as something grows', async () => {
    const { text } = await open()
    await emit(piece(0, 'one '))
    fake.down()
    fake.live(true)
    await flush()
    expect(asked()).toBe(2)
    await reply(history(answer('one two ')))
    await flush()
    expect(text()).toBe('one two ')
    await emit(['updated', answer('one two three', { version: 2, isOpen: false })])
    fake.down()
    fake.live(true)
    await flush()
    expect(asked()).toBe(2)
  })

  it('of a later version says what the text is now, be it less; without versions an event does', async () => {
    const { text } = await open()
    await emit(piece(0, 'wrong'))
    await emit(['updated', answer('', { version: 2 })], piece(0, 'ri'))
    await emit(piece(2, 'ght'))
    expect(text()).toBe('right')
    await emit(['reacted', { id: 'a1', place: 1, version: 3 }], piece(5, '!'))
    expect(text()).toBe('right!')
    const none = { version: undefined } as unknown as Partial<Answer>
    await emit(['updated', answer('plain', none)])
    await emit(piece(5, ' text'))
    await emit(['updated', answer('pl', none)])
    await emit(piece(2, 'um'))
    expect(text()).toBe('plum')
    expect(asked()).toBe(1)
  })

  it('and the end: what comes late changes nothing', async () => {
    const { text } = await open()
    await emit(piece(0, 'one two three'))
    await emit(['updated', answer('one two', { version: 2, isOpen: false })])
    await emit(piece(7, ' three'), piece(20, 'four'), piece(0, 'zero'))
    expect(text()).toBe('one two')
    expect(asked()).toBe(1)
    // The same frame.
    await emit(
      ['updated', answer('', { version: 3 })],
      piece(0, 'x'),
      ['updated', answer('y', { version: 4, isOpen: false })],
      piece(1, 'z'),
    )
    expect(text()).toBe('y')
    expect(asked()).toBe(1)
  })

  it('where what is told is not what is there, asks once and takes its word', async () => {
    const { text } = await open()
    await emit(piece(0, 'one two'))
    await emit(piece(3, ' zwei drei'))
    expect(text()).toBe('one two')
    expect(asked()).toBe(2)
    await reply(history(answer('one zwei drei')))
    await flush()
    await emit(piece(13, ' vier'))
    expect(text()).toBe('one zwei drei vier')
    await emit(piece(3, ' due tre quattro cinque'))
    await reply(history(answer('one zwei drei vier')))
    await flush()
    expect(text()).toBe('one zwei drei vier')
    expect(asked()).toBe(3)
  })
})

describe('[Q65] many pieces', () => {
  it('of one message are one write, and one row is another one', async () => {
    const { rows, text, writes } = await open(history(answer('', { id: 'a0', place: 0 }), answer('')))
    const [, other] = rows().toSorted((a, b) => b.place - a.place)
    await emit(...Array.from({ length: 1_000 }, (_, at) => piece(at * 2, 'ab')))
    expect(text()).toBe('ab'.repeat(1_000))
    expect(writes()).toBe(1)
    expect(rows().find(({ id }) => id === 'a0')).toBe(other)
    for (let at = 1_000; at < 2_000; at++)
      fake.emit({ type: 'appended', payload: { id: 'a1', at: at * 2, text: 'ab' } })
    await flush()
    expect(text()).toBe('ab'.repeat(2_000))
    expect(writes()).toBeLessThan(6)
  })
})

describe('[Q66] lists and values', () => {
  const list = (more: object = {}) =>
    live.list('answers', {
      item: type<Answer>(),
      id: ({ id }) => id,
      version: ({ version }) => version,
      snapshot: 'get_answers',
      events,
      ...more,
    })({})

  async function observe(options: { readonly queryKey: readonly unknown[] }, first: unknown) {
    const observer = new QueryObserver<unknown>(queryClient, options as never)
    cleanups.push(observer.subscribe(() => undefined))
    fake.live()
    await fake.settle()
    await reply(first)
    await flush()
    return () => observer.getCurrentResult().data
  }

  it('grow alike', async () => {
    const data = await observe(list(), [answer(''), answer('', { id: 'a2' })])
    await emit(piece(0, 'a'), piece(3, 'd'), piece(0, 'zz', 'a2'))
    expect(data()).toMatchObject([{ text: 'a' }, { text: 'zz' }])
    expect(asked()).toBe(2)
    await reply([answer('abc'), answer('', { id: 'a2' })])
    await flush()
    expect(data()).toMatchObject([{ text: 'abcd' }, { text: 'zz' }])
    expect(asked()).toBe(2)
  })

  it('that are filtered, or a page, ask nothing for pieces of what they do not hold', async () => {
    const where = ({ isOpen }: Answer) => isOpen === true
    const data = await observe(list({ where, pageSize: 5 }), [answer('')])
    await emit(piece(0, 'x', 'a9'), piece(5, 'y', 'a9'), piece(0, 'a'))
    expect(data()).toMatchObject([{ text: 'a' }])
    expect(asked()).toBe(1)
  })

  it('a value has fields that grow, or is the text itself', async () => {
    const report = live.value('report', {
      schema: type<{ readonly title: string; readonly body: string }>(),
      snapshot: 'get_report',
      events: { appended: append((event) => ({ field: 'body', ...(event as TextPiece) })) },
    })
    const data = await observe(report({}), { title: 't', body: 'so ' })
    await emit(['appended', { at: 3, text: 'far' }], ['appended', { at: 3, text: 'far' }])
    expect(data()).toEqual({ title: 't', body: 'so far' })
    const log = live.value('log', {
      schema: type<string>(),
      initial: '',
      events: { logged: append((event) => event as TextPiece) },
    })
    const text = await observe(log({}), '')
    await emit(['logged', { at: 2, text: 'llo' }], ['logged', { at: 0, text: 'he' }])
    expect(text()).toBe('hello')
  })

  it('so does a value that is an item of an entity, and nothing of another one', async () => {
    const one = entity('answer', {
      item: type<Answer>(),
      id: ({ id }) => id,
      version: ({ version }) => version as number,
    })
    const single = live.value('single', {
      entity: one,
      schema: type<Answer>(),
      snapshot: 'get_answer',
      events: { grown: append((event) => ({ field: 'text', ...(event as TextPiece) })) },
    })
    const shown = await observe(single({}), answer('so '))
    await emit(['grown', { at: 3, text: 'far' }], ['grown', { id: 'a2', at: 3, text: 'no' }])
    expect(shown()).toEqual(answer('so far'))
  })
})
