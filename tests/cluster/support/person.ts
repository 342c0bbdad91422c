/** One device of somebody: the built package and plain observers, as an application would use them. */
import { InfiniteQueryObserver, QueryClient, QueryObserver } from '@tanstack/react-query'
import { WebSocket } from 'ws'
import type { ChatMessage, ChatRoom } from '../../../src/chat/index.ts'
import type { Stack } from './stack.ts'

// What is installed from the registry, and not the sources.
const { createChat }: typeof import('../../../src/chat/index.ts') = await import(
  new URL('../../../dist/chat/index.js', import.meta.url).href
)
const { browserEnvironment }: typeof import('../../../src/transport/index.ts') = await import(
  new URL('../../../dist/transport/index.js', import.meta.url).href
)

/** Six times as often as by default, so that a test takes minutes and not hours. Milliseconds. */
export const HEARTBEAT = { intervalMs: 5_000, timeoutMs: 2_500 }

export interface Said {
  readonly roomId: string
  readonly content: string
  outcome: 'waiting' | 'answered' | 'failed'
  error?: unknown
}

export interface Person {
  readonly name: string
  readonly user: string
  readonly rooms: readonly string[]
  /** Everything it has said, as it was told. */
  readonly said: readonly Said[]
  say(roomId: string): void
  read(roomId: string): void
  react(roomId: string): void
  /** Of the newest messages, oldest first. Pending ones are not in it. */
  shown(roomId: string): readonly ChatMessage[]
  loadOlder(roomId: string): Promise<boolean>
  /** By room: what the list of rooms says. */
  list(): ReadonlyMap<
    string,
    { readonly unread: number | null | undefined; readonly last: string | undefined }
  >
  status(): string
  count(): { readonly dials: number; readonly requests: number; readonly disconnectedMs: number }
  disconnect(): void
  connect(): void
  close(): void
}

export interface PersonOptions {
  readonly name: string
  readonly user: string
  readonly rooms: readonly string[]
}

export function openPerson(stack: Stack, { name, user, rooms }: PersonOptions): Person {
  let dials = 0
  class CountedWebSocket extends WebSocket {
    constructor(...args: ConstructorParameters<typeof WebSocket>) {
      super(...args)
      dials++
    }
  }
  const chat = createChat({
    url: stack.url,
    endpoint: stack.endpoint,
    environment: browserEnvironment({ WebSocket: CountedWebSocket as never }),
    heartbeat: HEARTBEAT,
    tokenManager: { getAccessToken: () => stack.token(user) },
    debug: false,
  })
  const queryClient = new QueryClient()
  const stops = [chat.live.connect(queryClient), chat.start()]
  const timelines = new Map(
    rooms.map((roomId) => [roomId, new InfiniteQueryObserver(queryClient, chat.messages(roomId))]),
  )
  const roomList = new QueryObserver(queryClient, chat.rooms())
  for (const observer of [...timelines.values(), roomList]) stops.push(observer.subscribe(() => undefined))
  let requests = 0
  chat.manager.inspect((entry) => {
    if (entry.type === 'sent') requests++
  })
  const away = watchAway(chat.manager.store)
  const said: Said[] = []
  const timelineOf = (roomId: string) => {
    const timeline = timelines.get(roomId)
    if (!timeline) throw new Error(`${name} does not show ${roomId}`)
    return timeline
  }
  const shown = (roomId: string): readonly ChatMessage[] =>
    (timelineOf(roomId).getCurrentResult().data?.pages ?? [])
      .toReversed()
      .flatMap((page) => [...page.items])
      .filter(({ local }) => !local)
  const lastOf = (roomId: string) => shown(roomId).at(-1)
  const quietly = (work: Promise<unknown>) => void work.catch(() => undefined)
  return {
    name,
    user,
    rooms,
    said,
    say: (roomId) => {
      const one: Said = { roomId, content: `${name} ${said.length}`, outcome: 'waiting' }
      said.push(one)
      chat.sendMessage.start(queryClient, one.content, { roomId }).then(
        () => {
          one.outcome = 'answered'
        },
        (error: unknown) => {
          Object.assign(one, { outcome: 'failed', error })
        },
      )
    },
    read: (roomId) => {
      const message = lastOf(roomId)
      if (message) quietly(chat.markRead.start(queryClient, { message_id: message.id }, { roomId }))
    },
    react: (roomId) => {
      const message = lastOf(roomId)
      if (message)
        quietly(
          chat.react.start(queryClient, { message_id: message.id, reaction: '👍' } as never, { roomId }),
        )
    },
    shown,
    loadOlder: async (roomId) => {
      const timeline = timelineOf(roomId)
      if (!timeline.getCurrentResult().hasNextPage) return false
      await timeline.fetchNextPage({ cancelRefetch: false })
      return true
    },
    list: () => roomsIn(roomList.getCurrentResult().data),
    status: () =>
      JSON.stringify({
        connection: chat.manager.store.getState().state,
        mutating: queryClient.isMutating(),
        fetching: queryClient.isFetching(),
        rooms: rooms.map(
          (roomId) => chat.live.status(queryClient, timelineOf(roomId).options.queryKey).status,
        ),
      }),
    count: () => ({ dials, requests, disconnectedMs: away() }),
    disconnect: () => chat.manager.disconnect(),
    connect: () => chat.manager.connect(),
    close: () => {
      for (const stop of stops) stop()
      chat.manager.close()
      queryClient.clear()
    },
  }
}

function roomsIn(rooms: readonly ChatRoom[] = []): ReturnType<Person['list']> {
  const lastOf = ({ last_message: last }: ChatRoom) => (last ? String(last.id) : undefined)
  return new Map(rooms.map((room) => [String(room.id), { unread: room.unread_count, last: lastOf(room) }]))
}

/** For how long a user would have seen that there is no connection. Milliseconds. */
function watchAway(store: {
  getState(): { readonly state: string }
  subscribe(listener: () => void): () => void
}): () => number {
  let total = 0
  let since: number | undefined
  let wasThere = false
  store.subscribe(() => {
    const isThere = store.getState().state === 'CONNECTED'
    if (isThere && since !== undefined) total += performance.now() - since
    if (isThere) since = undefined
    else if (wasThere) since ??= performance.now()
    wasThere ||= isThere
  })
  return () => Math.round(total + (since === undefined ? 0 : performance.now() - since))
}
