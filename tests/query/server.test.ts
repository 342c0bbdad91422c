import { dehydrate, QueryClient } from '@tanstack/react-query'
import { describe, expect, it } from 'vitest'
import { createLive, insert, type } from '../../src/query/index.ts'
import { createFakePort } from './support/fakePort.ts'
import { type Message, range } from './support/room.ts'

describe('[Q12] a loader on a server', () => {
  it('loads a snapshot over HTTP, its position travels along, and nothing is left behind', async () => {
    const fake = createFakePort()
    const asked: unknown[] = []
    const live = createLive({ manager: { port: fake.port } })
    const messages = live.timeline('messages', {
      params: type<{ roomId: string }>(),
      item: type<Message>(),
      id: (item) => item.id,
      order: (item) => [item.id],
      pageSize: 3,
      async snapshot({ params, pageParam, limit }) {
        asked.push({ ...params, ...pageParam, limit })
        return { messages: range(1, 3), has_older: true, has_newer: false, as_of: 10, epoch: 'e' }
      },
      events: { created: insert((event) => event as Message) },
    })
    const queryClient = new QueryClient()
    await queryClient.infiniteQuery(messages({ roomId: 'a' }))
    const state = JSON.stringify(dehydrate(queryClient))
    expect(state).toContain('"asOf":10')
    expect(asked).toEqual([{ roomId: 'a', limit: 3 }])
    expect(fake.channels).toHaveLength(0)
    expect(fake.requests).toHaveLength(0)
    expect(fake.pendingTimers()).toBe(0)
  })
})
