/** A list of the last fifty messages, live, by everything it is compared with. Each renders `Rows` and nothing else. */
import { configureStore, createSlice } from '@reduxjs/toolkit'
import { createApi, fakeBaseQuery } from '@reduxjs/toolkit/query/react'
import { createCollection, createLiveQueryCollection } from '@tanstack/db'
import { queryCollectionOptions } from '@tanstack/query-db-collection'
import { type InfiniteData, QueryClient, QueryClientProvider, useInfiniteQuery } from '@tanstack/react-query'
import { memo, type ReactNode, useSyncExternalStore } from 'react'
import { Provider } from 'react-redux'
import { create } from 'zustand'
import { ChatProvider, createChat, useChatWebSocket, useMessages } from '../../src/chat/index.ts'
import { createLive, createWebSocketManager, insert, LiveProvider, rows, type } from '../../src/index.ts'
import { type Event, type Message, messageAt, PAGE_SIZE } from '../stream/events.ts'
import { loadedMessages, loadedPages, timelinePages } from './seed.ts'

export interface Counts {
  lists: number
  rows: number
}

export const counts: Counts = { lists: 0, rows: 0 }

const Row = memo(function Row({ message }: { readonly message: Message }) {
  counts.rows++
  return <li>{message.content}</li>
})

function Rows({ messages }: { readonly messages: readonly Message[] }) {
  counts.lists++
  return (
    <ul>
      {messages.slice(-50).map((message) => (
        <Row key={message.id} message={message} />
      ))}
    </ul>
  )
}

export interface Subject {
  readonly app: ReactNode
  /** Connects; calls back when events will be heard. */
  start(ready: () => void): void
}

type CreateSubject = (url: string, loaded: number) => Subject

const KEY = ['messages']
type Pages = InfiniteData<readonly Message[]>

function listen(url: string, onEvent: (event: Event) => void): Subject['start'] {
  return (ready) => {
    const socket = new WebSocket(url)
    socket.onopen = () => {
      socket.send('{"type":"start"}')
      ready()
    }
    socket.onmessage = ({ data }) => {
      const event = JSON.parse(data) as Event
      if (event.type === 'chat_message') onEvent(event)
    }
  }
}

const still = {
  queryKey: KEY,
  queryFn: () => Promise.reject(new Error('seeded')),
  initialPageParam: 0,
  getNextPageParam: () => undefined,
  staleTime: Number.POSITIVE_INFINITY,
}

function seeded(loaded: number): QueryClient {
  const queryClient = new QueryClient()
  const pages = loadedPages(loaded)
  queryClient.setQueryData<Pages>(KEY, { pages, pageParams: pages.map((_, at) => at) })
  return queryClient
}

/** Nothing but `setQueryData`, by somebody who knows that only the newest page is shown. */
const plain: CreateSubject = (url, loaded) => {
  const queryClient = seeded(loaded)
  function List() {
    const { data } = useInfiniteQuery({ ...still, structuralSharing: false })
    const { pages = [] } = (data ?? {}) as Partial<Pages>
    return <Rows messages={[...(pages[1] ?? []), ...(pages[0] ?? [])]} />
  }
  const start = listen(url, ({ data: message }) =>
    queryClient.setQueryData<Pages>(KEY, (data) => {
      if (!data) return data
      const [head = [], ...rest] = data.pages
      const pages = head.length < PAGE_SIZE ? [[...head, message], ...rest] : [[message], ...data.pages]
      return { pages, pageParams: data.pageParams }
    }),
  )
  return {
    start,
    app: (
      <QueryClientProvider client={queryClient}>
        <List />
      </QueryClientProvider>
    ),
  }
}

/** What is written first. */
const usual: CreateSubject = (url, loaded) => {
  const queryClient = seeded(loaded)
  function List() {
    const { data } = useInfiniteQuery({
      ...still,
      select: (data) => (data as Pages).pages.toReversed().flat(),
    })
    return <Rows messages={data ?? []} />
  }
  const start = listen(url, ({ data: message }) =>
    queryClient.setQueryData<Pages>(KEY, (data) => {
      const [head = [], ...rest] = data?.pages ?? []
      return data && { ...data, pages: [[...head, message], ...rest] }
    }),
  )
  return {
    start,
    app: (
      <QueryClientProvider client={queryClient}>
        <List />
      </QueryClientProvider>
    ),
  }
}

const zustand: CreateSubject = (url, loaded) => {
  const useStore = create<{ readonly messages: readonly Message[] }>(() => ({
    messages: loadedMessages(loaded),
  }))
  const List = () => <Rows messages={useStore(({ messages }) => messages)} />
  const start = listen(url, ({ data: message }) =>
    useStore.setState(({ messages }) => ({ messages: [...messages, message] })),
  )
  return { start, app: <List /> }
}

const rtkQuery: CreateSubject = (url, loaded) => {
  let heard: ((message: Message) => void) | undefined
  const api = createApi({
    baseQuery: fakeBaseQuery(),
    endpoints: (build) => ({
      messages: build.query<Message[], void>({
        queryFn: () => ({ data: loadedMessages(loaded) }),
        async onCacheEntryAdded(_, { updateCachedData, cacheDataLoaded }) {
          await cacheDataLoaded
          heard = (message) => updateCachedData((draft) => void draft.push(message))
        },
      }),
    }),
  })
  const none = createSlice({ name: 'none', initialState: 0, reducers: {} })
  const store = configureStore({
    reducer: { [api.reducerPath]: api.reducer, none: none.reducer },
    middleware: (defaults) =>
      defaults({ serializableCheck: false, immutableCheck: false }).concat(api.middleware),
  })
  const List = () => <Rows messages={api.useMessagesQuery().data ?? []} />
  const start = listen(url, ({ data }) => heard?.(data))
  return {
    start,
    app: (
      <Provider store={store}>
        <List />
      </Provider>
    ),
  }
}

const tanstackDb: CreateSubject = (url, loaded) => {
  const queryClient = new QueryClient()
  const messages = createCollection(
    queryCollectionOptions<Message>({
      queryKey: KEY,
      queryClient,
      queryFn: async () => loadedMessages(loaded),
      getKey: ({ id }) => id,
      staleTime: Number.POSITIVE_INFINITY,
    }),
  )
  const last = createLiveQueryCollection({
    startSync: true,
    query: (q) =>
      q
        .from({ message: messages })
        .orderBy(({ message }) => message.timestamp, 'desc')
        .limit(50),
  })
  let shown: readonly Message[] = []
  const subscribe = (listener: () => void) => {
    const { unsubscribe } = last.subscribeChanges(
      () => {
        shown = (last.toArray as Message[]).toReversed()
        listener()
      },
      { includeInitialState: true },
    )
    return () => unsubscribe()
  }
  const List = () => <Rows messages={useSyncExternalStore(subscribe, () => shown)} />
  const start = listen(url, ({ data }) => messages.utils.writeInsert(data))
  return { start, app: <List /> }
}

/** `List` shows what `messages` makes live. */
function querywire(url: string, loaded: number, how: 'two last pages' | 'rows'): Subject {
  const manager = createWebSocketManager({ url, endpoint: '', debug: false })
  const live = createLive({ manager })
  const messages = live.timeline<Message>('messages', {
    item: type<Message>(),
    id: ({ id }) => id,
    order: ({ timestamp, id }) => [timestamp, id],
    channel: () => ({ room_id: 'room-1' }),
    pageSize: PAGE_SIZE,
    snapshot: () => Promise.reject(new Error('seeded')),
    events: { chat_message: insert((event) => event as Message) },
  })
  const queryClient = new QueryClient()
  queryClient.setQueryData(messages({}).queryKey, timelinePages(loaded) as never)
  function Pages() {
    const { data } = useInfiniteQuery(messages({}))
    const [head, next] = data?.pages ?? []
    return <Rows messages={[...(next?.items ?? []), ...(head?.items ?? [])]} />
  }
  function Flat() {
    const { data = [] } = useInfiniteQuery({ ...messages({}), select: rows })
    return <Rows messages={data} />
  }
  const List = how === 'rows' ? Flat : Pages
  return {
    start: (ready) => void manager.send('start', {}).then(ready),
    app: (
      <QueryClientProvider client={queryClient}>
        <LiveProvider live={live}>
          <List />
        </LiveProvider>
      </QueryClientProvider>
    ),
  }
}

function chat(url: string, loaded: number, useRows: () => readonly Message[]): Subject {
  const own = createChat({
    url: `${url}?welcome=1`,
    endpoint: '',
    debug: false,
    currentUser: { id: 'me', username: 'me' },
  })
  const queryClient = new QueryClient()
  queryClient.setQueryData(own.messages('room-1').queryKey, timelinePages(loaded) as never)
  const List = () => <Rows messages={useRows()} />
  return {
    start: (ready) => void own.manager.send('start', {}).then(ready),
    app: (
      <QueryClientProvider client={queryClient}>
        <ChatProvider chat={own}>
          <List />
        </ChatProvider>
      </QueryClientProvider>
    ),
  }
}

export const subjects: Readonly<Record<string, CreateSubject>> = {
  'setQueryData, newest pages (limit)': plain,
  zustand,
  'RTK Query': rtkQuery,
  'TanStack DB, query collection': tanstackDb,
  'setQueryData + flat select (usual)': usual,
  'querywire, two last pages': (url, loaded) => querywire(url, loaded, 'two last pages'),
  'querywire, select: rows': (url, loaded) => querywire(url, loaded, 'rows'),
  'querywire, useMessages': (url, loaded) =>
    chat(url, loaded, () => useMessages('room-1').messages as unknown as readonly Message[]),
  'querywire, useChatWebSocket': (url, loaded) =>
    chat(url, loaded, () => useChatWebSocket('room-1').messages as unknown as readonly Message[]),
}

export const newest = (position: number): string => messageAt(position).content
