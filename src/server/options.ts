/** What an application says about its server: the protocol, the store and the users give all types. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Id } from '../transport/port.ts'
import type { EventName, Protocol, RequestName } from '../transport/protocol.ts'
import type { Bus } from './bus.ts'
import type { ServerEnvironment } from './environment.ts'
import type { ServerRequest } from './socket.ts'
import type { Store } from './store.ts'

type Awaitable<T> = T | Promise<T>

export interface LiveUser {
  readonly id: Id
  readonly username: string
  readonly avatar_url?: string
}

/**
 * Names a channel: by its key, or by field and key, as in `{ board: 'b1' }`, which a protocol with several kinds needs.
 */
export type ChannelKey = string | Readonly<Record<string, Id>>

/**
 * - a user: let in; with `expiresAt` (milliseconds since 1970), until then
 * - `null` or `'expired'`: closed with 4001
 * - `'malformed'`: closed with 4004
 */
export type Authentication<User extends LiveUser = LiveUser> =
  | User
  | { readonly user: User; readonly expiresAt: number }
  | null
  | 'expired'
  | 'malformed'

/** What an event of this type holds when it is sent: what its schema takes. */
export type Published<P extends Protocol, T extends EventName<P>> = StandardSchemaV1.InferInput<
  P['events'][T]
>

export interface RequestContext<P extends Protocol, Tx, User extends LiveUser, T extends RequestName<P>> {
  readonly user: User
  /** What the schema made of what was sent. */
  readonly data: StandardSchemaV1.InferOutput<P['requests'][T]['params']>
  /**
   * The channel that the frame names; its user may use it, and all others that it names. Of several, the one whose kind the
   * protocol declares first. @throws RequestError `invalid` where it names none
   */
  readonly key: string
  readonly connectionId: string
  /**
   * Reads what is committed. The answer then says where the channel stood in this very read (the first, if there are
   * several): `as_of` and `epoch` in its envelope, and in an object whose schema lets them pass.
   * `key`: another channel than the frame names; whether its user may read that is the handler's to ask.
   */
  read<Result>(work: (tx: Tx) => Awaitable<Result>, key?: ChannelKey): Promise<Result>
  /**
   * Commits what the work does, with the events that it publishes, or none of it. The work may run several times; what it
   * publishes is told once, after the commit. A frame that comes twice, by its `client_id` or its id, gets the same
   * result without the work. One after the other, where a handler needs several.
   */
  transaction<Result>(work: (tx: Tx) => Awaitable<Result>): Promise<Result>
  /**
   * An event of this channel, or another one. Only within `transaction`. A payload that does not fit its schema takes the
   * transaction back.
   */
  publish<E extends EventName<P>>(type: E, payload: Published<P, E>, key?: ChannelKey): void
}

export type RequestHandlers<P extends Protocol, Tx, User extends LiveUser> = {
  readonly [T in RequestName<P>]: (
    context: RequestContext<P, Tx, User, T>,
  ) => Awaitable<StandardSchemaV1.InferInput<P['requests'][T]['result']>>
}

export interface ChannelAccess<User extends LiveUser> {
  readonly user: User
  readonly key: string
}

export interface LiveServerOptions<P extends Protocol, Tx, User extends LiveUser> {
  /** The client's own. */
  readonly protocol: P
  /**
   * Whose token it is. Without a token, it is asked once where the request has cookies or an `Authorization` header, and
   * `null` waits for a first message `auth`. What it throws closes with 1013: come again.
   */
  authenticate(token: string | undefined, request: ServerRequest): Awaitable<Authentication<User>>
  readonly store: Store<Tx>
  /** @default localBus() */
  readonly bus?: Bus
  /** By the field that names a channel (`key` of each kind): asked for every subscription, sync and request. */
  readonly channels: Readonly<Record<string, (access: ChannelAccess<User>) => Awaitable<boolean>>>
  readonly requests: RequestHandlers<P, Tx, User>
  /**
   * Origins of the web pages that may connect, like `'https://app.example.com'`; others are closed with 4003. Programs that
   * name no origin may. @default pages of the same host; on a loopback address, of any port
   */
  readonly origins?: readonly string[] | '*'
  readonly limits?: Partial<LiveServerLimits>
  readonly environment?: ServerEnvironment
  /** For logs and metrics. Holds no token, no address and no data. */
  readonly onEvent?: (event: LiveServerEvent) => void
}

/** How much one client may ask of the server. What is over is refused or closed, and never anybody else's trouble. */
export interface LiveServerLimits {
  /** Characters of one message; with `attach`, its bytes. More closes with 1009. @default 262144 */
  readonly messageLength: number
  /**
   * What a connection may go on sending, in frames per second; each KiB counts as a frame more. What is over is refused as
   * `rate_limited`; who does not stop is closed with 4029. @default 200
   */
  readonly framesPerSecond: number
  /** What it may send at once, in frames, counted in the same way. @default 2000 */
  readonly burst: number
  /** Frames of one connection that wait for their answer. More are refused as `unavailable`. @default 1000 */
  readonly unanswered: number
  /** What may wait for a slow reader, in bytes. More closes with 1013. @default 4194304 */
  readonly bufferedBytes: number
  /** Channels that one connection may subscribe. @default 1000 */
  readonly subscriptions: number
  /** Events in the answer to one `sync`; channels that do not fit are told to take a snapshot. @default 10000 */
  readonly syncEvents: number
  /**
   * How long, in milliseconds, events of a channel may wait for one another where many come or many listen; they travel as one
   * array then. The first, and one that is alone, never waits. @default 100
   */
  readonly batchMs: number
  /** The newest one over is closed with 4029. @default 100 */
  readonly connectionsPerUser: number
  /**
   * How long, in milliseconds, a request, a rule of `channels` or `authenticate` may take. The answer is `unavailable` then, and
   * a token that cannot be checked closes with 1013. What it commits later counts all the same. @default 30000
   */
  readonly handlerMs: number
  /** How long a connection may stay without a token. @default 10000 */
  readonly signInMs: number
  /** A connection that says nothing for so long, no `ping` either, is closed. @default 150000 */
  readonly silenceMs: number
}

export const DEFAULT_LIMITS: LiveServerLimits = {
  messageLength: 262_144,
  framesPerSecond: 200,
  burst: 2_000,
  unanswered: 1_000,
  bufferedBytes: 4_194_304,
  subscriptions: 1_000,
  syncEvents: 10_000,
  batchMs: 100,
  connectionsPerUser: 100,
  handlerMs: 30_000,
  signInMs: 10_000,
  silenceMs: 150_000,
}

export type LiveServerEvent =
  | { readonly type: 'connected'; readonly connectionId: string }
  | { readonly type: 'authenticated'; readonly connectionId: string; readonly userId: Id }
  | {
      readonly type: 'answered'
      readonly connectionId: string
      readonly request: string
      /** Why it was refused. */
      readonly code?: string
      readonly durationMs: number
    }
  /** Events of a channel went to so many connections; `length` is what each of them got, in characters. */
  | {
      readonly type: 'delivered'
      readonly channel: string
      readonly events: number
      readonly connections: number
      readonly length: number
    }
  | {
      readonly type: 'closed'
      readonly connectionId: string
      /** Absent where the other end, or the network, closed it. */
      readonly code?: number
      readonly reason?: string
    }
  /** A handler, the store, the bus, a socket: whatever threw what it should not. */
  | { readonly type: 'failed'; readonly error: unknown }
