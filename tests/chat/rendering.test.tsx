import { readdirSync, readFileSync } from 'node:fs'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { act, cleanup, render, renderHook } from '@testing-library/react'
import { Activity, type ReactNode, StrictMode } from 'react'
import { renderToString } from 'react-dom/server'
import { afterEach, describe, expect, it } from 'vitest'
import {
  ChatProvider,
  keyOf,
  useChatRooms,
  useChatWebSocket,
  useConnectionIndicator,
  useDraft,
  useMessages,
  usePresence,
  useReadState,
  useSendMessage,
  useTyping,
} from '../../src/chat/index.ts'
import { createWorld, ROOM, seeded, type World } from './kit.ts'

let world: World
afterEach(() => {
  cleanup()
  world.close()
  localStorage.clear()
})

function start(options?: Parameters<typeof createWorld>[0]) {
  world = createWorld(options)
  const chat = world.newChat('alice')
  const queryClient = new QueryClient()
  const wrapper = ({ children }: { children: ReactNode }) => (
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        <ChatProvider chat={chat}>{children}</ChatProvider>
      </QueryClientProvider>
    </StrictMode>
  )
  return { ...world, chat, queryClient, wrapper, advance: (ms = 100) => act(() => world.pass(ms)) }
}

const PEOPLE = ['bob']
const HOOKS: Record<string, () => unknown> = {
  useChatWebSocket: () => useChatWebSocket(ROOM),
  useChatRooms: () => useChatRooms(),
  useConnectionIndicator: () => useConnectionIndicator(),
  useMessages: () => useMessages(ROOM),
  useSendMessage: () => useSendMessage(ROOM),
  useReadState: () => useReadState(ROOM),
  useTyping: () => useTyping(ROOM),
  usePresence: () => usePresence(PEOPLE),
  useDraft: () => useDraft(ROOM),
}

function Messages() {
  const { messages } = useMessages(ROOM)
  const { typers } = useTyping(ROOM)
  return (
    <ul data-typers={typers.length}>
      {messages.map((message) => (
        <li key={keyOf(message)}>{message.content}</li>
      ))}
    </ul>
  )
}

describe('rendering', () => {
  it.each(Object.entries(HOOKS))(
    '[C20] %s renders on a server, without a socket, a listener or a timer',
    (_name, useHook) => {
      const { wrapper: Wrapper, sockets, held } = start()
      function Subject() {
        useHook()
        return <p>there</p>
      }
      expect(
        renderToString(
          <Wrapper>
            <Subject />
          </Wrapper>,
        ),
      ).toContain('there')
      expect(sockets).toHaveLength(0)
      expect(held()).toEqual({ timers: 0, listeners: 0, sockets: 0 })
    },
  )

  it.each(Object.entries(HOOKS))('[C20] %s works alone', async (_name, useHook) => {
    const { wrapper, advance } = start({ rooms: [{ id: ROOM, messages: seeded(3) }] })
    const { result, unmount } = renderHook(useHook, { wrapper })
    await advance()
    expect(result.current).toBeTypeOf('object')
    unmount()
  })

  // React 18 has none.
  if (Activity) {
    it('[C71] a hidden <Activity> keeps its rows, lets its channel go, and is current when it comes back', async () => {
      const { wrapper, advance, server } = start({ rooms: [{ id: ROOM, messages: seeded(2) }] })
      const tree = (mode: 'visible' | 'hidden') => (
        <Activity mode={mode}>
          <Messages />
        </Activity>
      )
      const { container, rerender } = render(tree('visible'), { wrapper })
      await advance()
      const rows = () => [...container.querySelectorAll('li')].map(({ textContent }) => textContent)
      expect(rows()).toEqual(['old 1', 'old 2'])
      rerender(tree('hidden'))
      await advance(20_000)
      expect(server.state().connections.flatMap(({ subscriptions }) => subscriptions)).toEqual([])
      server.inject(ROOM, { sender: 'bob', content: 'meanwhile' })
      await advance()
      rerender(tree('visible'))
      await advance(1_000)
      expect(rows()).toEqual(['old 1', 'old 2', 'meanwhile'])
    })
  }

  it('[C20] uses nothing of React that React 18 does not have', () => {
    const newer = /\b(use|useActionState|useOptimistic|useFormStatus|useEffectEvent|cache|Activity)\b/
    const folder = 'src/chat/react'
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
      /\.tsx?$/.test(name),
    )
    const offenders = files.flatMap((file) => {
      const text = readFileSync(`${folder}/${file}`, 'utf8')
      const [, names = ''] = /import \{([^}]*)\} from 'react'/.exec(text) ?? []
      const asProvider = /<\w+Context value=/.test(text)
      return newer.test(names) || asProvider ? [file] : []
    })
    expect(files.length).toBeGreaterThan(20)
    expect(offenders).toEqual([])
  })
})

describe('useConnectionIndicator', () => {
  it('[C73] shows after five seconds without a connection, and is gone at once with one', async () => {
    const { wrapper, advance, server, chat } = start()
    const { result } = renderHook(() => useConnectionIndicator(), { wrapper })
    expect(result.current.showIndicator).toBe(false)
    act(() => chat.manager.connect())
    await advance(0)
    server.faults.refuseNext(1013, 3)
    act(() => server.faults.disconnectAll())
    await advance(4_900)
    expect(result.current).toMatchObject({ showIndicator: false, status: { isReconnecting: true } })
    await advance(100)
    expect(result.current.showIndicator).toBe(true)
    // Attempts after 1, 2.5, 4.75 and 8.125 s.
    await advance(3_100)
    expect(result.current).toMatchObject({ showIndicator: true, status: { isReconnecting: true } })
    await advance(100)
    expect(result.current).toMatchObject({ showIndicator: false, status: { isConnected: true } })
  })

  it('[C73] stays through the attempts of a server that accepts and closes, and goes when one lasts', async () => {
    const { wrapper, advance, server, chat } = start()
    const seen: string[] = []
    const { result } = renderHook(
      () => {
        const indicator = useConnectionIndicator()
        seen.push(`${indicator.status.state} ${indicator.showIndicator}`)
        return indicator
      },
      { wrapper },
    )
    act(() => chat.manager.connect())
    await advance(0)
    for (let time = 0; time < 4_000; time++) {
      if (result.current.status.isConnected) act(() => server.faults.disconnectAll())
      await advance(5)
    }
    const shown = seen.slice(seen.findIndex((entry) => entry.endsWith('true')))
    expect(shown).toContain('CONNECTED true')
    expect(shown.filter((entry) => entry.endsWith('false'))).toEqual([])
    for (let time = 0; time < 6_000 && !result.current.status.isConnected; time++) await advance(5)
    await advance(900)
    expect(result.current.showIndicator).toBe(true)
    await advance(100)
    expect(result.current.showIndicator).toBe(false)
  })

  it.each([80, 200, 500, 900])(
    '[C73] does not blink at a server that accepts and closes after %i ms',
    async (lifeMs) => {
      const { wrapper, advance, server, chat } = start()
      const seen: boolean[] = []
      const { result } = renderHook(
        () => {
          const indicator = useConnectionIndicator()
          seen.push(indicator.showIndicator)
          return indicator
        },
        { wrapper },
      )
      act(() => chat.manager.connect())
      await advance(0)
      for (let attempt = 0; attempt < 8; ) {
        if (result.current.status.isConnected) {
          await advance(lifeMs)
          act(() => server.faults.disconnectAll())
          attempt++
        }
        await advance(20)
      }
      const shown = seen.slice(seen.indexOf(true))
      expect(shown.length).toBeGreaterThan(1)
      expect(shown).not.toContain(false)
      for (let step = 0; step < 3_000 && !result.current.status.isConnected; step++) await advance(20)
      await advance(1_000)
      expect(result.current).toMatchObject({ showIndicator: false, status: { isConnected: true } })
      // And with a healthy connection it is gone at once again.
      await advance(15_000)
      server.faults.refuseNext(1013, 3)
      act(() => server.faults.disconnectAll())
      await advance(8_000)
      expect(result.current.showIndicator).toBe(true)
      await advance(200)
      expect(result.current).toMatchObject({ showIndicator: false, status: { isConnected: true } })
    },
  )

  it('[C73] takes no old connection for the one that is young', async () => {
    const { wrapper, advance, server, chat } = start()
    const { result } = renderHook(() => useConnectionIndicator(), { wrapper })
    act(() => chat.manager.connect())
    await advance(10_000)
    server.faults.refuseNext(1013, 4)
    act(() => chat.manager.connect('/ws/elsewhere/'))
    await advance(8_100)
    expect(result.current.showIndicator).toBe(true)
    for (let step = 0; step < 100 && !result.current.status.isConnected; step++) await advance(5)
    expect(result.current).toMatchObject({ showIndicator: true, status: { isConnected: true } })
    await advance(50)
    expect(result.current.showIndicator).toBe(false)
  })

  it('[C73] speaks of the connection in the worst state, whichever is the default one', async () => {
    const { wrapper, advance, server, chat } = start()
    const { result } = renderHook(() => useConnectionIndicator(), { wrapper })
    act(() => chat.manager.connect())
    await advance(0)
    server.faults.refuseNext(4003)
    act(() => chat.manager.connect('/ws/elsewhere/'))
    await advance(5_000)
    expect(result.current).toMatchObject({ showIndicator: true, status: { state: 'FAILED', hasError: true } })
    act(() => chat.manager.connect('/ws/elsewhere/'))
    await advance(50)
    expect(result.current).toMatchObject({ showIndicator: false, status: { isConnected: true } })
  })

  it('[C73] a short interruption is never shown, also not the second one', async () => {
    const { wrapper, advance, server, chat } = start()
    const { result } = renderHook(() => useConnectionIndicator(), { wrapper })
    act(() => chat.manager.connect())
    await advance(0)
    for (let time = 0; time < 3; time++) {
      act(() => server.faults.disconnectAll())
      await advance(4_000)
      expect(result.current).toMatchObject({ showIndicator: false, status: { isConnected: true } })
    }
  })
})

describe('useDraft', () => {
  it('[C19] keeps what was typed per room, over remounts, and shows it wherever the room is open', () => {
    const { wrapper } = start()
    const one = renderHook(({ roomId }) => useDraft(roomId), { wrapper, initialProps: { roomId: 'a' } })
    const other = renderHook(() => useDraft('a'), { wrapper })
    act(() => one.result.current[1]('half a sentence'))
    expect(other.result.current[0]).toBe('half a sentence')
    one.rerender({ roomId: 'b' })
    expect(one.result.current[0]).toBe('')
    one.rerender({ roomId: 'a' })
    expect(one.result.current[0]).toBe('half a sentence')
    one.unmount()
    other.unmount()
    expect(renderHook(() => useDraft('a'), { wrapper }).result.current[0]).toBe('half a sentence')
    // What a reload starts from.
    expect(Object.values({ ...localStorage })).toEqual(['half a sentence'])
  })
})
