// @vitest-environment node
/** What every store promises, of all that there are. */
import fc from 'fast-check'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import type { SqliteHandle } from '../../src/server/node/optionalTypes.ts'
import { ConflictError, type Head, type StoreLimits } from '../../src/server/store.ts'
import { sqliteStore } from '../../src/server/stores/sqliteStore.ts'
import { STORES, type StoreUnderTest, stopPostgres } from './support/stores.ts'

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})
afterAll(stopPostgres)

const turns = async (count: number) => {
  for (let turn = 0; turn < count; turn++) await Promise.resolve()
}

const NAMES = ['a', 'b', 'c', 'd'] as const
const deferred = () => {
  let resolve = () => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}

/** A position before everything. */
const start = ({ epoch }: Head) => ({ seq: 0, epoch })

describe.each(Object.entries(STORES))('the %s store', (_name, create) => {
  const open = async (limits?: StoreLimits): Promise<StoreUnderTest<unknown>> => {
    const under = await create(limits)
    closing.push(under.close)
    return under
  }

  const append = ({ store }: StoreUnderTest<unknown>, channel: string, event: string) =>
    store.transaction((transaction) => transaction.append(channel, event))

  const headOf = async ({ store }: Pick<StoreUnderTest<unknown>, 'store'>, channel: string) =>
    (await store.heads([channel])).get(channel) as Head

  it('[S13] numbers what concurrent writers commit without a hole, in step with the data, whatever fails', async () => {
    const writes = fc.array(
      fc.record({
        channel: fc.constantFrom(...NAMES),
        count: fc.integer({ min: 1, max: 3 }),
        turns: fc.integer({ min: 0, max: 5 }),
        ends: fc.constantFrom('commits', 'commits', 'commits', 'throws', 'conflicts'),
        by: fc.constantFrom(0, 1),
      }),
      { maxLength: 30 },
    )
    await fc.assert(
      fc.asyncProperty(writes, async (all) => {
        const under = await create()
        const stores = [under.store, under.another()]
        const committed = await Promise.all(
          all.map(async ({ channel, count, turns: pause, ends, by }, at) => {
            let attempts = 0
            const work = stores[by]?.transaction(async ({ tx, append }) => {
              attempts++
              for (let each = 0; each < count; each++) {
                await under.counters(tx).add(channel)
                await turns(pause)
                await append(channel, `${at}.${each}`)
              }
              if (ends === 'throws') throw new Error('meant')
              if (ends === 'conflicts' && attempts === 1) throw new ConflictError()
            })
            return work?.catch((error: Error) => {
              expect(error.message).toBe('meant')
              return undefined
            })
          }),
        )
        const heads = await under.store.heads(NAMES)
        const { result: counts } = await under.store.snapshot([], (tx) => under.counters(tx).all())
        const logs = await under.store.since(
          new Map([...heads].map(([channel, head]) => [channel, start(head)])),
          1_000,
        )
        for (const [channel, head] of heads) {
          const log = logs.get(channel)
          const told = committed.flatMap((each) => each?.events ?? []).filter((e) => e.channel === channel)
          expect(log?.complete).toBe(true)
          expect(log?.events.map(({ seq }) => seq)).toEqual(Array.from({ length: head.seq }, (_, n) => n + 1))
          // Whoever committed was told its own events, once, under the numbers that the log has.
          expect(told.sort((one, other) => one.seq - other.seq)).toEqual(log?.events)
          expect(counts[channel] ?? 0).toBe(head.seq)
        }
        await under.close()
      }),
      { numRuns: 30 },
    )
  })

  it('[S14] answers a repeated name from what it has stored, without doing anything', async () => {
    const under = await open({ repliesPerUser: 2 })
    let runs = 0
    const ask = (user: string, id: string) =>
      under.store.transaction(
        async ({ append }) => {
          await append('a', `for ${user}`)
          return { run: ++runs }
        },
        { user, id },
      )
    const [first, again] = await Promise.all([ask('alice', 'x'), ask('alice', 'x')])
    expect(first).toMatchObject({ result: { run: 1 }, isRepeated: false, events: [{ seq: 1 }] })
    expect(again).toEqual({ result: { run: 1 }, isRepeated: true, events: [] })
    expect((await ask('bob', 'x')).result).toEqual({ run: 2 })
    expect(await headOf(under, 'a')).toMatchObject({ seq: 2 })
    // Kept for the last ones of each user only.
    for (const id of ['y', 'z']) await ask('alice', id)
    expect((await ask('alice', 'z')).isRepeated).toBe(true)
    expect((await ask('alice', 'x')).isRepeated).toBe(false)
    expect((await ask('bob', 'x')).isRepeated).toBe(true)
  })

  it('[S14] keeps no answer of what failed, nor of what has no JSON', async () => {
    const { store } = await open()
    const once = { user: 'alice', id: 'x' }
    const fail = store.transaction(() => Promise.reject(new Error('meant')), once)
    await expect(fail).rejects.toThrow('meant')
    const bad = store.transaction(async ({ append }) => {
      await append('a', 'event')
      return 1n
    }, once)
    await expect(bad).rejects.toThrow(TypeError)
    expect((await store.heads(['a'])).get('a')?.seq).toBe(0)
    expect(await store.transaction(() => undefined, once)).toMatchObject({ isRepeated: false })
    expect(await store.transaction(() => undefined, once)).toMatchObject({ isRepeated: true, result: null })
  })

  it('[S15] a transaction that runs again has done its work once', async () => {
    const under = await open()
    let attempts = 0
    const { events } = await under.store.transaction(
      async ({ tx, append }) => {
        await under.counters(tx).add('a')
        await append('a', 'event')
        if (++attempts < 3) throw new ConflictError()
      },
      { user: 'alice', id: 'x' },
    )
    expect(attempts).toBe(3)
    expect(events).toMatchObject([{ channel: 'a', seq: 1, event: 'event' }])
    const { result } = await under.store.snapshot([], (tx) => under.counters(tx).all())
    expect(result).toEqual({ a: 1 })
    expect((await headOf(under, 'a')).seq).toBe(1)
  })

  it('[S16] a snapshot holds what its position says, however long it takes, and waits for nobody', async () => {
    const under = await open()
    const write = () =>
      under.store.transaction(async ({ tx, append }) => {
        await under.counters(tx).add('a')
        await turns(3)
        await append('a', 'event')
        await turns(3)
      })
    for (let round = 0; round < 20; round++) {
      const writing = [write(), write()]
      await turns(round)
      const reading = under.store.snapshot(['a', 'b'], async (tx) => {
        const first = await under.counters(tx).all()
        await turns(10)
        return [first, await under.counters(tx).all()]
      })
      const { heads, result } = await reading
      const count = heads.get('a')?.seq
      expect(heads.get('b')?.seq).toBe(0)
      expect(result.map((counts) => counts.a ?? 0)).toEqual([count, count])
      await Promise.all(writing)
    }
    const [began, stuck] = [deferred(), deferred()]
    const slow = under.store.transaction(async ({ tx, append }) => {
      await under.counters(tx).add('a')
      await append('a', 'event')
      began.resolve()
      await stuck.promise
    })
    await began.promise
    expect((await headOf(under, 'a')).seq).toBe(40)
    const { result } = await under.store.snapshot([], (tx) => under.counters(tx).all())
    expect(result).toEqual({ a: 40 })
    stuck.resolve()
    await slow
    expect((await headOf(under, 'a')).seq).toBe(41)
  })

  it('[S16] a read writes nothing', async () => {
    const under = await open()
    const writing = under.store.snapshot([], (tx) => under.counters(tx).add('a'))
    await expect(writing).rejects.toThrow()
    const { result } = await under.store.snapshot([], (tx) => under.counters(tx).all())
    expect(result).toEqual({})
  })

  it('[S17] tells what came after a position, or that it cannot', async () => {
    const under = await open({ tail: 3 })
    for (const event of ['1', '2', '3', '4', '5']) await append(under, 'a', event)
    await append(under, 'b', 'b')
    const { epoch } = await headOf(under, 'a')
    const eventsAfter = async (position: Partial<Head>, maxEvents = 100) => {
      const { complete, events, seq } =
        (await under.store.since(new Map([['a', position]]), maxEvents)).get('a') ?? {}
      expect(seq).toBe(5)
      return complete ? events?.map(({ event }) => event) : 'unknown'
    }
    expect(await eventsAfter({ seq: 5, epoch })).toEqual([])
    expect(await eventsAfter({ seq: 3, epoch })).toEqual(['4', '5'])
    expect(await eventsAfter({ seq: 2, epoch })).toEqual(['3', '4', '5'])
    expect(await eventsAfter({ seq: 1, epoch })).toBe('unknown')
    expect(await eventsAfter({ seq: 6, epoch })).toBe('unknown')
    expect(await eventsAfter({ seq: 3, epoch: 'other' })).toBe('unknown')
    expect(await eventsAfter({ seq: 3 })).toBe('unknown')
    expect(await eventsAfter({})).toBe('unknown')
    expect(await eventsAfter({ seq: 3, epoch }, 1)).toBe('unknown')
    const positions = new Map([...NAMES].map((name) => [name, { seq: name === 'a' ? 4 : 0, epoch }]))
    const all = await under.store.since(positions, 100)
    expect([...all].map(([name, { events }]) => [name, events.map(({ event }) => event)])).toEqual([
      ['a', ['5']],
      ['b', ['b']],
      ['c', []],
      ['d', []],
    ])
  })

  it('[S17] under a new epoch numbers go on, and nothing is known of the old one', async () => {
    const under = await open()
    await append(under, 'a', '1')
    const before = await headOf(under, 'a')
    await under.store.renewEpoch()
    const now = await headOf(under, 'a')
    expect(now.seq).toBe(1)
    expect(now.epoch).not.toBe(before.epoch)
    const asked = async (position: Head) => (await under.store.since(new Map([['a', position]]), 9)).get('a')
    expect(await asked({ ...before, seq: 0 })).toMatchObject({ complete: false })
    expect(await asked({ ...now, seq: 0 })).toMatchObject({ complete: false })
    expect((await append(under, 'a', '2')).result).toEqual({ seq: 2, epoch: now.epoch })
    expect(await asked(now)).toMatchObject({ complete: true, events: [{ seq: 2, event: '2' }] })
  })

  it('[S18] what was committed and told to nobody is found by whoever reads next', async () => {
    const under = await open()
    const head = await headOf(under, 'a')
    // The process ends right behind the commit.
    await append(under, 'a', 'committed')
    const next = under.another()
    expect((await next.heads(['a'])).get('a')?.seq).toBe(1)
    expect((await next.since(new Map([['a', head]]), 9)).get('a')).toMatchObject({
      complete: true,
      events: [{ event: 'committed' }],
    })
  })

  it('takes any text for a name and an event', async () => {
    const under = await open()
    for (const odd of ['__proto__', "'; DROP TABLE counters; --", '', '💥\n"', 'constructor']) {
      await append(under, odd, odd)
      const head = await headOf(under, odd)
      expect(head.seq).toBe(1)
      const log = await under.store.since(new Map([[odd, start(head)]]), 9)
      expect(log.get(odd)?.events.map(({ event }) => event)).toEqual([odd])
    }
  })
})

describe('sqliteStore', () => {
  it('[S17] keeps no more rows than its limits say', async () => {
    const under = await STORES.sqlite({ tail: 3, repliesPerUser: 2 })
    closing.push(under.close)
    for (let count = 0; count < 8; count++) {
      const once = { user: 'alice', id: `${count}` }
      await under.store.transaction(({ append }) => append('a', 'event'), once)
    }
    const { result } = await under.store.snapshot([], (tx) =>
      ['log', 'replies'].map((table) =>
        (tx as SqliteHandle).prepare(`SELECT count(*) AS count FROM querywire_${table}`).get(),
      ),
    )
    expect(result).toEqual([{ count: 3 }, { count: 2 }])
  })

  it('says what it needs: a file', async () => {
    await expect(sqliteStore(':memory:').migrate()).rejects.toThrow('memoryStore()')
  })

  it('makes its tables for several processes that start at once, and again', async () => {
    const under = await STORES.sqlite()
    closing.push(under.close)
    const stores = [under.another(), under.another(), under.another()]
    await Promise.all(stores.map((store) => store.migrate()))
    await Promise.all(stores.map((store) => store.migrate()))
    const epochs = await Promise.all(stores.map(async (store) => (await store.heads(['a'])).get('a')?.epoch))
    expect(new Set(epochs).size).toBe(1)
  })

  it('[S15] waits for whoever else writes to the file', async () => {
    const under = await STORES.sqlite()
    closing.push(under.close)
    const held = deferred()
    const began = deferred()
    const first = under.another().transaction(async ({ append }) => {
      await append('a', 'first')
      began.resolve()
      await held.promise
    })
    await began.promise
    const second = under.store.transaction(({ append }) => append('a', 'second'))
    await new Promise((resolve) => setTimeout(resolve, 60))
    held.resolve()
    await first
    expect((await second).result.seq).toBe(2)
  })
})
