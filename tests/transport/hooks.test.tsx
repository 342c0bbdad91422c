import { act, cleanup, configure, render, renderHook } from '@testing-library/react'
import { Activity, type ReactNode, useEffect } from 'react'
import { renderToString } from 'react-dom/server'
import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  setDefaultManager,
  useWebSocket,
  useWebSocketRequest,
  useWebSocketSend,
  useWebSocketStatus,
  useWebSocketStore,
  useWebSocketSubscription,
  WebSocketProvider,
} from '../../src/index.ts'
import { createFakeEnvironment } from '../../src/testing/fakeEnvironment.ts'
import { createWebSocketManager } from '../../src/transport/index.ts'

configure({ reactStrictMode: true })

function setup() {
  const fake = createFakeEnvironment({ onSocket: (socket) => socket.accept() })
  const manager = createWebSocketManager({
    url: 'wss://api.example.com',
    debug: false,
    environment: fake.environment,
  })
  const wrapper = ({ children }: { children: ReactNode }) => (
    <WebSocketProvider manager={manager}>{children}</WebSocketProvider>
  )
  const advance = (ms: number) => act(() => fake.clock.advance(ms))
  return { ...fake, manager, wrapper, advance }
}

afterEach(() => {
  cleanup()
  setDefaultManager(undefined)
  vi.unstubAllEnvs()
})

describe('hooks', () => {
  it('[T19] StrictMode and quick remounts share one connection, which lingers after the last one', async () => {
    const { wrapper, advance, sockets, socket, held } = setup()
    const first = renderHook(() => useWebSocket('/ws/a/'), { wrapper })
    const second = renderHook(() => useWebSocket('/ws/a/'), { wrapper })
    await advance(0)
    expect(first.result.current.isConnected).toBe(true)
    first.unmount()
    second.unmount()
    await advance(4_999)
    const third = renderHook(() => useWebSocket('/ws/a/'), { wrapper })
    await advance(20_000)
    expect(sockets).toHaveLength(1)
    third.unmount()
    await advance(5_000)
    expect(socket().closedWith?.code).toBe(1000)
    expect(held()).toEqual({ timers: 0, listeners: 0, sockets: 0 })
  })

  it('[T19] the functions of useWebSocket keep their identity through state changes', async () => {
    const { wrapper, advance, socket } = setup()
    const { result } = renderHook(() => useWebSocket('/ws/a/'), { wrapper })
    const { subscribe, send, connect, disconnect } = result.current
    await advance(0)
    act(() => socket().drop())
    expect(result.current.state).toBe('RECONNECTING')
    expect(result.current).toMatchObject({ subscribe, send, connect, disconnect })
  })

  it('[T20] a message renders nothing, and a handler may change without subscribing again', async () => {
    const { wrapper, advance, socket, manager } = setup()
    const renders = vi.fn()
    const heard = vi.fn()
    const subscribe = vi.spyOn(manager, 'subscribe')
    const { rerender } = renderHook(
      ({ tag }) => {
        renders()
        useWebSocketSubscription<{ n: number }>('tick', ({ n }) => heard(tag, n), [tag], {
          endpoint: '/ws/a/',
        })
      },
      { wrapper, initialProps: { tag: 'one' } },
    )
    await advance(0)
    rerender({ tag: 'two' })
    const before = { renders: renders.mock.calls.length, subscribed: subscribe.mock.calls.length }
    socket().receive({ type: 'tick', data: { n: 1 } })
    expect(heard.mock.calls).toEqual([['two', 1]])
    expect(renders).toHaveBeenCalledTimes(before.renders)
    expect(before.subscribed).toBe(2) // StrictMode mounts twice
    expect(subscribe).toHaveBeenCalledTimes(2)
  })

  it('[T20] without any endpoint a subscription hears every connection', async () => {
    const { wrapper, advance, sockets } = setup()
    const heard = vi.fn()
    renderHook(
      () => {
        useWebSocket('/ws/a/')
        useWebSocket('/ws/b/')
        useWebSocketSubscription('tick', heard)
      },
      { wrapper },
    )
    await advance(0)
    for (const socket of sockets) socket.receive({ type: 'tick', data: socket.url })
    expect(heard.mock.calls.map(([data]) => data)).toEqual([
      'wss://api.example.com/ws/a/',
      'wss://api.example.com/ws/b/',
    ])
  })

  it('useWebSocketSend follows a queued frame to the socket', async () => {
    const { wrapper, advance, socket } = setup()
    const { result } = renderHook(() => useWebSocketSend({ endpoint: '/ws/a/' }), { wrapper })
    let done = false
    act(() => {
      void result.current.send('my_event', { data: 'value' }).then(() => {
        done = true
      })
    })
    expect(result.current.isSending).toBe(true)
    await advance(0)
    expect(done).toBe(true)
    expect(result.current).toMatchObject({ isSending: false, error: null })
    expect(socket().frames[0]).toMatchObject({ type: 'my_event', data: { data: 'value' } })
  })

  it('useWebSocketRequest shows loading, the reply and the error', async () => {
    const { wrapper, advance, socket } = setup()
    const { result } = renderHook(() => useWebSocketRequest({ endpoint: '/ws/a/' }), { wrapper })
    let reply: unknown
    act(() => {
      void result.current.request('get_data', { id: 123 }, 5000).then((value) => {
        reply = value
      })
    })
    expect(result.current.isLoading).toBe(true)
    await advance(0)
    act(() => socket().receive({ type: 'response', reply_to: socket().frames[0]?.id, data: { ok: 1 } }))
    await advance(0)
    expect(reply).toEqual({ ok: 1 })
    expect(result.current.isLoading).toBe(false)

    let failure: unknown
    act(() => {
      result.current.request('get_data', {}, 5000).catch((error: unknown) => {
        failure = error
      })
    })
    await advance(5_000)
    expect(failure).toMatchObject({ code: 'timeout' })
    expect(result.current.error).toBe(failure)
  })

  it('useWebSocketStatus tells states apart and opens nothing', async () => {
    const { wrapper, advance, sockets, manager } = setup()
    const { result } = renderHook(() => useWebSocketStatus(), { wrapper })
    await advance(100)
    expect(sockets).toHaveLength(0)
    act(() => manager.connect('/ws/a/'))
    expect(result.current).toMatchObject({ state: 'CONNECTING', isConnecting: true })
    await advance(0)
    expect(result.current).toMatchObject({ isConnected: true, hasError: false, reconnectAttempts: 0 })
    act(() => sockets[0]?.drop(4003, 'Not yours'))
    expect(result.current).toMatchObject({
      state: 'FAILED',
      isDisconnected: true,
      hasError: true,
      error: { code: 4003, reason: 'Not yours' },
    })
  })

  // React 18 has none.
  if (Activity) {
    it('[T19] a hidden Activity lets go and takes hold again', async () => {
      const { wrapper: Wrapper, advance, held, sockets } = setup()
      function Room() {
        useWebSocket('/ws/a/')
        return null
      }
      const view = (mode: 'visible' | 'hidden') => (
        <Wrapper>
          <Activity mode={mode}>
            <Room />
          </Activity>
        </Wrapper>
      )
      const { rerender } = render(view('visible'))
      await advance(0)
      expect(held().sockets).toBe(1)
      rerender(view('hidden'))
      await advance(5_000)
      expect(held().sockets).toBe(0)
      rerender(view('visible'))
      await advance(0)
      expect(held().sockets).toBe(1)
      expect(sockets).toHaveLength(2)
    })
  }

  it('[T21] renders on a server as idle, without a provider too', () => {
    vi.stubEnv('NEXT_PUBLIC_WS_URL', 'ws://localhost:9000')
    function Bar() {
      const { isConnected } = useWebSocket('/ws/a/')
      const state = useWebSocketStore((all) => all.state)
      return <p>{`${state} ${isConnected}`}</p>
    }
    expect(renderToString(<Bar />)).toBe('<p>IDLE false</p>')
  })

  it('[T21] says what to add when there is no manager', () => {
    vi.stubEnv('NEXT_PUBLIC_WS_URL', '')
    vi.spyOn(console, 'error').mockImplementation(() => undefined)
    expect(() => renderHook(() => useWebSocket('/ws/a/'))).toThrow(
      /<WebSocketProvider manager={…}>.*<ChatProvider>/,
    )
    vi.restoreAllMocks()
  })

  it('[T21] uses the default manager where there is no provider', async () => {
    const { manager, advance } = setup()
    setDefaultManager(manager)
    const { result } = renderHook(() => useWebSocket('/ws/a/'))
    await advance(0)
    expect(result.current.isConnected).toBe(true)
  })

  it("the guide's custom hook subscribes once per connection", async () => {
    const { wrapper, advance, socket } = setup()
    const heard: unknown[] = []
    renderHook(
      () => {
        const { subscribe, isConnected } = useWebSocket('/ws/notifications/')
        useEffect(() => {
          if (!isConnected) return
          return subscribe('notification', (data) => heard.push(data))
        }, [isConnected, subscribe])
      },
      { wrapper },
    )
    await advance(0)
    socket().receive({ type: 'notification', data: 1 })
    expect(heard).toEqual([1])
  })
})
