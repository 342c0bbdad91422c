/** `createChat`: rooms, messages, read state, typing and presence as TanStack options over one manager. */
import { queryOptions } from '@tanstack/react-query'
import { createStore, type StoreApi } from 'zustand/vanilla'
import { createLive, type Live } from '../query/index.ts'
import {
  createWebSocketManager,
  readClaims,
  type WebSocketManager,
  type WebSocketManagerOptions,
} from '../transport/index.ts'
import type { ChatContext, ChatEndpoints } from './context.ts'
import { createLevel } from './level.ts'
import { defineMessages, MESSAGES } from './messages.ts'
import { defineMembers, definePresence, defineTyping } from './people.ts'
import { defineJoinRoom, defineLeaveRoom, defineMarkRead, defineRooms, ROOMS, readStateIn } from './rooms.ts'
import { DEFAULT_SCHEMAS } from './schemas.ts'
import { defineDeleteMessage, defineEditMessage, defineReact, defineSendMessage } from './sendMessage.ts'
import { type ChatLevel, type ChatSchemas, type ChatUser, type Id, sameId } from './types.ts'

export interface ChatSettings {
  /** Who is signed in. @default the token's claims (`sub` or `user_id`; `username` or `name`) */
  readonly currentUser?: ChatUser | (() => ChatUser | undefined) | undefined
  /**
   * `room`: an endpoint per room. `rooms`: where the room list lives.
   * @default the manager's `endpoint` for everything; without one `/ws/chat/<roomId>/` and `/ws/chat/`
   */
  readonly endpoints?: { readonly rooms?: string; readonly room?: (roomId: Id) => string } | undefined
  readonly schemas?: ChatSchemas | undefined
  /** Messages per page. @default 50 */
  readonly pageSize?: number | undefined
  /** Characters a message may have. @default 4000 */
  readonly maxLength?: number | undefined
  /** What the back end offers. @default found out from what it answers */
  readonly level?: ChatLevel | undefined
}

export type ChatOptions = ChatSettings & (WebSocketManagerOptions | { readonly manager: WebSocketManager })

/** Client state of the chat; server state is in the QueryClient. */
export interface ChatState {
  readonly activeRoomId: Id | null
  readonly currentUser: ChatUser | undefined
}

export type Chat = ReturnType<typeof createChat>

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
export function createChat(options: ChatOptions) {
  const manager = 'manager' in options ? options.manager : createWebSocketManager(options)
  const live: Live = createLive({ manager })
  const store = createStore<ChatState>(() => ({ activeRoomId: null, currentUser: undefined }))
  const endpoints = endpointsOf(options)
  const newLevel = (definition: string) =>
    createLevel(manager.port.clock, options.level, () => live.refresh(definition))
  const level = newLevel(MESSAGES)
  const context: ChatContext = {
    live,
    manager,
    level,
    roomsLevel: endpoints.room ? newLevel(ROOMS) : level,
    schemas: { ...DEFAULT_SCHEMAS, ...options.schemas },
    pageSize: options.pageSize ?? 50,
    maxLength: options.maxLength ?? 4_000,
    endpoints,
    currentUser: () => userIn(options.currentUser) ?? store.getState().currentUser,
  }
  return {
    ...definitionsOf(context),
    manager,
    live,
    store,
    context,
    start: () => start(options, context, store),
  }
}

function definitionsOf(context: ChatContext) {
  const messages = defineMessages(context)
  const rooms = defineRooms(context)
  const members = defineMembers(context)
  const typing = defineTyping(context)
  const presence = definePresence(context)
  const sendMessage = defineSendMessage(context, messages)
  const editMessage = defineEditMessage(context, messages)
  const deleteMessage = defineDeleteMessage(context, messages)
  const react = defineReact(context, messages)
  const markRead = defineMarkRead(context, rooms)
  return {
    rooms: () => rooms(),
    room: (roomId: Id) =>
      queryOptions({ ...rooms(), select: (all) => all.find(({ id }) => sameId(id, roomId)) }),
    messages: (roomId: Id, window?: { around?: Id | undefined; pageSize?: number | undefined }) =>
      messages({ roomId }, window),
    members: (roomId: Id) => members({ roomId }),
    /** Unread and mention counts and the pointer, as the server says them. */
    readState: (roomId: Id) => queryOptions({ ...rooms(), select: (all) => readStateIn(all, roomId) }),
    typing: (roomId: Id) => typing({ roomId }),
    presence: (userIds: readonly Id[]) => presence({ userIds }),
    sendMessage: Object.assign((roomId: Id) => sendMessage({ roomId }), sendMessage),
    editMessage: (roomId: Id) => editMessage({ roomId }),
    deleteMessage: (roomId: Id) => deleteMessage({ roomId }),
    react: (roomId: Id) => react({ roomId }),
    markRead: Object.assign((roomId: Id) => markRead({ roomId }), markRead),
    joinRoom: defineJoinRoom(context, rooms),
    leaveRoom: defineLeaveRoom(context, rooms),
  }
}

/** Listens for what tells who is signed in and how able the server is. Opens no connection. */
function start(
  options: ChatOptions,
  { manager, level, endpoints }: ChatContext,
  store: StoreApi<ChatState>,
): () => void {
  let isStopped = false
  const learn = (user: ChatUser | undefined) => {
    if (user && !isStopped) store.setState({ currentUser: user })
  }
  void readUser(options).then(learn)
  const stop = manager.subscribe<{ user?: ChatUser } | undefined>('welcome', (welcome) => {
    // Where every room has its own connection, a greeting does not say which of them greets.
    if (!endpoints.room) level.heard()
    if (welcome?.user) learn(welcome.user)
  })
  return () => {
    isStopped = true
    stop()
  }
}

/** The user in the token's claims. A token that cannot be read now is read again at the next start. */
async function readUser(options: ChatOptions): Promise<ChatUser | undefined> {
  if (!('tokenManager' in options) || !options.tokenManager) return undefined
  try {
    const token = await options.tokenManager.getAccessToken()
    return token === null ? undefined : userOfToken(token)
  } catch {
    // Connecting reports it; who is signed in simply stays unknown.
    return undefined
  }
}

export function userOfToken(token: string): ChatUser | undefined {
  const claims = readClaims(token)
  const id = claims?.sub ?? claims?.user_id
  if (typeof id !== 'string' && typeof id !== 'number') return undefined
  const name = claims?.username ?? claims?.name
  return { id, username: typeof name === 'string' ? name : String(id) }
}

function userIn(user: ChatSettings['currentUser']): ChatUser | undefined {
  return typeof user === 'function' ? user() : user
}

function endpointsOf(options: ChatOptions): ChatEndpoints {
  const { endpoints } = options
  const shared = 'endpoint' in options ? options.endpoint : undefined
  const perRoom =
    endpoints?.room ?? (shared === undefined && !endpoints?.rooms ? (id: Id) => `/ws/chat/${id}/` : undefined)
  return {
    rooms: endpoints?.rooms ?? shared ?? '/ws/chat/',
    room: perRoom && (({ roomId }) => perRoom(roomId)),
  }
}
