// @vitest-environment node
/** What only PostgreSQL does: several processes at the same rows, and connections that go. */
import type { PoolClient } from 'pg'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { type PostgresPool, postgresStore } from '../../src/server/stores/postgresStore.ts'
import { postgres, postgresServer, stopPostgres } from './support/stores.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})
afterAll(stopPostgres)

async function opened(limits = {}) {
  const under = await postgres(limits)
  closing.push(under.close)
  return under
}

const countOf = async (tx: PoolClient) =>
  Number((await tx.query(`SELECT count FROM counters WHERE name = 'a'`)).rows[0]?.count ?? 0)

/** As applications write it: read, think, write. */
async function addOne(tx: PoolClient): Promise<number> {
  const count = (await countOf(tx)) + 1
  await tx.query(`INSERT INTO counters VALUES ('a', $1) ON CONFLICT (name) DO UPDATE SET count = $1`, [count])
  return count
}

describe('postgresStore', () => {
  it('says what it needs: a pool', () => {
    for (const wrong of [undefined, null, 'postgres://localhost', { query: () => undefined }])
      expect(() => postgresStore(wrong as unknown as PostgresPool)).toThrow(/pool of the package pg/)
  })
})

describe('a connection that does not take its transaction back', () => {
  it('[S28] is not used again', async () => {
    const released: unknown[] = []
    const query = async (text: string) => {
      if (text === 'ROLLBACK') throw new Error('timeout')
      return { command: '', rows: [{ epoch: 'e', reply: null }] }
    }
    const client = { query, release: (isBroken?: boolean) => released.push(isBroken) }
    const store = postgresStore({ query, connect: async () => client })
    await store.transaction(() => undefined)
    await expect(store.transaction(() => Promise.reject(new Error('meant')))).rejects.toThrow('meant')
    expect(released).toEqual([false, true])
  })
})

describe.skipIf(!postgresServer)('postgresStore', { timeout: 30_000 }, () => {
  it('makes its tables for several processes that start at once, and again', async () => {
    const under = await opened()
    await under.pool.query(
      'DROP TABLE querywire_meta, querywire_heads, querywire_log, querywire_replies, counters',
    )
    const stores = Array.from({ length: 8 }, under.another)
    await Promise.all(stores.map((store) => store.migrate()))
    await Promise.all(stores.map((store) => store.migrate()))
    const epochs = await Promise.all(stores.map(async (store) => (await store.heads(['a'])).get('a')?.epoch))
    expect(new Set(epochs).size).toBe(1)
  })

  it('[S15] two that read, think and write run one after the other', async () => {
    const under = await opened()
    const stores = [under.store, under.another()]
    const adding = Array.from({ length: 40 }, (_, at) =>
      stores[at % 2]?.transaction(async ({ tx, append }) => {
        const count = await addOne(tx)
        return { count, ...(await append('a', `${count}`)) }
      }),
    )
    const results = (await Promise.all(adding)).map((each) => each?.result)
    // The data and the number tell the same, in each of them.
    for (const result of results) expect(result?.count).toBe(result?.seq)
    expect(new Set(results.map((result) => result?.seq)).size).toBe(40)
  })

  it('[S15] none of many writers of one channel starves', async () => {
    const under = await opened()
    const stores = [under.store, under.another()]
    const writing = Array.from({ length: 400 }, (_, at) =>
      stores[at % 2]?.transaction(({ append }) => append('a', `${at}`)),
    )
    const numbers = (await Promise.all(writing)).map((each) => each?.result.seq)
    expect(new Set(numbers).size).toBe(400)
  })

  it('[S15] many writers of one channel that say so take turns: few attempts are in vain', async () => {
    const under = await opened()
    const stores = [under.store, under.another(), under.another()]
    let attempts = 0
    const writing = Array.from({ length: 600 }, (_, at) =>
      stores[at % 3]?.transaction(
        async ({ tx, append }) => {
          attempts++
          await addOne(tx)
          return append('a', `${at}`)
        },
        undefined,
        'a',
      ),
    )
    const numbers = (await Promise.all(writing)).map((each) => each?.result.seq)
    expect(numbers.toSorted((one, other) => Number(one) - Number(other))).toEqual(
      Array.from({ length: 600 }, (_, at) => at + 1),
    )
    expect(attempts).toBeLessThan(660)
  })

  it('[S15] a process that is stopped with the turn is not waited for', async () => {
    const under = await opened()
    const stopped = await under.pool.connect()
    await stopped.query(`SELECT pg_advisory_lock(1902342901, hashtext('a'))`)
    const other = under.another()
    const write = (store: typeof other) => store.transaction(({ append }) => append('a', 'x'), undefined, 'a')
    // In each other's way until both take turns.
    await Promise.all(Array.from({ length: 10 }, (_, at) => write(at % 2 ? other : under.store)))
    expect((await write(other)).result.seq).toBe(11)
    stopped.release(true)
  })

  it('[S15] what meets in a deadlock runs again, also where the application wraps the error', async () => {
    const { store, pool } = await opened()
    await pool.query(`INSERT INTO counters VALUES ('a', 0), ('b', 0)`)
    let attempts = 0
    const cross = (...names: string[]) =>
      store.transaction(async ({ tx, append }) => {
        attempts++
        try {
          for (const name of names) {
            await tx.query('UPDATE counters SET count = count + 1 WHERE name = $1', [name])
            if (attempts <= 2) await new Promise((resolve) => setTimeout(resolve, 100))
          }
        } catch (cause) {
          throw new Error('The query builder failed', { cause })
        }
        await append(names.join(), 'event')
      })
    await Promise.all([cross('a', 'b'), cross('b', 'a')])
    expect(attempts).toBeGreaterThan(2)
    const { rows } = await pool.query('SELECT count FROM counters')
    expect(rows).toEqual([{ count: 2 }, { count: 2 }])
  })

  it('[S14] the same frame at once in two processes is done once', async () => {
    const under = await opened()
    const stores = [under.store, under.another()]
    for (let round = 0; round < 10; round++) {
      const once = { user: 'alice', id: `${round}`.repeat(4_000) }
      const asked = [0, 1, 0, 1].map((at) =>
        stores[at]?.transaction(async ({ tx }) => ({ count: await addOne(tx) }), once),
      )
      const results = await Promise.all(asked)
      expect(results.map((each) => each?.result)).toEqual(Array(4).fill({ count: round + 1 }))
      expect(results.filter((each) => each?.isRepeated === false)).toHaveLength(1)
    }
  })

  it('[S28] a statement that failed and was caught commits nothing, and says so', async () => {
    const { store, pool } = await opened()
    const failing = store.transaction(async ({ tx }) => {
      await addOne(tx)
      await tx.query('SELECT 1 / 0').catch(() => undefined)
    })
    await expect(failing).rejects.toThrow(/SAVEPOINT/)
    expect((await pool.query('SELECT * FROM counters')).rows).toEqual([])
    const { result } = await store.transaction(async ({ tx }) => {
      await tx.query('SAVEPOINT careful')
      await tx.query('SELECT 1 / 0').catch(() => tx.query('ROLLBACK TO careful'))
      return addOne(tx)
    })
    expect(result).toBe(1)
  })

  it('[S17] a new epoch waits for what is under way, and reads wait for neither', async () => {
    const under = await opened()
    const other = under.another()
    let [begin, end] = [() => {}, () => {}]
    const began = new Promise<void>((resolve) => {
      begin = resolve
    })
    const ended = new Promise<void>((resolve) => {
      end = resolve
    })
    const slow = under.store.transaction(async ({ append }) => {
      begin()
      await ended
      return append('a', 'under way')
    })
    await began
    let isRenewed = false
    const renewing = other.renewEpoch().then(() => {
      isRenewed = true
    })
    await new Promise((resolve) => setTimeout(resolve, 100))
    const before = (await other.heads(['a'])).get('a')
    expect({ isRenewed, seq: before?.seq }).toEqual({ isRenewed: false, seq: 0 })
    end()
    const { result } = await slow
    await renewing
    expect(result).toEqual({ seq: 1, epoch: before?.epoch })
    expect((await under.pool.query('SELECT * FROM querywire_log')).rows).toEqual([])
    const next = await other.transaction(({ append }) => append('a', 'new'))
    expect(next.result.seq).toBe(2)
    expect(next.result.epoch).not.toBe(before?.epoch)
  })

  it('[S23] heads and events of many channels are one statement each', async () => {
    const { pool } = await opened()
    const asked: string[] = []
    const store = postgresStore({
      connect: () => pool.connect(),
      query: (text, values) => {
        asked.push(text)
        return pool.query(text, values)
      },
    })
    const channels = Array.from({ length: 200 }, (_, at) => `channel ${at}`)
    await store.transaction(async ({ append }) => {
      for (const channel of channels) await append(channel, 'event')
    })
    const heads = await store.heads(channels)
    expect(asked).toHaveLength(1)
    const before = new Map([...heads].map(([channel, { epoch }]) => [channel, { seq: 0, epoch }]))
    const missed = await store.since(before, 1_000)
    expect(asked).toHaveLength(3)
    expect([...missed.values()].every(({ complete, events }) => complete && events.length === 1)).toBe(true)
    // Nothing was missed: nothing is read.
    await store.since(heads, 1_000)
    expect(asked).toHaveLength(4)
  })

  it('[S17] keeps no more than its tail', async () => {
    const { store, pool } = await opened({ tail: 3, repliesPerUser: 2 })
    for (let each = 0; each < 6; each++)
      await store.transaction(({ append }) => append('a', `${each}`), { user: 'alice', id: `${each}` })
    expect((await pool.query('SELECT count(*)::int AS count FROM querywire_log')).rows).toEqual([
      { count: 3 },
    ])
    expect((await pool.query('SELECT count(*)::int AS count FROM querywire_replies')).rows).toEqual([
      { count: 2 },
    ])
  })

  it('[S28] a connection that is lost takes its transaction with it, and nothing else', async () => {
    const { store, pool } = await opened()
    const lost = store.transaction(async ({ tx, append }) => {
      await append('a', 'lost')
      const { rows } = await tx.query('SELECT pg_backend_pid() AS pid')
      await pool.query('SELECT pg_terminate_backend($1)', [rows[0].pid])
      await append('a', 'lost, too')
    })
    await expect(lost).rejects.toThrow()
    expect((await store.transaction(({ append }) => append('a', 'kept'))).result.seq).toBe(1)
    expect(pool.idleCount).toBe(pool.totalCount)
  })

  it('[S28] a server that was restarted is used again, with everything in it', async () => {
    const { store } = await opened()
    await store.transaction(({ append }) => append('a', '1'))
    await postgresServer?.kill()
    await expect(store.heads(['a'])).rejects.toThrow()
    await postgresServer?.restart()
    expect((await store.transaction(({ append }) => append('a', '2'))).result.seq).toBe(2)
  })
})
