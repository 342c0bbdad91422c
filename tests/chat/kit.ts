/** A chat server and any number of windows on it, in time that a test moves by hand. */
import {
  dehydrate,
  hydrate,
  InfiniteQueryObserver,
  notifyManager,
  QueryClient,
  QueryObserver,
} from '@tanstack/react-query'
import { type ChatMessage, type ChatSettings, createChat } from '../../src/chat/index.ts'
import { shouldDehydrateMutation } from '../../src/query/index.ts'
import { createFakeEnvironment, type FakeSocket } from '../../src/testing/fakeEnvironment.ts'
import { mountOnFakeSockets } from '../../src/testing/mountOnFakeSockets.ts'
import { type ChatServerOptions, createChatServer } from '../../src/testing/server/chatServer.ts'
import type { WebSocketManagerOptions } from '../../src/transport/index.ts'

// TanStack tells observers in a macrotask; time here moves by hand.
notifyManager.setScheduler(queueMicrotask)

const part = (value: object) => btoa(JSON.stringify(value))
const tokenOf = (user: string) => `${part({ alg: 'none' })}.${part({ sub: user, username: user })}.`

export const ROOM = 'general'

export type WindowOptions = Partial<ChatSettings> & WebSocketManagerOptions

export function createWorld(serverOptions: ChatServerOptions = {}) {
  const fake = createFakeEnvironment({ onSocket: (socket) => connect(socket) })
  const server = createChatServer({
    users: ['alice', 'bob', 'carol'],
    rooms: [{ id: ROOM }],
    clock: { now: fake.environment.wallNow, setTimer: fake.environment.setTimer },
    ...serverOptions,
  })
  const accept = mountOnFakeSockets(server)
  /** Messages that hold this text end their connection. */
  const deadly: { text: string | undefined; code: number } = { text: undefined, code: 1009 }
  const stops: (() => void)[] = []

  function connect(socket: FakeSocket): void {
    accept(socket)
    const receive = socket.onClientMessage
    // No server answers before `send` has returned.
    socket.onClientMessage = (data) =>
      queueMicrotask(() => {
        if (deadly.text && String(data).includes(deadly.text)) socket.drop(deadly.code)
        else receive?.(data)
      })
  }

  function newChat(user: string, options: WindowOptions = {}) {
    const chat = createChat({
      url: 'ws://localhost:9000',
      endpoint: '/ws/',
      tokenManager: { getAccessToken: () => tokenOf(user) },
      reconnect: { jitter: 0 },
      debug: false,
      environment: fake.environment,
      ...options,
    })
    stops.push(() => chat.manager.close())
    return chat
  }

  /** A window of this user with a room on screen. */
  function open(
    user: string,
    { roomId = ROOM, saved, ...options }: WindowOptions & { roomId?: string | number; saved?: string } = {},
  ) {
    const chat = newChat(user, options)
    const queryClient = new QueryClient()
    if (saved !== undefined) hydrate(queryClient, JSON.parse(saved))
    const history = new InfiniteQueryObserver(queryClient, chat.messages(roomId))
    stops.push(
      chat.live.connect(queryClient),
      chat.start(),
      history.subscribe(() => undefined),
    )
    const rows = (): ChatMessage[] =>
      (history.getCurrentResult().data?.pages ?? []).toReversed().flatMap((page) => [...page.items])
    return {
      chat,
      queryClient,
      history,
      rows,
      texts: () => rows().map(({ content }) => content),
      ids: () => rows().map(({ id }) => String(id)),
      status: () => chat.live.status(queryClient, history.options.queryKey).status,
      /** What a persister would keep of it, for the window that is opened after a reload. */
      save: () => JSON.stringify(dehydrate(queryClient, { shouldDehydrateMutation })),
      send: (text: string) => chat.sendMessage.start(queryClient, text, { roomId }),
      watch<T>(options: { readonly queryKey: readonly unknown[] }) {
        const observer = new QueryObserver(queryClient, options as never)
        stops.push(observer.subscribe(() => undefined))
        return () => observer.getCurrentResult().data as T | undefined
      },
    }
  }

  return {
    ...fake,
    server,
    deadly,
    newChat,
    open,
    /** Time passes, and everything that follows from it. */
    async pass(ms = 100) {
      await fake.flush()
      await fake.clock.advance(ms)
      await fake.flush()
    },
    sent: (type: string) =>
      fake.sockets.flatMap(({ frames }) => frames).filter((frame) => frame.type === type),
    close() {
      for (const stop of stops.splice(0).reverse()) stop()
    },
  }
}

export type World = ReturnType<typeof createWorld>

export const seeded = (count: number, sender = 'bob') =>
  Array.from({ length: count }, (_, at) => ({ sender, content: `old ${at + 1}` }))
