/** Who holds what, for how long, and what it costs to be told. */
import {
  notifyManager,
  QueryClient,
  QueryClientProvider,
  QueryObserver,
  useQuery,
  useQueryClient,
  useSuspenseQuery,
} from '@tanstack/react-query'
import { act, cleanup, render } from '@testing-library/react'
import { Activity, Component, type ReactNode, StrictMode, Suspense, useState } from 'react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createLive, LiveProvider, type, useLiveStatus } from '../../src/query/index.ts'
import { createFakeEnvironment } from '../../src/testing/fakeEnvironment.ts'
import { createWebSocketManager } from '../../src/transport/index.ts'
import { useWebSocketStatus, WebSocketProvider } from '../../src/transport/react/index.ts'
import { createFakePort } from './support/fakePort.ts'
import { defineRoom } from './support/room.ts'

const ROOM = { roomId: 'a' }
const ignore = () => undefined
const cleanups: (() => void)[] = []

beforeEach(() => notifyManager.setScheduler(queueMicrotask))
afterEach(() => {
  cleanup()
  vi.restoreAllMocks()
  for (const stop of cleanups.splice(0)) stop()
})

function setup(fake = createFakePort()) {
  const room = defineRoom(fake.port)
  const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  cleanups.push(() => queryClient.clear())
  return { ...room, fake, queryClient, settle: () => act(() => fake.settle()) }
}

type Setup = ReturnType<typeof setup>

function observe({ members, queryClient }: Pick<Setup, 'members' | 'queryClient'>) {
  const observer = new QueryObserver(queryClient, members(ROOM) as never)
  cleanups.push(observer.subscribe(ignore))
  return observer
}

const inProviders = (live: Setup['live'], queryClient: QueryClient, content: ReactNode) => (
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <LiveProvider live={live}>{content}</LiveProvider>
    </QueryClientProvider>
  </StrictMode>
)

describe('[Q31] every holder lets go', () => {
  it('connect() ends what was used before it', async () => {
    const room = setup()
    observe(room)
    const stop = room.live.connect(room.queryClient)
    await room.settle()
    expect(room.fake.openChannels()).toHaveLength(1)
    stop()
    await room.settle()
    expect(room.fake.openChannels()).toHaveLength(0)
    expect(room.fake.pendingTimers()).toBe(0)
  })

  it('and is not over for one that connects again in the same turn', async () => {
    const room = setup()
    observe(room)
    room.live.connect(room.queryClient)()
    const stop = room.live.connect(room.queryClient)
    await room.settle()
    expect(room.fake.channels).toHaveLength(1)
    stop()
  })

  it('a QueryClient per user: the former one has no channel left, and nothing shows its data', async () => {
    const room = setup()
    const used: unknown[] = []
    const Members = () => {
      const [query] = useState(useQueryClient())
      used.push(query)
      useQuery(room.members(ROOM))
      return null
    }
    const view = render(inProviders(room.live, room.queryClient, <Members />))
    await room.settle()
    const next = new QueryClient()
    view.rerender(inProviders(room.live, next, <Members />))
    await room.settle()
    expect(used.at(-1)).toBe(next)
    expect(
      next
        .getQueryCache()
        .find({ queryKey: room.members(ROOM).queryKey })
        ?.isActive(),
    ).toBe(true)
    expect(room.fake.channels).toHaveLength(2)
    expect(room.fake.openChannels()).toHaveLength(1)
    view.unmount()
    await room.settle()
    expect(room.fake.openChannels()).toHaveLength(0)
    next.clear()
  })

  it('a module that is evaluated again takes over what was only used, and what it sends is sent', async () => {
    const old = setup()
    observe(old)
    await old.settle()
    const next = { ...setup(), queryClient: old.queryClient }
    const send = next.live.mutation<string>('send', { request: (text, { request }) => request('send', text) })
    send.start(old.queryClient, 'hello').catch(ignore)
    await next.settle()
    next.fake.live()
    await next.settle()
    expect(next.fake.requests.map(({ type }) => type)).toContain('send')
    // The list's, and the one of the send.
    expect([old, next].map(({ fake }) => fake.openChannels().length)).toEqual([0, 2])
    // And not the other way round.
    old.live.subscribe(old.queryClient, ignore)
    expect(old.fake.openChannels()).toHaveLength(0)
  })

  // React 18 has none.
  if (Activity) {
    it('a hidden <Activity> with a first fetch under way is no error when it is shown again', async () => {
      const room = setup()
      const Members = () => <p>{useSuspenseQuery(room.members(ROOM)).data.length}</p>
      const app = (mode: 'visible' | 'hidden') => (
        <QueryClientProvider client={room.queryClient}>
          <Boundary>
            <Activity mode={mode}>
              <LiveProvider live={room.live}>
                <Suspense fallback={<i />}>
                  <Members />
                </Suspense>
              </LiveProvider>
            </Activity>
          </Boundary>
        </QueryClientProvider>
      )
      const view = render(app('visible'))
      await room.settle()
      view.rerender(app('hidden'))
      await room.settle()
      view.rerender(app('visible'))
      await room.settle()
      room.fake.live()
      await room.settle()
      room.fake.requests.at(-1)?.resolve([{ id: 'u', name: 'Una' }])
      await room.settle()
      expect(view.container.textContent).toBe('1')
      expect(room.fake.openChannels()).toHaveLength(1)
    })
  }

  it('queries that are removed leave no channel, listener or timer behind', async () => {
    const room = setup()
    cleanups.push(room.live.connect(room.queryClient))
    for (let turn = 0; turn < 100; turn++) {
      const observer = new QueryObserver(room.queryClient, room.members({ roomId: String(turn) }) as never)
      const stops = [observer.subscribe(ignore), room.live.subscribe(room.queryClient, ignore, `x${turn}`)]
      await room.fake.settle()
      for (const stop of stops) stop()
      room.queryClient.removeQueries({ queryKey: ['live'] })
    }
    expect(room.fake.openChannels()).toHaveLength(0)
    expect(room.fake.pendingTimers()).toBe(0)
    expect(room.queryClient.getQueryCache().getAll()).toEqual([])
  })
})

class Boundary extends Component<{ readonly children: ReactNode }, { readonly error?: Error }> {
  static getDerivedStateFromError = (error: Error) => ({ error })
  override state: { readonly error?: Error } = {}
  override render() {
    return this.state.error ? this.state.error.message : this.props.children
  }
}

describe('[Q32] rendering changes nothing', () => {
  it('status and optimistic ops are only read', () => {
    const { live, queryClient, members, fake } = setup()
    const { queryKey } = members(ROOM)
    queryClient.setQueryData(queryKey, [])
    const before = queryClient.getQueryCache().getAll().length
    expect(live.status(queryClient, queryKey).status).toBe('offline')
    expect(live.optimistic(queryClient, queryKey)).toEqual([])
    expect(fake.channels).toEqual([])
    expect(queryClient.getQueryCache().getAll()).toHaveLength(before)
  })

  it('a first fetch by Suspense renders nobody else, and no socket is opened in it', async () => {
    const complaints = vi.spyOn(console, 'error').mockImplementation(ignore)
    const { environment, sockets } = createFakeEnvironment()
    const manager = createWebSocketManager({ url: 'ws://x', endpoint: '/ws/', environment, debug: false })
    const { live, members } = defineRoom(manager.port)
    const queryClient = new QueryClient()
    let isRendering = false
    const changes: boolean[] = []
    manager.store.subscribe(() => changes.push(isRendering))
    cleanups.push(live.subscribe(queryClient, () => changes.push(isRendering)))
    const Status = () => <b>{useWebSocketStatus().state}</b>
    const Live = () => <b>{useLiveStatus(members(ROOM)).status}</b>
    function Members() {
      isRendering = true
      queueMicrotask(() => {
        isRendering = false
      })
      useSuspenseQuery(members(ROOM))
      return null
    }
    const app = (content: ReactNode) => (
      <WebSocketProvider manager={manager}>
        {inProviders(
          live,
          queryClient,
          <>
            <Status />
            <Live />
            <Suspense>{content}</Suspense>
          </>,
        )}
      </WebSocketProvider>
    )
    const view = render(app(null))
    await act(async () => view.rerender(app(<Members />)))
    expect(changes).toContain(false)
    expect(changes).not.toContain(true)
    expect(complaints).not.toHaveBeenCalled()
    expect(sockets).toHaveLength(1)
    queryClient.clear()
    manager.close()
  })
})

describe('[Q33] the status of a query', () => {
  function many(count: number) {
    const room = setup()
    cleanups.push(room.live.connect(room.queryClient))
    const keys = Array.from({ length: count }, (_, at) => room.members({ roomId: String(at) }))
    for (const key of keys) cleanups.push(new QueryObserver(room.queryClient, key as never).subscribe(ignore))
    const told = new Map<number, string[]>()
    keys.forEach(({ queryKey }, at) => {
      const listener = () =>
        told.set(at, [...(told.get(at) ?? []), room.live.status(room.queryClient, queryKey).status])
      cleanups.push(room.live.subscribe(room.queryClient, listener, JSON.stringify(queryKey)))
    })
    return { ...room, keys, told }
  }

  it('is told to those who asked for it, and only when it has changed', async () => {
    const { fake, live, queryClient, told } = many(20)
    let any = 0
    cleanups.push(live.subscribe(queryClient, () => any++))
    fake.live()
    await fake.settle()
    expect([...told.values()]).toEqual(Array.from({ length: 20 }, () => ['catching-up']))
    expect(any).toBeLessThanOrEqual(2)
    told.clear()
    fake.frame()
    fake.openChannels()[3]?.listener.onSignal({ type: 'down' })
    fake.frame()
    await fake.settle()
    expect([...told]).toEqual([[3, ['offline']]])
  })

  it('costs as much as there are queries', async () => {
    const cost = async (count: number) => {
      const { fake } = many(count)
      const begun = process.cpuUsage()
      for (let turn = 0; turn < 5; turn++) {
        fake.down()
        await fake.settle()
        fake.live()
        await fake.settle()
      }
      const { user } = process.cpuUsage(begun)
      return user / count
    }
    await cost(100)
    const few = await cost(100)
    // Eight times as many, each as dear; it was sixty times as dear.
    expect(await cost(800)).toBeLessThan(5 * few + 500)
  })
})

it('[Q33] a listener that throws keeps the news from nobody, and is reported', async () => {
  const room = setup()
  const told = vi.fn()
  room.live.subscribe(room.queryClient, () => {
    throw new Error('broken')
  })
  room.live.subscribe(room.queryClient, told)
  observe(room)
  await room.settle()
  room.fake.live()
  await room.settle()
  expect(told).toHaveBeenCalled()
  expect(JSON.stringify(room.fake.reports)).toContain('misconfigured')
})

describe('[Q34] what the port or a definition throws', () => {
  const failure = new Error('no way')
  const fail = () => {
    throw failure
  }
  const shared = { item: type<{ id: number }>(), id: ({ id }: { id: number }) => id, events: {} }

  const cases: Record<string, (port: Setup['fake']['port']) => ReturnType<typeof defineBroken>> = {
    'open()': (port) => defineBroken({ ...port, open: fail }, {}),
    'request()': (port) => defineBroken({ ...port, request: fail }, {}),
    'channel()': (port) => defineBroken(port, { channel: fail }),
    'endpoint()': (port) => defineBroken(port, { endpoint: fail }),
    'snapshot()': (port) => defineBroken(port, { snapshot: fail }),
  }

  function defineBroken(port: Setup['fake']['port'], options: object) {
    const live = createLive({ manager: { port } })
    return { live, things: live.list<{ id: number }>('things', { ...shared, snapshot: 'get', ...options }) }
  }

  it.each(Object.entries(cases))(
    '%s is the error of the query, and nothing else is',
    async (_name, define) => {
      const { fake, queryClient } = setup()
      const { live, things } = define(fake.port)
      const cache = queryClient.getQueryCache()
      const quiet = cache.hasListeners()
      const stop = live.connect(queryClient)
      // One with data, and one without.
      for (const data of [undefined, [{ id: 1 }]]) {
        const { queryKey } = things()
        queryClient.removeQueries({ queryKey })
        if (data) queryClient.setQueryData(queryKey, data)
        const options = { ...things(), retry: false, ...(data && { staleTime: Number.POSITIVE_INFINITY }) }
        const observer = new QueryObserver(queryClient, options as never)
        const unsubscribe = observer.subscribe(ignore)
        await fake.settle()
        fake.live()
        await fake.settle()
        const { status, fetchStatus, error } = observer.getCurrentResult()
        expect([status, fetchStatus, error]).toEqual(['error', 'idle', failure])
        unsubscribe()
      }
      stop()
      queryClient.clear()
      await fake.settle()
      fake.advance(10_000)
      expect(cache.hasListeners()).toBe(quiet)
      expect(fake.openChannels()).toEqual([])
      expect(fake.pendingTimers()).toBe(0)
    },
  )

  it('an endpoint that is not named, where two are open, is the error of the query', async () => {
    const { environment, clock } = createFakeEnvironment()
    const manager = createWebSocketManager({ url: 'ws://x', environment, debug: false })
    manager.connect('/a/')
    manager.connect('/b/')
    const { live, things } = defineBroken(manager.port, {})
    const { queryClient } = setup()
    cleanups.push(live.connect(queryClient), () => manager.close())
    const observer = new QueryObserver(queryClient, things() as never)
    cleanups.push(observer.subscribe(ignore))
    await clock.advance(10)
    expect(observer.getCurrentResult()).toMatchObject({
      status: 'error',
      error: { code: 'misconfigured' },
    })
  })

  it('optimistic() that throws shows nothing, is reported, and sends all the same', async () => {
    const { fake, live, queryClient } = setup()
    const send = live.mutation<string>('send', {
      optimistic: fail,
      request: (text, { request }) => request('send', text),
    })
    send.start(queryClient, 'hello').catch(ignore)
    await fake.settle()
    fake.live()
    await fake.settle()
    expect(fake.requests.map(({ type }) => type)).toEqual(['send'])
    expect(fake.reports).toContainEqual(expect.objectContaining({ type: 'optimistic-error' }))
  })
})
