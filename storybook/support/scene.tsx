/**
 * A back end for a story: the chat server of `querywire/testing` behind Mock Service Worker, new for every showing,
 * and one client per user, each with a cache of its own.
 */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import type { WebSocketHandler } from 'msw'
import type { SetupWorker } from 'msw/browser'
import type {} from 'msw-storybook-addon/types'
import type { ReactNode } from 'react'
import { type Chat, ChatProvider, createChat } from '../../src/chat/index.ts'
import {
  type ChatServer,
  type ChatServerOptions,
  createChatServer,
  mountOnMsw,
} from '../../src/testing/index.ts'
import {
  browserEnvironment,
  type Environment,
  type WebSocketManagerOptions,
} from '../../src/transport/index.ts'
import { controlServer, watchClient } from '../network/network.ts'
import { type Fault, type Wrong, wrongOf } from './faults.ts'
import './frame.css'
import { lastingToken } from './tokens.ts'

export interface SceneOptions {
  /** @default the server's own: alice, bob and carol in one empty room */
  readonly server?: () => ChatServerOptions
  readonly client?: Partial<WebSocketManagerOptions>
  /** How many times faster than real the clients wait: no story should make anybody sit through a grace period. */
  readonly haste?: number
  /** Before anybody connects. What it returns ends what it has started. */
  readonly prepare?: (server: ChatServer) => undefined | (() => void)
}

export interface Scene {
  readonly beforeEach: (context: {
    readonly msw: SetupWorker
    readonly parameters: { readonly fault?: Fault }
  }) => () => void
  /** The server of this showing. */
  readonly server: () => ChatServer
  /** What this user has in the page. */
  readonly client: (user: string) => Pick<Client, 'chat' | 'queryClient'>
  /** Everything inside is what this user sees. */
  readonly As: (props: { readonly user: string; readonly children: ReactNode }) => ReactNode
}

interface Client {
  readonly chat: Chat
  readonly queryClient: QueryClient
  readonly unwatch: () => void
}

interface Showing {
  readonly server: ChatServer
  readonly clients: Map<string, Client>
  /** What is wrong now. */
  wrong: Wrong | undefined
}

/** A page of documentation shows many stories at once, and each of them resets the worker when it begins. */
const mounted = new Map<string, readonly WebSocketHandler[]>()
let scenes = 0

export function createScene(options: SceneOptions = {}): Scene {
  const url = `ws://scene-${++scenes}.querywire.test`
  let showing: Showing | undefined
  const current = () => {
    if (!showing) throw new Error('The scene has not begun: give its beforeEach to the story')
    return showing
  }
  const client = (user: string) => {
    const now = current()
    const known = now.clients.get(user) ?? createClient(user, url, { ...options, wrong: () => now.wrong })
    now.clients.set(user, known)
    return known
  }
  return {
    beforeEach: ({ msw, parameters }) => {
      const server = createChatServer(options.server?.())
      const stop = options.prepare?.(server)
      const release = controlServer(server)
      mounted.set(url, mountOnMsw(server, url))
      msw.resetHandlers(...[...mounted.values()].flat())
      localStorage.clear()
      const begun: Showing = { server, clients: new Map(), wrong: undefined }
      showing = begun
      const stopFault = parameters.fault && beginFault(parameters.fault, begun)
      return () => {
        stop?.()
        stopFault?.()
        release()
        for (const { chat, unwatch } of begun.clients.values()) {
          unwatch()
          chat.manager.close()
        }
        server.close()
      }
    },
    server: () => current().server,
    client,
    As: ({ user, children }) => {
      const { queryClient, chat } = client(user)
      return (
        <QueryClientProvider client={queryClient}>
          <ChatProvider chat={chat}>{children}</ChatProvider>
        </QueryClientProvider>
      )
    },
  }
}

const LOOK_EVERY_MS = 100

/** Twice in a row: one request may follow another. Returns what keeps it from beginning. */
function beginFault(fault: Fault, showing: Showing): () => void {
  const wrong = wrongOf(fault)
  const begin = () => {
    showing.wrong = wrong
    wrong.happen(showing.server)
  }
  if (wrong.begins !== 'loaded') {
    begin()
    return () => {}
  }
  let wasLoaded = false
  const timer = setInterval(() => {
    const isLoaded = [...showing.clients.values()].some(hasLoaded)
    if (isLoaded && wasLoaded) {
      clearInterval(timer)
      begin()
    }
    wasLoaded = isLoaded
  }, LOOK_EVERY_MS)
  return () => clearInterval(timer)
}

const hasLoaded = ({ chat, queryClient }: Client) =>
  chat.manager.store.getState().state === 'CONNECTED' &&
  queryClient.isFetching() === 0 &&
  queryClient.getQueryCache().getAll().length > 0

interface ClientOptions extends SceneOptions {
  readonly wrong: () => Wrong | undefined
}

function createClient(user: string, url: string, { client, haste = 1, wrong }: ClientOptions): Client {
  const chat = createChat({
    url,
    endpoint: '/ws/',
    currentUser: { id: user, username: user },
    tokenManager: {
      getAccessToken: () =>
        wrong()?.hasNoNetwork ? Promise.reject(new Error('No network')) : lastingToken(user),
    },
    environment: hastened(browserEnvironment(), (delayMs) =>
      wrong()?.isOutage && delayMs !== GRACE_MS ? 1 : haste,
    ),
    // The server is no faster than usual: what waits for it must not be hastened.
    ...(haste === 1
      ? {}
      : { heartbeat: false, requestTimeoutMs: 10_000 * haste, connectTimeoutMs: 10_000 * haste }),
    debug: false,
    ...client,
  })
  return {
    chat,
    unwatch: watchClient(user, chat),
    queryClient: new QueryClient({ defaultOptions: { queries: { retryDelay: 1_000 / haste } } }),
  }
}

/** How long it takes until one is told of an outage. */
const GRACE_MS = 5_000

const hastened = (environment: Environment, hasteFor: (delayMs: number) => number): Environment => ({
  ...environment,
  setTimer: (callback, delayMs) => environment.setTimer(callback, delayMs / hasteFor(delayMs)),
})
