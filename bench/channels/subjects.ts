/** An event in one channel, while so many are open: every one a timeline that somebody looks at, over one connection. */
import { InfiniteQueryObserver, QueryClient } from '@tanstack/react-query'
import { WebSocket as NodeWebSocket } from 'ws'
import { createLive } from '../../src/query/createLive.ts'
import { insert } from '../../src/query/define/reducers.ts'
import type { TimelineData } from '../../src/query/fold/timeline/pages.ts'
import { type } from '../../src/query/live/definition.ts'
import { createWebSocketManager } from '../../src/transport/index.ts'
import { type Subjects, startClock } from '../measure/subject.ts'
import { type Message, messageAt } from '../stream/events.ts'

export interface ChannelOptions {
  readonly port: number
  readonly count: number
}

const opened =
  (channels: number) =>
  async ({ port, count }: ChannelOptions) => {
    globalThis.gc?.()
    const manager = createWebSocketManager({
      url: `ws://127.0.0.1:${port}/plain?count=${count}&bound=client`,
      endpoint: '',
      debug: false,
    })
    const live = createLive({ manager })
    const messages = live.timeline('messages', {
      params: type<{ room: string }>(),
      item: type<Message>(),
      id: (message) => message.id,
      order: (message) => [message.timestamp, message.id],
      channel: ({ room }) => ({ room_id: room }),
      snapshot: async () => ({ items: [], as_of: 0, has_older: false }),
      events: { created: insert((event) => event as Message) },
    })
    const queryClient = new QueryClient()
    const disconnect = live.connect(queryClient)
    const stops: (() => void)[] = [disconnect, () => manager.close(), () => queryClient.clear()]
    for (let at = 2; at <= channels; at++) {
      const observer = new InfiniteQueryObserver(queryClient, messages({ room: `room-${at}` }))
      stops.unshift(observer.subscribe(() => undefined))
    }
    const observer = new InfiniteQueryObserver(queryClient, messages({ room: 'room-1' }))
    const isLive = () => live.status(queryClient, messages({ room: 'room-1' }).queryKey).status === 'live'
    const last = messageAt(count).id
    return new Promise<{ cpu: number }>((resolve) => {
      let clock: ReturnType<typeof startClock> | undefined
      stops.unshift(
        observer.subscribe(({ data }) => {
          const newest = (data as TimelineData<Message> | undefined)?.pages[0]?.items.at(-1)
          if (newest?.id !== last) return
          const { cpu = Number.NaN } = clock?.stop() ?? {}
          for (const stop of stops) stop()
          resolve({ cpu: (cpu * 1_000) / count })
        }),
      )
      const timer = setInterval(() => {
        if (!isLive()) return
        clearInterval(timer)
        clock = startClock()
        void manager.send('start', {})
      }, 100)
    })
  }

globalThis.WebSocket = NodeWebSocket as unknown as typeof WebSocket

export const subjects: Subjects = {
  '1 channel': opened(1),
  '50 channels': opened(50),
  '500 channels': opened(500),
  '2 000 channels': opened(2_000),
}
