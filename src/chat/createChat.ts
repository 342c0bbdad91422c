/** `createChat`: rooms, messages, read state, typing and presence as TanStack options over one manager. */
import { createStore, type StoreApi } from 'zustand/vanilla'
import { createLive, type Live } from '../query/index.ts'
import {
  createWebSocketManager,
  type Protocol,
  type UntypedProtocol,
  type WebSocketManager,
  type WebSocketManagerOptions,
} from '../transport/index.ts'
import type { ChatContext, ChatEndpoints } from './context.ts'
import { type CurrentUser, userGiven, userOfClaims } from './currentUser.ts'
import { defineAll } from './definitions.ts'
import { createLevel } from './level.ts'
import { MESSAGES } from './messages.ts'
import { ROOMS } from './rooms.ts'
import { DEFAULT_SCHEMAS } from './schemas.ts'
import {
  type BaseMessage,
  type ChatLevel,
  type ChatMember,
  type ChatRoom,
  type ChatSchemas,
  type ChatUser,
  type Id,
  sameId,
} from './types.ts'

export interface ChatSettings<
  M extends BaseMessage = BaseMessage,
  R extends ChatRoom = ChatRoom,
  B extends ChatMember = ChatMember,
> {
  /** Who is signed in. @default the token's claims (`sub` or `user_id`; `username` or `name`) */
  readonly currentUser?: CurrentUser | undefined
  /**
   * `room`: an endpoint per room. `rooms`: where the room list lives.
   * @default the manager's `endpoint` for everything; without one `/ws/chat/<roomId>/` and `/ws/chat/`
   */
  readonly endpoints?: { readonly rooms?: string; readonly room?: (roomId: Id) => string } | undefined
  readonly schemas?: ChatSchemas<M, R, B> | undefined
  /** Messages per page. @default 50 */
  readonly pageSize?: number | undefined
  /** Characters a message may have. @default 4000 */
  readonly maxLength?: number | undefined
  /** What the back end offers. @default found out from what it answers */
  readonly level?: ChatLevel | undefined
}

type ManagerSource<P extends Protocol> =
  | WebSocketManagerOptions<P>
  | { readonly manager: WebSocketManager<P> }

export type ChatOptions<
  M extends BaseMessage = BaseMessage,
  R extends ChatRoom = ChatRoom,
  B extends ChatMember = ChatMember,
  P extends Protocol = UntypedProtocol,
> = ChatSettings<M, R, B> & ManagerSource<P>

/** Client state of the chat; server state is in the QueryClient. */
export interface ChatState {
  readonly activeRoomId: Id | null
  readonly currentUser: ChatUser | undefined
}

export type Chat<
  M extends BaseMessage = BaseMessage,
  R extends ChatRoom = ChatRoom,
  B extends ChatMember = ChatMember,
> = ReturnType<typeof createChat<M, R, B>>

/**
 * Everything a chat needs, as options for plain TanStack hooks.
 *
 * @example
 * ```ts
 * const chat = createChat({ url: 'wss://api.example.com', tokenManager })
 * const { data } = useInfiniteQuery(chat.messages(roomId))
 * const { mutate } = useMutation(chat.sendMessage(roomId))
 * ```
 */
export function createChat<
  M extends BaseMessage = BaseMessage,
  R extends ChatRoom = ChatRoom,
  B extends ChatMember = ChatMember,
  P extends Protocol = UntypedProtocol,
>(options: ChatOptions<M, R, B, P>) {
  const manager = managerOf(options)
  const live: Live = createLive({ manager })
  const store = createStore<ChatState>(() => ({ activeRoomId: null, currentUser: undefined }))
  const endpoints = endpointsOf(options.endpoints, manager.endpoint)
  const newLevel = (definition: string) =>
    createLevel(manager.port.clock, options.level, () => live.refresh(definition))
  const level = newLevel(MESSAGES)
  const context: ChatContext<M, R, B> = {
    live,
    manager,
    level,
    roomsLevel: endpoints.room ? newLevel(ROOMS) : level,
    schemas: { ...DEFAULT_SCHEMAS, ...options.schemas } as Required<ChatSchemas<M, R, B>>,
    pageSize: options.pageSize ?? 50,
    maxLength: options.maxLength ?? 4_000,
    endpoints,
    currentUser: () => userGiven(options.currentUser) ?? store.getState().currentUser,
  }
  return {
    ...defineAll(context),
    manager,
    live,
    store,
    context,
    /** Starts to listen for who is signed in, as `ChatProvider` does; returns what ends it. */
    start: shared(() => listen(context, store)),
  }
}

/** Listens for what tells who is signed in and how able the server is. Opens no connection. */
function listen({ manager, level, endpoints }: ChatContext, store: StoreApi<ChatState>): () => void {
  const stopIdentity = manager.identify((claims) => {
    const currentUser = userOfClaims(claims)
    // The greeting knows more of the same user than the token does, and a token need not say who it is for.
    const isNews = currentUser && !sameId(store.getState().currentUser?.id, currentUser.id)
    if (isNews) store.setState({ currentUser })
  })
  const stopWelcome = manager.subscribe<{ user?: ChatUser } | undefined>('welcome', (welcome) => {
    // Where every room has its own connection, a greeting does not say which of them greets.
    if (!endpoints.room) level.heard()
    if (welcome?.user) store.setState({ currentUser: welcome.user })
  })
  return () => {
    stopIdentity()
    stopWelcome()
  }
}

/** Runs while anybody wants it. */
function shared(run: () => () => void): () => () => void {
  let holders = 0
  let stop: (() => void) | undefined
  return () => {
    holders++
    stop ??= run()
    let isHeld = true
    return () => {
      if (!isHeld) return
      isHeld = false
      if (--holders > 0) return
      stop?.()
      stop = undefined
    }
  }
}

/** The chat adds nothing to the protocol; whatever else it declares is the application's. */
function managerOf<P extends Protocol>(options: ManagerSource<P>): WebSocketManager {
  const manager = 'manager' in options ? options.manager : createWebSocketManager<P>(options)
  return manager as unknown as WebSocketManager
}

function endpointsOf(given: ChatSettings['endpoints'], shared: string | undefined): ChatEndpoints {
  const perRoom =
    given?.room ?? (shared === undefined && !given?.rooms ? (id: Id) => `/ws/chat/${id}/` : undefined)
  return {
    rooms: given?.rooms ?? shared ?? '/ws/chat/',
    room: perRoom && (({ roomId }) => perRoom(roomId)),
  }
}
