import { QueryClient, QueryClientProvider, useQuery } from '@tanstack/react-query'
import { act, cleanup, render } from '@testing-library/react'
import { afterEach, describe, expect, it } from 'vitest'
import { createLive, LiveProvider, type, useLiveStatus } from '../../src/query/index.ts'
import { createFakeEnvironment, type FakeSocket } from '../../src/testing/fakeEnvironment.ts'
import { createWebSocketManager } from '../../src/transport/index.ts'

afterEach(cleanup)

const QUERIES = 200

/** Answers everything it is asked, and numbers nothing. */
function answer(socket: FakeSocket): void {
  socket.accept()
  socket.onClientMessage = (data) => {
    for (const { type, id } of [JSON.parse(String(data))].flat())
      if (type !== 'ping') queueMicrotask(() => socket.receive({ type: 'response', reply_to: id, data: {} }))
  }
}

describe('many statuses', () => {
  it('[Q43] a reconnect', async () => {
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
    const pass = (ms: number) =>
      act(async () => {
        await fake.clock.advance(ms)
        await new Promise((resolve) => setTimeout(resolve, 20))
      })
    let renders = 0
    function Topic({ room }: { readonly room: string }) {
      const { data } = useQuery(topics({ room }))
      const { status } = useLiveStatus(topics({ room }))
      renders++
      return <p>{`${data?.n} ${status}`}</p>
    }
    function All() {
      renders++
      return Array.from({ length: QUERIES }, (_, at) => {
      const { data } = useQuery(topics({ room: `room-${at}` }))
      const { status } = useLiveStatus(topics({ room: `room-${at}` }))
      return <p key={at}>{`${data?.n} ${status}`}</p>
    })
    }
    const queryClient = new QueryClient()
    const view = render(
      <QueryClientProvider client={queryClient}>
        <LiveProvider live={live}>
          {process.env.ONE ? <All /> : Array.from({ length: QUERIES }, (_, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: it is its name
            <Topic key={at} room={`room-${at}`} />
          ))}
        </LiveProvider>
      </QueryClientProvider>,
    )
    await pass(100)
    expect(view.container.textContent?.slice(0, 100)).toContain('1 live')
    for (let round = 0; round < 3; round++) {
      renders = 0
      const cpu = process.threadCpuUsage()
      fake.socket().drop()
      await pass(5_000)
      const { user, system } = process.threadCpuUsage(cpu)
      console.log({ renders, cpu: (user + system) / 1000 })
    }
    expect(view.container.textContent?.includes('offline')).toBe(false)
    view.unmount()
    manager.close()
  })
})
