/** The kit with its chat, as a test wants it: planted, counting its ids, and telling what happens. */
import { chatServer, coreOf } from '../../server/chat/chatServer.ts'
import { viewUser } from '../../server/chat/domain/views.ts'
import { CHAT_LIMITS } from '../../server/chat/limits.ts'
import type { ChatCore } from '../../server/chat/live/core.ts'
import type { ChatServer } from '../../server/chat/options.ts'
import { wait } from '../../server/chat/steps.ts'
import type { RoomRow } from '../../server/chat/tables/chatTables.ts'
import { createLiveServer } from '../../server/createLiveServer.ts'
import type { ServerEnvironment } from '../../server/environment.ts'
import type { LiveServerEvent, LiveServerLimits } from '../../server/options.ts'
import type { AcceptedSocket, ServerRequest, ServerSocket } from '../../server/socket.ts'
import type { LoggedEvent, Store } from '../../server/store.ts'
import { defineProtocol } from '../../transport/protocol.ts'
import { type Authenticate, trustingAuthenticator } from './authentication.ts'
import type { ChatServerEvent } from './connection.ts'
import type { ServerLimits } from './limits.ts'
import { type ChatNow, createChatNow } from './operator/chatNow.ts'
import { createPlanting } from './planting.ts'
import { type RoomSeed, type UserSeed, userOf } from './seeds.ts'
import { isMemoryStore, toldStore } from './toldStore.ts'
import type { ChatLevel, Fields, Id, Message, User } from './wire.ts'

/** A request of your own protocol, answered with what it returns. */
export type CustomHandler = (data: Fields, context: { readonly user: User }) => unknown

export interface KitOptions {
  readonly users?: readonly UserSeed[]
  readonly rooms?: readonly RoomSeed[]
  readonly level: ChatLevel
  readonly limits: ServerLimits
  readonly environment: ServerEnvironment
  readonly store: Store<unknown>
  readonly authenticate?: Authenticate
  readonly authTimeoutMs?: number
  readonly roomEndpoint?: RegExp
  readonly maxMessageLength?: number
  readonly handlers?: Readonly<Record<string, CustomHandler>>
  emit(event: ChatServerEvent): void
  onOpened(kitId: string): void
  onAuthenticated(kitId: string, userId: Id): void
}

export interface Kit {
  accept(socket: ServerSocket, request: ServerRequest): AcceptedSocket
  readonly chat: ChatNow
  readonly write: ChatServer['write']
}

const DEFAULT_USERS = ['alice', 'bob', 'carol']
const DEFAULT_ROOMS: readonly RoomSeed[] = [{ id: 'general' }]
const ROOM_ENDPOINT = /\/chat\/([^/]+)\/?$/

export function createKit(options: KitOptions): Kit {
  const { environment, handlers = {}, roomEndpoint: endpoint = ROOM_ENDPOINT } = options
  const isAlone = isMemoryStore(options.store)
  const ids = createMessageIds()
  const chat = chatServer({
    endpoint,
    isAlone,
    limits: { messageLength: options.maxMessageLength ?? CHAT_LIMITS.messageLength },
    ...(isAlone && { createMessageId: ids.next }),
  })
  const core = () => coreNamed(chat)
  const seeds = seedsOf(options)
  const planting = createPlanting({ ...seeds, endpoint, core })
  const authenticate =
    options.authenticate ??
    trustingAuthenticator({
      now: environment.wallNow,
      find: async (id) => {
        await planting.tried
        if (planting.isPlanted()) return findUser(core(), id)
        return seeds.users.map(userOf).find(({ key }) => key === id)?.body
      },
    })
  const live = createLiveServer({
    store: toldStore(options.store, (events) => planting.isPlanted() && tellMessages(options, events)),
    environment,
    limits: kitLimits(options),
    origins: '*',
    authenticate: (token = '') => authenticate(token),
    protocol: protocolOf(handlers),
    requests: requestsOf(handlers),
    plugins: [planting.plugin, chat],
    onEvent: (event) => hear(options, event),
  })
  const now = createChatNow(options.store, core)
  if (isAlone) {
    ids.skip(now.rooms())
    planting.plantNow()
  }
  return { accept: live.accept, chat: now, write: chat.write }
}

const seedsOf = ({ level, users = DEFAULT_USERS, rooms = DEFAULT_ROOMS }: KitOptions) => ({
  level,
  users,
  rooms,
})

function coreNamed(chat: ChatServer): ChatCore {
  const core = coreOf.get(chat)
  if (!core) throw new Error('The chat has not been started')
  return core
}

/**
 * Counted, not drawn: a client that orders by (timestamp, id) sees messages of the same millisecond in the order in
 * which they came.
 */
function createMessageIds() {
  let count = 0
  return {
    next: (): string => `m${String(++count).padStart(8, '0')}`,
    skip: (rooms: readonly RoomRow[]) => {
      for (const { messageCount } of rooms) count += messageCount
    },
  }
}

async function findUser({ read }: ChatCore, id: string): Promise<User | undefined> {
  const { result } = await read([], ({ tables }) => wait(tables.users([id])))
  const [user] = result
  return user && viewUser(user)
}

/** Nobody who is silent is closed: in a test, most clients say nothing for hours. */
const kitLimits = ({
  limits: { messageBytes, ...rest },
  authTimeoutMs = 10_000,
}: KitOptions): Partial<LiveServerLimits> => ({
  ...rest,
  messageLength: messageBytes,
  signInMs: authTimeoutMs,
  silenceMs: Number.POSITIVE_INFINITY,
  syncEvents: 5_000,
})

/** Whatever there is fits. */
const anything = {
  '~standard': { version: 1, vendor: 'querywire', validate: (value: unknown) => ({ value }) },
} as const

type Handlers = Readonly<Record<string, CustomHandler>>

const protocolOf = (handlers: Handlers) =>
  defineProtocol({
    requests: Object.fromEntries(
      Object.keys(handlers).map((type) => [type, { params: anything, result: anything }]),
    ),
  })

const requestsOf = (handlers: Handlers) =>
  Object.fromEntries(
    Object.entries(handlers).map(([type, handler]) => [
      type,
      ({ data, user }: { readonly data: unknown; readonly user: User }) => handler(data as Fields, { user }),
    ]),
  )

function hear({ onOpened, onAuthenticated, emit }: KitOptions, event: LiveServerEvent): void {
  if (event.type === 'connected') onOpened(event.connectionId)
  if (event.type === 'authenticated') onAuthenticated(event.connectionId, event.userId)
  if (event.type === 'failed') emit(event)
}

const ANNOUNCEMENT = '{"type":"chat_message"'

function tellMessages({ emit }: KitOptions, events: readonly LoggedEvent[]): void {
  for (const { event } of events) {
    if (!event.startsWith(ANNOUNCEMENT)) continue
    const { message } = JSON.parse(event) as { readonly message: Message }
    emit({ type: 'message', message })
  }
}
