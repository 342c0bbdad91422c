/**
 * What is measured: frame text in, a mounted observer told. `querywire`, the code people write by hand (once as it
 * comes, once with everything done right that is easy), and the least that any client has to do.
 */
import {
  type InfiniteData,
  InfiniteQueryObserver,
  type QueryClient,
  QueryObserver,
} from '@tanstack/react-query'
import { createLive, type Live } from '../../src/query/createLive.ts'
import { insert, patch, remove, upsert } from '../../src/query/define/reducers.ts'
import type { TimelinePage } from '../../src/query/fold/timeline/pages.ts'
import { type } from '../../src/query/live/definition.ts'
import { createBenchPort } from './benchPort.ts'
import { type Frame, type Message, messageAt, PAGE_SIZE, type Room, roomAt } from './messages.ts'

export interface Subject {
  /** Takes frames as they arrive; returns when all of them are in the cache and observers were told. */
  flush(frames: readonly string[]): Promise<void> | void
  /** Items it holds, to see that it did the work. */
  count(): number
  stop(): void
}

export interface SubjectOptions {
  readonly queryClient: QueryClient
  readonly size: number
  readonly isList: boolean
  readonly isSorted: boolean
}

export type CreateSubject = (options: SubjectOptions) => Subject | Promise<Subject>

const MESSAGES_KEY = ['messages']

interface Versioned {
  readonly version?: number
}

const parse = (text: string) => JSON.parse(text) as Frame

const known = new Map<number, Message[][]>()

/** The same objects for every run of a process: nothing here writes to them. */
function pagesOf(size: number): Message[][] {
  const pages = known.get(size) ?? []
  known.set(size, pages)
  for (let end = size - pages.length * PAGE_SIZE; end > 0; end -= PAGE_SIZE) {
    const start = Math.max(0, end - PAGE_SIZE)
    pages.push(Array.from({ length: end - start }, (_, at) => messageAt(start + at)))
  }
  return pages
}

const roomsOf = (size: number): Room[] => Array.from({ length: size }, (_, at) => roomAt(size - 1 - at))

/** Parse, look up by id, write in place: no cache, no observer, nothing immutable. */
export const limit: CreateSubject = ({ size, isList }) => {
  const items: { id: string }[] = isList
    ? roomsOf(size)
    : pagesOf(size).flatMap((page) => page.map((message) => ({ ...message })))
  const byId = new Map(items.map((item) => [item.id, item]))
  return {
    flush(frames) {
      for (const text of frames) {
        const { type: kind, payload } = parse(text)
        const item = payload as { id: string }
        const known = byId.get(item.id)
        if (kind === 'deleted') byId.delete(item.id)
        else if (known) {
          // What is older than what is there changes nothing.
          if (((item as Versioned).version ?? 0) >= ((known as Versioned).version ?? 0))
            Object.assign(known, item)
        } else {
          byId.set(item.id, item)
          items.push(item)
        }
      }
    },
    count: () => byId.size,
    stop: () => undefined,
  }
}

/** One `setQueryData` per event, every page mapped, default structural sharing, newest first for the screen. */
export const usual: CreateSubject = ({ queryClient, size, isList, isSorted }) => {
  if (isList) return usualList({ queryClient, size, isList, isSorted })
  seedPages(queryClient, size)
  const observer = new InfiniteQueryObserver(queryClient, {
    queryKey: MESSAGES_KEY,
    queryFn: () => Promise.reject(new Error('seeded')),
    initialPageParam: 0,
    getNextPageParam: () => undefined,
    staleTime: Number.POSITIVE_INFINITY,
    select: (data: InfiniteData<Message[]>) => data.pages.flatMap((page) => page.toReversed()),
  })
  const stop = observer.subscribe(() => undefined)
  return {
    flush(frames) {
      for (const text of frames) {
        const event = parse(text)
        queryClient.setQueryData<InfiniteData<Message[]>>(
          MESSAGES_KEY,
          (data) => data && applyUsual(data, event),
        )
      }
    },
    count: () => observer.getCurrentResult().data?.length ?? 0,
    stop,
  }
}

function applyUsual(data: InfiniteData<Message[]>, { type: kind, payload }: Frame): InfiniteData<Message[]> {
  const item = payload as Message
  if (kind === 'deleted') {
    return { ...data, pages: data.pages.map((page) => page.filter(({ id }) => id !== item.id)) }
  }
  if (kind === 'edited') {
    return {
      ...data,
      pages: data.pages.map((page) => page.map((each) => (each.id === item.id ? item : each))),
    }
  }
  if (data.pages.some((page) => page.some(({ id }) => id === item.id))) return data
  const [head = [], ...rest] = data.pages
  return { ...data, pages: [[...head, item], ...rest] }
}

const usualList: CreateSubject = ({ queryClient, size, isSorted }) => {
  queryClient.setQueryData(['rooms'], roomsOf(size))
  const observer = new QueryObserver<Room[]>(queryClient, {
    queryKey: ['rooms'],
    staleTime: Number.POSITIVE_INFINITY,
  })
  const stop = observer.subscribe(() => undefined)
  return {
    flush(frames) {
      for (const text of frames) {
        const fields = parse(text).payload as Partial<Room>
        queryClient.setQueryData<Room[]>(['rooms'], (rooms) => {
          const next = rooms?.map((room) => (room.id === fields.id ? { ...room, ...fields } : room))
          return isSorted ? next?.sort((a, b) => b.last_activity_at - a.last_activity_at) : next
        })
      }
    },
    count: () => observer.getCurrentResult().data?.length ?? 0,
    stop,
  }
}

/** Sharing off, one write per flush, the newest page alone copied: careful code for new messages, and only for those. */
export const careful: CreateSubject = ({ queryClient, size }) => {
  seedPages(queryClient, size)
  const observer = new InfiniteQueryObserver(queryClient, {
    queryKey: MESSAGES_KEY,
    queryFn: () => Promise.reject(new Error('seeded')),
    initialPageParam: 0,
    getNextPageParam: () => undefined,
    staleTime: Number.POSITIVE_INFINITY,
    structuralSharing: false,
    select: (data: InfiniteData<Message[]>) => data.pages.toReversed().flat(),
  })
  const stop = observer.subscribe(() => undefined)
  const seen = new Set(pagesOf(size).flatMap((page) => page.map(({ id }) => id)))
  return {
    flush(frames) {
      const added: Message[] = []
      for (const text of frames) {
        const item = parse(text).payload as Message
        if (seen.has(item.id)) continue
        seen.add(item.id)
        added.push(item)
      }
      queryClient.setQueryData<InfiniteData<Message[]>>(MESSAGES_KEY, (data) => {
        const [head = [], ...rest] = data?.pages ?? []
        return data && { ...data, pages: [[...head, ...added], ...rest] }
      })
    },
    count: () => observer.getCurrentResult().data?.length ?? 0,
    stop,
  }
}

function seedPages(queryClient: QueryClient, size: number): void {
  const pages = pagesOf(size)
  queryClient.setQueryData(MESSAGES_KEY, { pages, pageParams: pages.map((_, at) => at) })
}

export const querywire: CreateSubject = async ({ queryClient, size, isList, isSorted }) => {
  const bench = createBenchPort()
  const live = createLive({ manager: { port: bench.port } })
  const rooms = live.list('rooms', {
    item: type<Room>(),
    id: (room) => room.id,
    ...(isSorted && { sort: (a: Room, b: Room) => b.last_activity_at - a.last_activity_at }),
    snapshot: async () => roomsOf(size),
    events: { receipt: patch((event) => event as Partial<Room>) },
  })
  const messages = defineMessages(live)
  if (!isList) queryClient.setQueryData(messages({}).queryKey, livePagesOf(size))
  const disconnect = live.connect(queryClient)
  const observer = isList
    ? new QueryObserver(queryClient, rooms())
    : (new InfiniteQueryObserver(queryClient, {
        ...messages({}),
        staleTime: Number.POSITIVE_INFINITY,
      }) as unknown as QueryObserver<readonly Room[]>)
  const stop = observer.subscribe(() => undefined)
  bench.live()
  // A list asks for its snapshot; the fetch is promises only.
  for (let turn = 0; turn < 50; turn++) await Promise.resolve()
  return {
    async flush(frames) {
      for (const text of frames) bench.emit(parse(text))
      await bench.frame()
    },
    count() {
      const data = observer.getCurrentResult().data as unknown
      const { pages } = (data ?? {}) as { pages?: readonly TimelinePage<Message>[] }
      return pages
        ? pages.reduce((count, page) => count + page.items.length, 0)
        : ((data as Room[])?.length ?? 0)
    },
    stop() {
      stop()
      disconnect()
    },
  }
}

function defineMessages(live: Live) {
  return live.timeline('messages', {
    item: type<Message>(),
    id: (message) => message.id,
    order: (message) => [message.timestamp, message.id],
    version: (message) => message.version,
    pageSize: PAGE_SIZE,
    snapshot: async () => [],
    events: {
      created: insert((event) => event as Message),
      edited: upsert((event) => event as Message),
      deleted: remove((event) => (event as Message).id),
    },
  })
}

/** As a persister would restore them: with the position they were taken at, so that nothing is asked for again. */
function livePagesOf(size: number) {
  const pages = pagesOf(size).map((items, at): TimelinePage<Message> => {
    const oldest = items[0] as Message
    const hasOlder = (at + 1) * PAGE_SIZE < size
    return {
      items,
      hasOlder,
      hasNewer: false,
      before: oldest.id,
      ...(hasOlder && { low: [oldest.timestamp, oldest.id] }),
      asOf: 0,
      unseen: 0,
    }
  })
  return { pages, pageParams: pages.map(({ before }, at) => (at === 0 ? {} : { before })) }
}
