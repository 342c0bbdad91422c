/**
 * A chat back end in memory that speaks docs/PROTOCOL.md. It knows no transport: a mount gives it connections. With the
 * same options, clock and frames it does the same thing every time.
 */
import { type Authenticate, trustingAuthenticator } from './authentication.ts'
import { type ChatState, createChatState, createMessageIds } from './chatState.ts'
import { realClock, type ServerClock } from './clock.ts'
import { acceptConnection, endSession } from './connections.ts'
import { createHub } from './createHub.ts'
import { createFaultControls, type Faults, startEpoch } from './faultControls.ts'
import { createFaultPlan } from './faults.ts'
import type { ChatServerEvent, CustomHandler, Hub } from './hub.ts'
import { DEFAULT_LIMITS, type ServerLimits } from './limits.ts'
import { createLines } from './line/createLines.ts'
import { createOperator, type Operator } from './operator.ts'
import { createRandom } from './random.ts'
import { chatFromSeeds, type RoomSeed, type UserSeed } from './seeds.ts'
import type { AcceptedConnection, ServerConnection, Session } from './session.ts'
import type { ChatStore, StoreChange, StoredChat } from './store.ts'
import type { ChatLevel } from './wire.ts'

export interface ChatServerOptions {
  /** @default alice, bob and carol */
  readonly users?: readonly UserSeed[]
  /** @default one empty room, `general`, with every user in it */
  readonly rooms?: readonly RoomSeed[]
  /** How much of the protocol is offered. @default 3 */
  readonly level?: ChatLevel
  /** Decides which frames the faults hit. @default 1 */
  readonly seed?: number
  /** Who a token stands for. @default a token is a user's id, or an unchecked JWT whose `sub` is one */
  readonly authenticate?: Authenticate
  /** @default real time */
  readonly clock?: ServerClock
  /** Keeps the state. When it holds something already, `users` and `rooms` are not looked at. @default memory only */
  readonly store?: ChatStore
  /** Numbered events per room that `sync` can replay. @default 1000 */
  readonly logSize?: number
  /** Packs the frames of one turn for one connection into an array, from level 1 on. @default true */
  readonly batch?: boolean
  /** @default 4000 */
  readonly maxMessageLength?: number
  /** How long a connection may stay without a valid token. @default 10000 */
  readonly authTimeoutMs?: number
  /** Path of an endpoint per room; its first group is the room id. @default /ws/chat/<room_id>/ */
  readonly roomEndpoint?: RegExp
  /** How much one client may ask. @default those of `ServerLimits`, each */
  readonly limits?: Partial<ServerLimits>
  /** Requests of your own protocol, by frame type. */
  readonly handlers?: Readonly<Record<string, CustomHandler>>
}

export interface ChatServer extends Operator {
  readonly level: ChatLevel
  readonly limits: ServerLimits
  /** For mounts: a socket that is open. */
  accept(connection: ServerConnection): AcceptedConnection
  readonly faults: Faults
  /** Everything that happens, as it happens. Returns what stops it. */
  on(listener: (event: ChatServerEvent) => void): () => void
  /** Closes every connection with 1001. The state stays; new connections are accepted. */
  close(): void
  [Symbol.dispose](): void
}

const DEFAULT_USERS = ['alice', 'bob', 'carol']
const DEFAULT_ROOMS: readonly RoomSeed[] = [{ id: 'general' }]
const ROOM_ENDPOINT = /\/chat\/([^/]+)\/?$/

/**
 * @example
 * ```ts
 * const server = createChatServer({ users: ['alice', 'bob'], rooms: [{ id: 'r1', messages: [{ sender: 'bob', content: 'hi' }] }] })
 * const { url, close } = await mountOnNode(server)
 * server.inject('r1', { sender: 'bob', content: 'are you there?' })
 * server.faults.drop = 0.2
 * ```
 */
export function createChatServer(options: ChatServerOptions = {}): ChatServer {
  const { clock = realClock, logSize = 1000 } = options
  const { emit, on } = createEvents()
  const sessions = new Set<Session>()
  const faults = createFaultPlan(createRandom(options.seed ?? 1))
  const state = createState(options, clock, logSize)
  const level = options.level ?? 3
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const hub = createHub({
    level,
    clock,
    state,
    faults,
    store: options.store,
    batch: options.batch ?? true,
    maxMessageLength: options.maxMessageLength ?? 4000,
    customHandlers: options.handlers ?? {},
    limits,
    sessions,
    emit: (event) => {
      if (event.type === 'connected') lines.named(event.connectionId)
      if (event.type === 'authenticated') lines.authenticated(event.connectionId, event.userId)
      if (event.type === 'failed' || event.type === 'message') emit(event)
    },
    onClose: (session) => endSession(hub, sessions, session),
  })
  const access = createAccess({ options, hub, clock, sessions })
  const lines = createLines({
    level,
    clock,
    faults,
    batch: options.batch ?? true,
    messageLength: limits.messageBytes,
    emit,
    accept: (socket, { url, headers }) =>
      access.accept({
        url,
        protocols: (headers.get('sec-websocket-protocol') ?? '').split(',').map((name) => name.trim()),
        ...socket,
      }),
  })
  const close = () =>
    lines.turn(() => {
      for (const line of [...lines.all]) lines.end(line, 1001, 'going away')
    })
  return {
    level: hub.level,
    limits: hub.limits,
    ...createOperator({ hub, lines, logSize, setTimer: clock.setTimer }),
    accept: lines.accept,
    close,
    [Symbol.dispose]: close,
    faults: createFaultControls({
      faults,
      lines,
      clock,
      renewEpoch: () => hub.turn(() => hub.atomically(() => startEpoch(hub))),
    }),
    on,
  }
}

/** A listener that throws is told to all of them, and hinders nobody: not the others, and not the turn. */
function createEvents() {
  const listeners = new Set<(event: ChatServerEvent) => void>()
  const emit = (event: ChatServerEvent) => {
    for (const listener of listeners) {
      try {
        listener(event)
      } catch (error) {
        if (event.type !== 'failed') emit({ type: 'failed', error })
      }
    }
  }
  const on = (listener: (event: ChatServerEvent) => void) => {
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }
  return { emit, on }
}

function createState(options: ChatServerOptions, clock: ServerClock, logSize: number): ChatState {
  const ids = createMessageIds()
  const stored = options.store?.load()
  const chat =
    stored ??
    chatFromSeeds(
      { users: options.users ?? DEFAULT_USERS, rooms: options.rooms ?? DEFAULT_ROOMS },
      { epoch: 'e1', nowMs: clock.now(), createMessageId: ids.next },
    )
  if (!stored) options.store?.write(changesOf(chat))
  return createChatState(chat, { logSize, ids })
}

/** Everything there is, for a store that holds nothing yet. */
function changesOf(chat: StoredChat): StoreChange[] {
  const rooms = chat.rooms.flatMap(({ record, members, messages }): StoreChange[] => [
    { type: 'room', room: record },
    ...members.map((member): StoreChange => ({ type: 'member', roomId: record.id, member })),
    ...messages.map((message): StoreChange => ({ type: 'message', message })),
  ])
  return [
    { type: 'epoch', epoch: chat.epoch },
    ...chat.users.map((user): StoreChange => ({ type: 'user', user })),
    ...rooms,
  ]
}

interface AccessParts {
  readonly options: ChatServerOptions
  readonly hub: Hub
  readonly clock: ServerClock
  readonly sessions: Set<Session>
}

function createAccess({ options, hub, clock, sessions }: AccessParts) {
  const connections = {
    hub,
    clock,
    sessions,
    authenticate: options.authenticate ?? trustingAuthenticator(hub.state.users, hub.now),
    authTimeoutMs: options.authTimeoutMs ?? 10_000,
    roomEndpoint: options.roomEndpoint ?? ROOM_ENDPOINT,
  }
  let count = 0
  return {
    accept: (connection: ServerConnection) =>
      acceptConnection(connections, { connection, id: `c${++count}` }),
  }
}
