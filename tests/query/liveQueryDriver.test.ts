/** What the application's code may do to a live query while it is being written, and what it may throw. */
import {
  InfiniteQueryObserver,
  type QueryCacheNotifyEvent,
  QueryClient,
  QueryObserver,
  type QueryObserverOptions,
} from '@tanstack/react-query'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLive, type as of, reduce, remove, upsert } from '../../src/query/index.ts'
import { createFakePort } from './support/fakePort.ts'

interface Row {
  readonly id: string
  readonly clientId?: string
}

let fake: ReturnType<typeof createFakePort>
let queryClient: QueryClient
let user: () => string | undefined
let belongs: (row: Row) => boolean
let channel: () => Record<string, string>
const cleanups: (() => void)[] = []

function define() {
  const live = createLive({ manager: { port: fake.port }, user: () => user() })
  const list = (name: string) =>
    live.list(name, {
      params: of<object>(),
      item: of<Row>(),
      id: (row) => row.id,
      belongs: (row) => belongs(row),
      channel: () => channel(),
      snapshot: `get_${name}`,
      events: {
        put: upsert((event) => event as Row),
        drop: remove((event) => (event as Row).id),
        broken: reduce(() => {
          throw new Error('of the application')
        }),
      },
    })
  const rows = list('rows')
  const others = list('others')
  const history = live.timeline('history', {
    params: of<object>(),
    item: of<Row>(),
    id: (row) => row.id,
    order: (row) => [row.id],
    channel: () => channel(),
    snapshot: 'get_history',
    events: { put: upsert((event) => event as Row) },
  })
  const note = live.mutation('note', {
    params: of<object>(),
    channel: () => channel(),
    request: (row: Row, { request }) => request('note', row),
    optimistic: (row) => [history.insert({}, row)],
  })
  const add = live.mutation('add', {
    params: of<object>(),
    channel: () => channel(),
    request: (row: Row, { request }) => request('add', row),
    optimistic: (row) => [rows.upsert({}, row)],
    settle: (_answer: unknown, row: Row) => [rows.upsert({}, row), others.upsert({}, row)],
  })
  return { live, rows, others, history, note, add }
}

let app: ReturnType<typeof define>

type Options = QueryObserverOptions<readonly Row[]>

beforeEach(() => {
  user = () => undefined
  belongs = () => true
  channel = () => ({ room: 'a' })
  fake = createFakePort()
  app = define()
  queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  cleanups.push(app.live.connect(queryClient))
})
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup()
  queryClient.clear()
})

function observe(options: Options = app.rows()) {
  const observer = new QueryObserver(queryClient, options)
  const stop = observer.subscribe(() => undefined)
  cleanups.push(stop)
  return { stop, ids: () => observer.getCurrentResult().data?.map(({ id }) => id) }
}

async function shown() {
  for (let frame = 0; frame < 3; frame++) {
    await fake.settle()
    fake.frame()
  }
  await fake.settle()
}

async function answer(body: unknown, at = fake.requests.length - 1) {
  fake.requests[at]?.resolve(body)
  await shown()
}

async function started() {
  const rows = observe()
  fake.live()
  await fake.settle()
  await answer([{ id: 'a' }])
  expect(rows.ids()).toEqual(['a'])
  return rows
}

const put = (id: string) => ({ type: 'put', payload: { id } })
const statusOf = (key = app.rows().queryKey) => app.live.status(queryClient, key).status

/** Once, at the next write of the rows that events make. */
function atNextWrite(act: () => void) {
  let isDone = false
  const isWrite = (event: QueryCacheNotifyEvent) =>
    event.type === 'updated' && event.action.type === 'success' && event.query.queryKey[1] === 'rows'
  cleanups.push(
    queryClient.getQueryCache().subscribe((event) => {
      if (isDone || !isWrite(event)) return
      isDone = true
      act()
    }),
  )
}

describe('[Q38] while a live query is written', () => {
  it('somebody else may write: that is shown, and brought up to date', async () => {
    const rows = await started()
    atNextWrite(() => queryClient.setQueryData(app.rows().queryKey, [{ id: 'x' }]))
    fake.emit(put('b'))
    await shown()
    expect(rows.ids()).toEqual(['x'])
    expect(fake.requests).toHaveLength(2)
    await answer([{ id: 'a' }, { id: 'b' }])
    expect(rows.ids()).toEqual(['a', 'b'])
    expect(statusOf()).toBe('live')
  })

  it('it may be asked for, marked as stale, or cancelled', async () => {
    const rows = await started()
    const { queryKey } = app.rows()
    for (const [act, requests] of [
      [() => void queryClient.query({ ...app.rows(), staleTime: 0 }), 2],
      [() => void queryClient.invalidateQueries({ queryKey }), 3],
      [() => void queryClient.cancelQueries({ queryKey }), 3],
    ] as const) {
      atNextWrite(act)
      fake.emit(put('b'))
      await shown()
      expect(fake.requests).toHaveLength(requests)
      await answer([{ id: 'a' }])
      expect(rows.ids()).toEqual(requests === 3 && act.toString().includes('cancel') ? ['a', 'b'] : ['a'])
      expect(statusOf()).toBe('live')
    }
  })

  it('it may be removed: its channel is left, and whoever looks again is live again', async () => {
    const rows = await started()
    atNextWrite(() => queryClient.removeQueries({ queryKey: app.rows().queryKey }))
    fake.emit(put('b'))
    await shown()
    expect(fake.openChannels()).toEqual([])
    rows.stop()
    const again = observe()
    fake.live()
    await fake.settle()
    await answer([{ id: 'c' }])
    expect(again.ids()).toEqual(['c'])
    expect(statusOf()).toBe('live')
  })

  it('it may be looked at and removed: no channel is left open', async () => {
    const rows = await started()
    rows.stop()
    fake.advance(5_000)
    expect(fake.openChannels()).toEqual([])
    // Nobody looks, and it is written all the same.
    atNextWrite(() => {
      observe({ ...app.rows(), refetchOnMount: false })
      queryClient.removeQueries({ queryKey: app.rows().queryKey })
    })
    void app.add.start(queryClient, { id: 'b' })
    await shown()
    const [sending, ...others] = fake.openChannels()
    expect(sending).toBeDefined()
    expect(others).toEqual([])
    fake.live()
    await shown()
    await answer('done')
    expect(fake.openChannels()).toEqual([])
  })

  it('whoever looks may leave: nothing is asked for that nobody looks at', async () => {
    const rows = await started()
    fake.emit(put('b'))
    atNextWrite(() => rows.stop())
    app.live.refresh('rows')
    await shown()
    expect(fake.requests).toHaveLength(1)
  })

  it('something may be sent: it is shown, with what is being written', async () => {
    const rows = await started()
    atNextWrite(() => void app.add.start(queryClient, { id: 'c' }))
    fake.emit(put('b'))
    await shown()
    expect(rows.ids()).toEqual(['a', 'b', 'c'])
    await answer('done')
    expect(rows.ids()).toEqual(['a', 'b', 'c'])
  })

  it('its QueryClient may be disconnected: nothing stays', async () => {
    await started()
    atNextWrite(() => cleanups[0]?.())
    fake.emit(put('b'))
    await shown()
    expect(fake.openChannels()).toEqual([])
    expect(fake.pendingTimers()).toBe(0)
  })
})

describe('[Q39] code of the application that throws', () => {
  it('while it hears of a write, once: the query goes on, and its channel is left in the end', async () => {
    const rows = await started()
    atNextWrite(() => {
      throw new Error('of the application')
    })
    fake.emit(put('b'))
    await shown()
    await answer([{ id: 'a' }, { id: 'b' }])
    fake.emit(put('c'))
    await shown()
    expect(rows.ids()).toEqual(['a', 'b', 'c'])
    expect(statusOf()).toBe('live')
    expect(fake.reports.some(({ type }) => type === 'reducer-error')).toBe(true)
  })

  it('while it hears of the last write: whoever comes back is live again', async () => {
    const rows = await started()
    rows.stop()
    fake.emit(put('b'))
    await fake.settle()
    fake.emit(put('c'))
    atNextWrite(() => {
      throw new Error('of the application')
    })
    fake.advance(5_000)
    await shown()
    expect(fake.openChannels()).toEqual([])
    const again = observe()
    fake.live()
    await shown()
    await answer([{ id: 'a' }, { id: 'b' }, { id: 'c' }, { id: 'd' }])
    expect(again.ids()).toEqual(['a', 'b', 'c', 'd'])
    expect(statusOf()).toBe('live')
  })

  it('in `user`: whoever else reads the channel has its events', async () => {
    const history = new InfiniteQueryObserver(queryClient, app.history({}))
    cleanups.push(history.subscribe(() => undefined))
    fake.live()
    await fake.settle()
    await answer([{ id: 'a' }])
    const rows = observe()
    await fake.settle()
    await answer([{ id: 'a' }])
    void app.note.start(queryClient, { id: 'n' })
    await shown()
    user = () => {
      throw new Error('of the application')
    }
    expect(() => fake.emit(put('b'))).not.toThrow()
    user = () => undefined
    await shown()
    expect(rows.ids()).toEqual(['a', 'b'])
    expect(fake.requests.at(-1)?.type).toBe('get_history')
    await answer([{ id: 'a' }, { id: 'b' }])
    const [page] = history.getCurrentResult().data?.pages ?? []
    expect(page?.items.map(({ id }) => id)).toEqual(['a', 'b', 'n'])
  })

  it('in `enabled`: the page does not freeze, and others are live', async () => {
    const rows = await started()
    let isBroken = false
    const options = {
      ...app.others(),
      enabled: () => {
        if (isBroken) throw new Error('of the application')
        return true
      },
    }
    const others = observe(options)
    await fake.settle()
    await answer([{ id: 'a' }])
    isBroken = true
    fake.emit(put('b'))
    fake.down()
    fake.live(true)
    await shown()
    isBroken = false
    expect(rows.ids()).toEqual(['a', 'b'])
    others.stop()
    queryClient.removeQueries({ queryKey: app.others().queryKey })
    expect(fake.openChannels()).toHaveLength(1)
  })

  it('in `belongs`, of what a reply says: the send succeeds, and other data has it', async () => {
    const rows = await started()
    const others = observe(app.others())
    await fake.settle()
    await answer([])
    const sent = app.add.start(queryClient, { id: 'b' })
    await fake.settle()
    let calls = 0
    belongs = () => {
      if (calls++ === 0) throw new Error('of the application')
      return true
    }
    await answer('done')
    await expect(sent).resolves.toBe('done')
    await shown()
    expect(others.ids()).toEqual(['b'])
    expect(rows.ids()).toBeDefined()
  })

  it('in a reducer, for ever: others have their events', async () => {
    const rows = await started()
    fake.emit({ type: 'broken', payload: {} }, put('b'))
    await shown()
    expect(rows.ids()).toEqual(['a', 'b'])
  })
})

describe('[Q40] a fetch that ends between its answer and the write', () => {
  const turns = Array.from({ length: 14 }, (_, turn) => turn)

  it.each(turns)('by being cancelled, %d turns after it came, vouches for nothing', async (turn) => {
    const rows = await started()
    fake.down()
    fake.live()
    await shown()
    expect(statusOf()).toBe('catching-up')
    fake.requests[1]?.resolve([{ id: 'a' }, { id: 'b' }])
    for (let at = 0; at < turn; at++) await Promise.resolve()
    void queryClient.cancelQueries({ queryKey: app.rows().queryKey })
    await shown()
    if (fake.requests[2]) await answer([{ id: 'a' }, { id: 'b' }])
    expect(statusOf()).toBe('live')
    expect(rows.ids()).toEqual(['a', 'b'])
  })

  it.each(turns)('by being superseded, %d turns after it came, vouches for nothing', async (turn) => {
    const rows = await started()
    fake.down()
    fake.live()
    await shown()
    fake.requests[1]?.resolve([{ id: 'a' }, { id: 'b' }])
    for (let at = 0; at < turn; at++) await Promise.resolve()
    void queryClient.refetchQueries({ queryKey: app.rows().queryKey })
    await fake.settle()
    // Live only where it was written.
    if (statusOf() === 'live') expect(rows.ids()).toEqual(['a', 'b'])
    await answer([{ id: 'a' }, { id: 'c' }])
    expect(statusOf()).toBe('live')
    expect(rows.ids()).toEqual(['a', 'c'])
  })
})

it('[Q28] what is doubted while nobody looks is asked for when somebody comes back', async () => {
  const look = () => new InfiniteQueryObserver(queryClient, app.history({})).subscribe(() => undefined)
  const stop = look()
  fake.live(false, { seq: 1 })
  await fake.settle()
  await answer({ items: [{ id: 'a' }], as_of: 1 })
  stop()
  app.live.refresh('history')
  await shown()
  fake.advance(5_000)
  expect(fake.openChannels()).toEqual([])
  expect(fake.requests).toHaveLength(1)
  cleanups.push(look())
  fake.live(true, { seq: 1 })
  await shown()
  expect(fake.requests).toHaveLength(2)
})
