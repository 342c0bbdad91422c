/** The same with querywire: a timeline in a QueryClient, with an observer, over a manager. */

import type { StandardSchemaV1 } from '@standard-schema/spec'
import { InfiniteQueryObserver, QueryClient } from '@tanstack/react-query'
import { createLive, type Live } from '../../src/query/createLive.ts'
import { insert } from '../../src/query/define/reducers.ts'
import type { TimelineData } from '../../src/query/fold/timeline/pages.ts'
import { type } from '../../src/query/live/definition.ts'
import { createWebSocketManager } from '../../src/transport/index.ts'
import { startClock } from '../measure/subject.ts'
import { type Message, messageAt, PAGE_SIZE } from './events.ts'
import type { StreamOptions } from './subjects.ts'

export async function startQuerywire(
  urlOf: (carrier: string) => string,
  { count, loaded = 0 }: StreamOptions,
  schema?: StandardSchemaV1<unknown, Message>,
): Promise<{ cpu: number; wall: number }> {
  globalThis.gc?.()
  const manager = createWebSocketManager({ url: urlOf('plain'), endpoint: '', debug: false })
  const live = createLive({ manager })
  const messages = defineMessages(live, loaded, schema)
  const queryClient = new QueryClient()
  const disconnect = live.connect(queryClient)
  const observer = new InfiniteQueryObserver(queryClient, messages({}))
  const sizeOf = (data: TimelineData<Message> | undefined) =>
    data?.pages.reduce((sum, { items }) => sum + items.length, 0) ?? 0
  let clock: ReturnType<typeof startClock> | undefined
  const stopFirst = manager.subscribe('created', () => {
    clock = startClock()
    stopFirst()
  })
  const last = messageAt(count).id
  return new Promise((resolve, reject) => {
    let hasStarted = false
    const stop = observer.subscribe(({ data, error }) => {
      if (error) return reject(error)
      const head = (data as TimelineData<Message> | undefined)?.pages[0]
      if (head && !hasStarted) {
        hasStarted = true
        void manager.send('start', {})
      }
      if (head?.items.at(-1)?.id !== last) return
      const figures = (clock as ReturnType<typeof startClock>).stop()
      const size = sizeOf(data as TimelineData<Message>)
      stop()
      disconnect()
      manager.close()
      queryClient.clear()
      if (size === count + loaded) resolve(figures)
      else reject(new Error(`${size} kept`))
    })
  })
}

type Schema = StandardSchemaV1<unknown, Message>

function defineMessages(live: Live, loaded: number, schema: Schema = type<Message>() as Schema) {
  return live.timeline<Message>('messages', {
    item: schema,
    id: (message) => message.id,
    order: (message) => [message.timestamp, message.id],
    version: (message) => message.version,
    channel: () => ({ room_id: 'room-1' }),
    pageSize: PAGE_SIZE,
    snapshot: async () => ({
      items: Array.from({ length: loaded }, (_, at) => messageAt(at - loaded)),
      as_of: 0,
      has_older: false,
    }),
    events: { created: insert((event) => event as Message) },
  })
}
