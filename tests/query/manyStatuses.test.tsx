/** Hundreds of live queries whose status is on screen come back with the connection: counted, not timed. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { cleanup, render } from '@testing-library/react'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLive, LiveProvider, type, useLiveStatus } from '../../src/query/index.ts'
import { QueryObserver } from '../../src/query/tanstack.ts'
import { createFakeEnvironment, type FakeSocket } from '../../src/testing/fakeEnvironment.ts'
import { createWebSocketManager } from '../../src/transport/index.ts'

interface ActEnvironment {
  IS_REACT_ACT_ENVIRONMENT?: boolean
}

// `act` would put renders together that nothing else does.
beforeEach(() => {
  ;(globalThis as ActEnvironment).IS_REACT_ACT_ENVIRONMENT = false
})
afterEach(() => {
  ;(globalThis as ActEnvironment).IS_REACT_ACT_ENVIRONMENT = true
  cleanup()
})

const QUERIES = 200

/** Answers each frame in a message of its own, and numbers nothing. */
function answer(socket: FakeSocket): void {
  socket.accept()
  socket.onClientMessage = (data) => {
    for (const { type, id } of [JSON.parse(String(data))].flat()) {
      if (type === 'ping') continue
      const reply = () => socket.receive({ type: 'response', reply_to: id, data: {} })
      // One after another, not all in the turn that they were asked in.
      let turns = 1 + (waiting++ % 50)
      const later = () => (--turns > 0 ? queueMicrotask(later) : reply())
      queueMicrotask(later)
    }
  }
}
let waiting = 0

describe('[Q43] a reconnect of two hundred queries', () => {
  it('renders who reads all of their statuses a few times, not once for each', async () => {
    const fake = createFakeEnvironment({ onSocket: answer })
    const manager = createWebSocketManager({
      url: 'ws://test',
      endpoint: '/ws/',
      debug: false,
      environment: fake.environment,
    })
    const live = createLive({ manager })
    const topics = live.value('topic', {
      schema: type<{ n: number }>(),
      params: type<{ room: string }>(),
      channel: ({ room }) => ({ room_id: room }),
      snapshot: async () => ({ n: 1 }),
      events: {},
    })
    const rooms = Array.from({ length: QUERIES }, (_, at) => `room-${at}`)
    let renders = 0
    function All() {
      renders++
      return rooms.map((room) => {
        // biome-ignore lint/correctness/useHookAtTopLevel: there are always as many
        const { status } = useLiveStatus(topics({ room }))
        return <p key={room}>{status}</p>
      })
    }
    const queryClient = new QueryClient()
    const pass = async (ms: number) => {
      await fake.clock.advance(ms)
      await new Promise((resolve) => setTimeout(resolve, 5))
      await fake.clock.advance(20)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    const { container, unmount } = render(
      <QueryClientProvider client={queryClient}>
        <LiveProvider live={live}>
          <All />
        </LiveProvider>
      </QueryClientProvider>,
    )
    const stops = rooms.map((room) =>
      new QueryObserver(queryClient, topics({ room })).subscribe(() => undefined),
    )
    await pass(100)
    const statuses = () => new Set([...container.querySelectorAll('p')].map(({ textContent }) => textContent))
    expect(statuses()).toEqual(new Set(['live']))
    renders = 0
    fake.socket().drop()
    await pass(20)
    expect(statuses()).toEqual(new Set(['offline']))
    await pass(5_000)
    await pass(20)
    expect(statuses()).toEqual(new Set(['live']))
    expect(renders).toBeLessThanOrEqual(10)
    for (const stop of stops) stop()
    unmount()
    manager.close()
  })
})
