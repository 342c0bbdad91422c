/** Every hook, mounted and unmounted over and over in every surrounding: what is left afterwards, and what is not collected. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import {
  notifyManager,
  QueryClient,
  QueryClientProvider,
  timeoutManager,
  useSuspenseQuery,
} from '@tanstack/react-query'
import { act, cleanup, render } from '@testing-library/react'
import { type ReactNode, StrictMode, Suspense, useEffect, useState } from 'react'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ChatMessage } from '../../src/chat/index.ts'
import * as chatHooks from '../../src/chat/index.ts'
import * as rootHooks from '../../src/index.ts'
import {
  createChatServer,
  createFakeEnvironment,
  type FakeSocket,
  mountOnFakeSockets,
} from '../../src/testing/index.ts'

const {
  ChatProvider,
  createChat,
  useChat,
  useChatRooms,
  useChatWebSocket,
  useConnectionIndicator,
  useDraft,
  useMessages,
  usePresence,
  useReaders,
  useReadState,
  useSendMessage,
  useTyping,
} = chatHooks
const {
  LiveProvider,
  setDefaultManager,
  useLiveStatus,
  useManager,
  useWebSocket,
  useWebSocketRequest,
  useWebSocketSend,
  useWebSocketStatus,
  useWebSocketStore,
  useWebSocketSubscription,
  WebSocketProvider,
} = rootHooks

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** For each hook: two thousand in all, in less than a minute. */
const MOUNTS = Number(process.env.LIFETIMES_MOUNTS ?? 106)
const ROOM = 'general'
const PEOPLE = ['bob']
/** Longer than TanStack keeps a query. Milliseconds. */
const LONG = 600_000

type Chat = ReturnType<typeof createChat>

/** Calls it once, in an effect, with what it holds and lets go again. */
function useOnce(effect: () => unknown): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: once
  useEffect(() => void effect(), [])
}

const ignore = () => undefined

/** Each hook, and what one does with it. */
const MESSAGE = {
  id: 'm1',
  room_id: ROOM,
  sender: { id: 'bob', username: 'bob' },
  content: 'here',
  timestamp: '2026-01-01T00:00:00Z',
} as ChatMessage

const HOOKS: Record<string, () => void> = {
  useChat: () => void useChat(),
  useChatRooms() {
    const { joinRoom } = useChatRooms()
    useOnce(() => joinRoom(ROOM).catch(ignore))
  },
  useChatWebSocket() {
    const { sendMessage, sendTypingIndicator, sendReadReceipt, loadHistory } = useChatWebSocket(ROOM)
    useOnce(() => {
      sendTypingIndicator(true)
      sendMessage('here').catch(ignore)
      sendReadReceipt()
      loadHistory().catch(ignore)
    })
  },
  useConnectionIndicator: () => void useConnectionIndicator(),
  useDraft() {
    const [, setDraft] = useDraft(ROOM)
    useOnce(() => setDraft('well'))
  },
  useMessages() {
    const { loadOlder, loadNewer } = useMessages(ROOM)
    useOnce(() => Promise.all([loadOlder(), loadNewer()]).catch(ignore))
  },
  usePresence: () => void usePresence(PEOPLE),
  useReaders: () => void useReaders(MESSAGE),
  useReadState() {
    const { markRead } = useReadState(ROOM)
    useOnce(() => markRead())
  },
  useSendMessage() {
    const { send } = useSendMessage(ROOM)
    useOnce(() => send('hello').catch(ignore))
  },
  useTyping() {
    const { keystroke } = useTyping(ROOM)
    useOnce(keystroke)
  },
  useLiveStatus: () => void useLiveStatus(useChat().messages(ROOM)),
  useManager: () => void useManager(),
  useWebSocket() {
    const { subscribe } = useWebSocket()
    useEffect(() => subscribe('anything', ignore), [subscribe])
  },
  useWebSocketRequest() {
    const { request } = useWebSocketRequest()
    useOnce(() => request('get_rooms', {}).catch(ignore))
  },
  useWebSocketSend() {
    const { send } = useWebSocketSend()
    useOnce(() => send('anything', {}).catch(ignore))
  },
  useWebSocketStatus: () => void useWebSocketStatus(),
  useWebSocketStore: () => void useWebSocketStore(({ state }) => state),
  useWebSocketSubscription: () => useWebSocketSubscription('anything', ignore),
  // Not one of ours: it fetches while it renders.
  useSuspenseQuery: () => void useSuspenseQuery(useChat().rooms()),
}

const isHook = (name: string) => /^use[A-Z]/.test(name)

interface Stage {
  readonly chat: Chat
  readonly queryClient: QueryClient
}

type Surrounding = (stage: Stage, content: ReactNode) => ReactNode

const within: Surrounding = ({ chat, queryClient }, content) => (
  <QueryClientProvider client={queryClient}>
    <ChatProvider chat={chat}>{content}</ChatProvider>
  </QueryClientProvider>
)

/** Providers in another order, some of them twice. */
const nested: Surrounding = ({ chat, queryClient }, content) => (
  <WebSocketProvider manager={chat.manager}>
    <QueryClientProvider client={queryClient}>
      <LiveProvider live={chat.live}>
        <ChatProvider chat={chat}>
          <LiveProvider live={chat.live}>{content}</LiveProvider>
        </ChatProvider>
      </LiveProvider>
    </QueryClientProvider>
  </WebSocketProvider>
)

/** The default manager; what needs a provider of live data gets it. */
const alone: Surrounding = ({ chat, queryClient }, content) => {
  setDefaultManager(chat.manager)
  return (
    <QueryClientProvider client={queryClient}>
      <DefaultLive>{content}</DefaultLive>
    </QueryClientProvider>
  )
}

function DefaultLive({ children }: { readonly children: ReactNode }) {
  return <LiveProvider live={useChat().live}>{children}</LiveProvider>
}

const SURROUNDINGS: readonly Surrounding[] = [within, nested, alone]

let accept: (socket: FakeSocket) => void
let fake: ReturnType<typeof createFakeEnvironment>
let everything: { readonly what: string; readonly reference: WeakRef<object> }[]
let newChat: () => Chat
let newQueryClient: () => QueryClient

function watch<T extends object>(what: string, value: T): T {
  everything.push({ what, reference: new WeakRef(value) })
  return value
}

beforeEach(() => {
  fake = createFakeEnvironment({ onSocket: (socket) => accept(socket) })
  const { environment } = fake
  const server = createChatServer({
    clock: { now: environment.wallNow, setTimer: environment.setTimer } as never,
  })
  accept = mountOnFakeSockets(server)
  everything = []
  newChat = () => {
    const tokenManager = { getAccessToken: () => 'alice' }
    const chat = createChat({ url: 'ws://x', endpoint: '/ws/', tokenManager, environment, debug: false })
    watch('manager', chat.manager)
    watch('live', chat.live)
    return watch('chat', chat)
  }
  newQueryClient = () => watch('QueryClient', new QueryClient())
  notifyManager.setScheduler(queueMicrotask)
  // TanStack's own timers count, too.
  const stops = new Map<number, () => void>()
  let ids = 0
  const clear = (id: unknown) => {
    stops.get(Number(id))?.()
    stops.delete(Number(id))
  }
  timeoutManager.setTimeoutProvider({
    setTimeout(callback: () => void, delay: number) {
      const id = ++ids
      const run = () => {
        stops.delete(id)
        callback()
      }
      stops.set(id, environment.setTimer(run, delay))
      return id
    },
    clearTimeout: clear,
    setInterval: () => ++ids,
    clearInterval: clear,
  } as never)
})
afterEach(() => {
  cleanup()
  setDefaultManager(undefined)
  localStorage.clear()
})

const pass = (ms: number) => act(() => fake.clock.advance(ms))

function Subject({ hook }: { readonly hook: string }) {
  HOOKS[hook]?.()
  return null
}

const shown = (surround: Surrounding, stage: Stage, hook: string) => (
  <StrictMode>
    {surround(
      stage,
      <Suspense>
        <Subject hook={hook} />
      </Suspense>,
    )}
  </StrictMode>
)

async function uncollected(): Promise<string[]> {
  const left = () => everything.filter(({ reference }) => reference.deref()).map(({ what }) => what)
  for (let tries = 0; tries < 12; tries++) {
    await new Promise((resolve) => setImmediate(resolve))
    collectGarbage()
    if (left().length === 0) break
  }
  return left()
}

/** Listeners on the page, by what is added and taken away. A spy would keep all of them. */
function countListeners() {
  let count = 0
  const restores = ([globalThis, document] as EventTarget[]).map((target) => {
    const { addEventListener, removeEventListener } = target
    target.addEventListener = (...given) => {
      count++
      addEventListener.apply(target, given)
    }
    target.removeEventListener = (...given) => {
      count--
      removeEventListener.apply(target, given)
    }
    return () => Object.assign(target, { addEventListener, removeEventListener })
  })
  return () => {
    for (const restore of restores) restore()
    return count
  }
}

/** React remembers the root that it worked on last; this is one that holds nothing. */
function Forget() {
  const [turn, setTurn] = useState(0)
  useEffect(() => {
    if (turn < 3) setTurn(turn + 1)
  }, [turn])
  return null
}

async function mountOften(hook: string): Promise<number> {
  let queries = 0
  let stage: Stage = { chat: newChat(), queryClient: newQueryClient() }
  const used = new Set<QueryClient>()
  for (let mount = 0; mount < MOUNTS; mount++) {
    const surround = SURROUNDINGS[mount % SURROUNDINGS.length] ?? within
    const { chat, queryClient } = stage
    used.add(queryClient)
    const view = render(shown(surround, stage, hook))
    await pass(mount % 4 === 0 ? 50 : 0)
    // Another chat with the same cache, the same chat with another cache, both, or neither.
    const kind = mount % 8
    stage = {
      chat: kind === 1 || kind === 5 ? newChat() : chat,
      queryClient: kind === 3 || kind === 5 ? newQueryClient() : queryClient,
    }
    if (kind < 6) view.rerender(shown(surround, stage, hook))
    used.add(stage.queryClient)
    await pass(mount % 3 === 0 ? 100 : 0)
    view.unmount()
    cleanup()
  }
  await pass(LONG)
  for (const queryClient of used) {
    queries += queryClient
      .getQueryCache()
      .getAll()
      .filter(({ queryKey }) => queryKey[0] === 'live').length
    queryClient.clear()
  }
  return queries
}

describe('every hook', () => {
  it('[T58] is known here', () => {
    const names = [...Object.keys(rootHooks), ...Object.keys(chatHooks)].filter(isHook)
    expect(Object.keys(HOOKS)).toEqual(expect.arrayContaining(names))
  })

  it.each(Object.keys(HOOKS))(`[T58] ${MOUNTS} mounts of %s leave nothing`, async (hook) => {
    const listeners = countListeners()
    const queries = await mountOften(hook)
    expect(queries).toBe(0)
    expect(fake.held()).toEqual({ timers: 0, listeners: 0, sockets: 0 })
    expect(listeners()).toBeLessThanOrEqual(1)
    setDefaultManager(undefined)
    render(<Forget />)
    cleanup()
    // What is at the other end remembers whom it spoke to.
    accept = ignore
    ;(fake.sockets as unknown[]).length = 0
    expect(await uncollected()).toEqual([])
  })
})
