/** Where events go when the application keeps them itself. */
import { type InfiniteData, InfiniteQueryObserver, QueryClient } from '@tanstack/react-query'
import { type Event, type Message, messageAt, PAGE_SIZE } from './events.ts'

export interface Kept {
  add(event: Event): void
  /** Then all of them are where they belong. */
  flush(): void
  count(): number | undefined
  stop?(): void
}

export type Keep = (options: { readonly loaded?: number }) => Kept

export const keepNothing: Keep = () => ({
  add: () => undefined,
  flush: () => undefined,
  count: () => undefined,
})

/** The limit: no cache, no observer, nothing immutable. */
export const keepInArray: Keep = ({ loaded = 0 }) => {
  const messages: Message[] = Array.from({ length: loaded }, (_, at) => messageAt(at - loaded))
  const seen = new Set(messages.map(({ id }) => id))
  return {
    add({ data }) {
      if (seen.has(data.id)) return
      seen.add(data.id)
      messages.push(data)
    },
    flush: () => undefined,
    count: () => messages.length,
  }
}

const KEY = ['messages']
type Pages = InfiniteData<readonly Message[]>

function mount(loaded: number) {
  const queryClient = new QueryClient()
  const pages: Message[][] = []
  for (let from = 0; from < loaded; from += PAGE_SIZE)
    pages.unshift(
      Array.from({ length: Math.min(PAGE_SIZE, loaded - from) }, (_, at) => messageAt(from + at - loaded)),
    )
  if (pages.length === 0) pages.push([])
  queryClient.setQueryData<Pages>(KEY, { pages, pageParams: pages.map((_, at) => at) })
  return queryClient
}

function observe(queryClient: QueryClient, structuralSharing: boolean) {
  const observer = new InfiniteQueryObserver(queryClient, {
    queryKey: KEY,
    queryFn: () => Promise.reject(new Error('seeded')),
    initialPageParam: 0,
    getNextPageParam: () => undefined,
    staleTime: Number.POSITIVE_INFINITY,
    structuralSharing,
  })
  const stop = observer.subscribe(() => undefined)
  const count = () => {
    const { pages = [] } = (observer.getCurrentResult().data ?? {}) as Partial<Pages>
    return pages.reduce((sum, page) => sum + page.length, 0)
  }
  return { stop, count }
}

const FRAME_MS = 16

/** Everything right that is easy: sharing off, one write per frame, pages of 50 that are sealed when full, a Set of ids. */
export const keepSealedPages: Keep = ({ loaded = 0 }) => {
  const queryClient = mount(loaded)
  const { stop, count } = observe(queryClient, false)
  const seen = new Set<string>()
  let waiting: Message[] = []
  let timer: NodeJS.Timeout | undefined
  const write = () => {
    timer = undefined
    const added = waiting
    waiting = []
    queryClient.setQueryData<Pages>(KEY, (data) => data && sealed(data, added))
  }
  return {
    add({ data }) {
      if (seen.has(data.id)) return
      seen.add(data.id)
      waiting.push(data)
      timer ??= setTimeout(write, FRAME_MS)
    },
    flush() {
      clearTimeout(timer)
      write()
    },
    count,
    stop: () => {
      stop()
      queryClient.clear()
    },
  }
}

function sealed({ pages, pageParams }: Pages, added: readonly Message[]): Pages {
  const next = pages.slice()
  const params = pageParams.slice()
  let head = (next[0] ?? []).slice()
  next[0] = head
  for (const message of added) {
    if (head.length >= 2 * PAGE_SIZE) {
      const old = head
      head = old.splice(PAGE_SIZE)
      next.splice(0, 1, head, old)
      params.push(params.length)
    }
    head.push(message)
  }
  return { pages: next, pageParams: params }
}

/** What is written first: one `setQueryData` per event, as TanStack comes. */
export const keepUsual: Keep = ({ loaded = 0 }) => {
  const queryClient = mount(loaded)
  const { stop, count } = observe(queryClient, true)
  return {
    add({ data: message }) {
      queryClient.setQueryData<Pages>(KEY, (data) => {
        const [head = [], ...rest] = data?.pages ?? []
        return data && { ...data, pages: [[...head, message], ...rest] }
      })
    },
    flush: () => undefined,
    count,
    stop: () => {
      stop()
      queryClient.clear()
    },
  }
}
