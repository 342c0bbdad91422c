/** What stays in memory: bytes per message that is loaded, and after a million that streamed by. */
import { InfiniteQueryObserver, QueryClient } from '@tanstack/react-query'
import { createLive } from '../../src/query/createLive.ts'
import { insert } from '../../src/query/define/reducers.ts'
import { rows } from '../../src/query/fold/timeline/rows.ts'
import { type } from '../../src/query/live/definition.ts'
import { createBenchPort } from '../fold/benchPort.ts'
import type { Figures, Subjects } from '../measure/subject.ts'
import { eventAt, type Message, PAGE_SIZE } from '../stream/events.ts'

export interface MemoryOptions {
  readonly count: number
}

interface Holder {
  add(text: string): void
  settle(): Promise<void>
  read(): unknown
}

const BURST = 100

const heap = () => {
  globalThis.gc?.()
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

const held =
  (create: () => Holder) =>
  async ({ count }: MemoryOptions): Promise<Figures> => {
    const before = heap()
    const holder = create()
    for (let at = 1; at <= count; at++) {
      holder.add(JSON.stringify(eventAt(at)))
      if (at % BURST === 0) await holder.settle()
    }
    await holder.settle()
    const bytes = heap() - before
    if (holder.read() === undefined) throw new Error('Nothing is held')
    return { perMessage: bytes / count, all: bytes / 2 ** 20 }
  }

function bare(): Holder {
  const pages: Message[][] = [[]]
  return {
    add(text) {
      const head = pages.at(-1) as Message[]
      head.push(JSON.parse(text).data)
      if (head.length === PAGE_SIZE) pages.push([])
    },
    settle: async () => undefined,
    read: () => pages,
  }
}

function querywire(maxPages: number | undefined, isRead: boolean): Holder {
  const { port, live: bringUp, emit, frame } = createBenchPort()
  const live = createLive({ manager: { port } })
  const messages = live.timeline<Message>('messages', {
    item: type<Message>(),
    id: (message) => message.id,
    order: (message) => [message.timestamp, message.id],
    snapshot: async () => ({ items: [], as_of: 0, has_older: false }),
    events: { created: insert((event) => event as Message) },
  })
  const queryClient = new QueryClient()
  live.connect(queryClient)
  const options = { ...messages({}), ...(maxPages && { maxPages }) }
  const observer = new InfiniteQueryObserver(queryClient, options)
  observer.subscribe(() => undefined)
  bringUp()
  const read = () => observer.getCurrentResult().data as Parameters<typeof rows>[0]
  return {
    add(text) {
      const { type, seq, data } = JSON.parse(text)
      emit({ type, seq, payload: data })
    },
    async settle() {
      await frame()
      if (isRead) rows(read())
    },
    read: () => (isRead ? rows(read()) : read()),
  }
}

export const subjects: Subjects = {
  'pages of parsed messages': held(bare),
  querywire: held(() => querywire(undefined, false)),
  'querywire, rows read': held(() => querywire(undefined, true)),
  'querywire, maxPages: 20': held(() => querywire(20, false)),
  'querywire, maxPages: 20, rows read': held(() => querywire(20, true)),
}
