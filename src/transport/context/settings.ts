/** The options of a manager, and what they default to. */
import type { Environment } from '../environment.ts'
import type { LiveError } from '../errors.ts'
import type { ReconnectOptions } from '../machine/backoff.ts'
import type { CloseCodeTable } from '../machine/closeCodes.ts'
import { defineProtocol, type Protocol, type UntypedProtocol } from '../protocol.ts'
import { type Codec, jsonCodec } from '../wire/codec.ts'
import type { Logger } from './debugLog.ts'
import type { ForeignEntry } from './inspector.ts'
import {
  AUTH_CARRIERS,
  type AuthCarrier,
  type AuthCarrierName,
  type Awaitable,
  type TokenManager,
} from './tokens.ts'

export interface HeartbeatOptions {
  /** @default 30_000 */
  readonly intervalMs: number
  /** How long after a ping something must be heard. @default 5_000 */
  readonly timeoutMs: number
}

export interface QueueLimits {
  /** @default 256 */
  readonly maxItems: number
  /** @default 1_048_576 */
  readonly maxBytes: number
  /** @default 60_000 */
  readonly maxAgeMs: number
}

export interface WebSocketManagerOptions<P extends Protocol = UntypedProtocol> {
  /** Where the endpoints are, e.g. `wss://api.example.com`; a function is asked before every dial. @default env NEXT_PUBLIC_WS_URL */
  readonly url?: string | (() => Awaitable<string>) | undefined
  /** The endpoint of everyone who names none, e.g. `/ws/`. */
  readonly endpoint?: string | undefined
  readonly tokenManager?: TokenManager | undefined
  /** How the token travels. @default 'query' → `?token=<jwt>` */
  readonly auth?: AuthCarrierName | AuthCarrier | undefined
  /** From `defineProtocol`: types and validates what travels. */
  readonly protocol?: P | undefined
  /** @default jsonCodec */
  readonly codec?: Codec | undefined
  /** @default the schedule of ReconnectOptions */
  readonly reconnect?: Partial<ReconnectOptions> | false | undefined
  readonly heartbeat?: Partial<HeartbeatOptions> | false | undefined
  /** From the start of a dial, token included, to `open`. @default 10_000 */
  readonly connectTimeoutMs?: number | undefined
  /** @default 10_000 */
  readonly requestTimeoutMs?: number | undefined
  /** How long a connection outlives its last holder. @default 5_000 */
  readonly lingerMs?: number | undefined
  readonly queue?: Partial<QueueLimits> | undefined
  /** Extends the table of close codes. */
  readonly closeCodes?: CloseCodeTable | undefined
  /** Log everything to the console, or to a logger. Mistakes are told in development without it. @default false */
  readonly debug?: boolean | Logger | undefined
  /** Hears of errors that belong to no call: for Sentry, OpenTelemetry and the like. */
  readonly onError?: ((error: LiveError) => void) | undefined
  /** One connection for all tabs: `tabs()` of `querywire/tabs`. @default each tab has its own */
  readonly shareTabs?: ShareTabs | undefined
  /** Sockets, clock, timers, randomness, online and visibility. @default browserEnvironment() */
  readonly environment?: Environment | undefined
}

/** Through what a manager reaches its sockets. */
export interface SocketParts {
  readonly environment: Environment
  readonly codec: Codec
}

/** Puts something in between that has the sockets; `report` adds to the log. */
export type ShareTabs = (
  parts: SocketParts & {
    readonly protocol: Protocol
    readonly report: (entry: ForeignEntry) => void
  },
) => SocketParts

/** Every option with what it defaults to. */
export type Settings = typeof DEFAULTS &
  Pick<WebSocketManagerOptions, 'url' | 'endpoint' | 'tokenManager' | 'onError' | 'shareTabs'> & {
    readonly carrier: AuthCarrier
    readonly reconnect: ReconnectOptions | false
    readonly heartbeat: HeartbeatOptions | false
    readonly limits: QueueLimits
  }

const DEFAULTS = {
  protocol: defineProtocol({}) as Protocol,
  codec: jsonCodec,
  connectTimeoutMs: 10_000,
  requestTimeoutMs: 10_000,
  lingerMs: 5_000,
  closeCodes: {} as CloseCodeTable,
}
const RECONNECT: ReconnectOptions = {
  intervalMs: 1_000,
  decay: 1.5,
  maxAttempts: Number.POSITIVE_INFINITY,
  maxIntervalMs: 15_000,
  jitter: 0.5,
}
/** Where one option is given, the schedule is a chosen one, and its delays grow as far as they ever did. */
const CHOSEN: ReconnectOptions = { ...RECONNECT, maxIntervalMs: 30_000 }
const HEARTBEAT: HeartbeatOptions = { intervalMs: 30_000, timeoutMs: 5_000 }
const QUEUE: QueueLimits = { maxItems: 256, maxBytes: 1_048_576, maxAgeMs: 60_000 }

export function resolveSettings(options: WebSocketManagerOptions<Protocol>): Settings {
  const { auth = 'query', reconnect, heartbeat, queue } = options
  return {
    ...withDefaults({ ...DEFAULTS, url: fromEnv(() => process.env.NEXT_PUBLIC_WS_URL) }, options),
    carrier: typeof auth === 'function' ? auth : AUTH_CARRIERS[auth],
    reconnect: reconnect !== false && withDefaults(reconnect ? CHOSEN : RECONNECT, reconnect),
    heartbeat: heartbeat !== false && withDefaults(HEARTBEAT, heartbeat),
    limits: withDefaults(QUEUE, queue),
  }
}

/** What is given as `undefined` is not given. */
function withDefaults<T extends object>(defaults: T, given: object = {}): T {
  return {
    ...defaults,
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  }
}

/** What is read is written out in full, because bundlers replace exactly such expressions. */
export function fromEnv<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    // No `process` in a plain browser: then there is no such variable.
    return undefined
  }
}
