/**
 * The chat of `querywire/server` for tests, stories and demos: in memory, unless it is given another store, with a line to
 * every mount on which levels and faults happen. With the same options, clock and frames it does the same thing every time.
 */
import type { ChatWriter, WrittenMessage } from '../../server/chat/options.ts'
import { realEnvironment, type ServerEnvironment } from '../../server/environment.ts'
import type { Store } from '../../server/store.ts'
import { memoryStore } from '../../server/stores/memoryStore.ts'
import type { Authenticate } from './authentication.ts'
import { realClock, type ServerClock } from './clock.ts'
import type { AcceptedConnection, ChatServerEvent, ServerConnection } from './connection.ts'
import { type CustomHandler, createKit } from './createKit.ts'
import { DEFAULT_LIMITS, type ServerLimits } from './limits.ts'
import { createLines } from './line/createLines.ts'
import { createFaultControls, type Faults } from './line/faultControls.ts'
import { createFaultPlan } from './line/faults.ts'
import { createOperator, type Operator } from './operator/operator.ts'
import { createRandom } from './random.ts'
import type { RoomSeed, UserSeed } from './seeds.ts'
import { isMemoryStore } from './toldStore.ts'
import type { ChatLevel, Id } from './wire.ts'

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
  /**
   * Keeps the state: any store of `querywire/server`. When it holds a chat already, `users` and `rooms` are not looked at. With
   * another one than `memoryStore()` the server serves its clients, and what acts at once (`inject`, `act`, `state` and the
   * like) throws. @default memory only
   */
  readonly store?: Store<unknown>
  /** Numbered events per room that `sync` can replay, where no store is given. @default 1000 */
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
  /** A member of the room writes a message piece by piece, as an assistant would. */
  write(roomId: Id, message: WrittenMessage): Promise<ChatWriter>
  /** Everything that happens, as it happens. Returns what stops it. */
  on(listener: (event: ChatServerEvent) => void): () => void
  /** Closes every connection with 1001. The state stays; new connections are accepted. */
  close(): void
  [Symbol.dispose](): void
}

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
  const { clock = realClock, level = 3, seed = 1, batch = true } = options
  const { emit, on } = createEvents()
  const faults = createFaultPlan(createRandom(seed))
  const store = options.store
  // Ids that others share a store with are drawn.
  const createId = store && !isMemoryStore(store) ? realEnvironment().createId : counting('k')
  const environment = environmentOf(clock, { createId, skewMs: () => faults.settings.skewClockMs })
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const kit = createKit({
    ...options,
    level,
    limits,
    environment,
    store: store ?? memoryOf(environment, options.logSize),
    emit,
    onOpened: (kitId) => lines.named(kitId),
    onAuthenticated: (kitId, userId) => lines.authenticated(kitId, userId),
  })
  const { messageBytes: messageLength } = limits
  const lines = createLines({ level, clock, faults, batch, messageLength, emit, accept: kit.accept })
  const close = () =>
    lines.turn(() => {
      for (const line of [...lines.all]) lines.end(line, 1001, 'going away')
    })
  return {
    level,
    limits,
    ...createOperator({ chat: kit.chat, lines, level, setTimer: clock.setTimer }),
    accept: lines.accept,
    write: kit.write,
    close,
    [Symbol.dispose]: close,
    faults: createFaultControls({ faults, lines, clock, renewEpoch: kit.chat.renewEpoch }),
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

/** What the kit leaves for its next turn is done without any time passing, however a test moves it. */
function soon(callback: () => void): () => void {
  let isCancelled = false
  queueMicrotask(() => {
    if (!isCancelled) callback()
  })
  return () => {
    isCancelled = true
  }
}

interface EnvironmentParts {
  createId(): string
  skewMs(): number
}

const environmentOf = (clock: ServerClock, { createId, skewMs }: EnvironmentParts): ServerEnvironment => ({
  now: clock.now,
  wallNow: () => clock.now() + skewMs(),
  setTimer: (callback, delayMs) => (delayMs > 0 ? clock.setTimer(callback, delayMs) : soon(callback)),
  random: createRandom(1),
  createId,
})

const memoryOf = (environment: ServerEnvironment, logSize = 1_000): Store<unknown> =>
  memoryStore({ environment: { ...environment, createId: counting('e') }, tail: logSize })

function counting(prefix: string): () => string {
  let count = 0
  return () => `${prefix}${++count}`
}
