/** What a domain adds to the kit, and what it may do there. Types only. */
import type { Id } from '../../transport/port.ts'
import type { ChannelFrames } from '../../transport/protocol.ts'
import type { ServerEnvironment } from '../environment.ts'
import type { ChannelAccess, LiveUser } from '../options.ts'
import type { ServerRequest } from '../socket.ts'
import type { Head, LoggedEvent, SnapshotRead, Transaction } from '../store.ts'

type Awaitable<T> = T | Promise<T>

/** A domain of its own, with its frames, as the chat is one. One object serves one server. */
export interface LivePlugin {
  /** Tells its notices from those of others. */
  readonly name: string
  /** The kinds of channels that it serves. */
  readonly kinds: readonly ChannelFrames[]
  start(host: LiveHost): PluginParts
}

export interface PluginParts {
  /** By the field that names a channel: asked for every subscription and sync. */
  readonly channels: Readonly<Record<string, (access: ChannelAccess<LiveUser>) => Awaitable<boolean>>>
  /** By type of frame. What is read of a frame is theirs to check, and whether its user may have it. */
  readonly requests: Readonly<Record<string, PluginHandler>>
  /** Before anybody is let in. */
  migrate?(): Promise<void>
  /** Somebody has signed in, and waits for the greeting. */
  connected?(connection: LiveConnection): Promise<Admission>
  /** Once for each that was connected, refused or not. */
  disconnected?(connection: LiveConnection): void
  /** Events of a channel, before they are written to those who have subscribed it. */
  delivering?(channel: string, events: readonly LoggedEvent[]): void
  /** Events of a channel were lost, and cannot be told any more. */
  lost?(channel: string): void
  /** Channels that are watched for this connection: with its pings, what was missed of them is found. */
  watchedBy?(connection: LiveConnection): Iterable<string>
  /** What another process told by `tell`. */
  heard?(message: unknown): void
  /** An event that was stored `withOwn`, as it is for one of those. */
  ownText?(text: string, own: unknown): string
  /** Where a client stands that has no number. */
  positionOf?(channel: string, position: Readonly<Record<string, unknown>>): Promise<Partial<Head>>
  close?(): Promise<void>
}

export interface LiveConnection {
  readonly id: string
  readonly user: LiveUser | undefined
  readonly request: ServerRequest
  /** By field, the channel that a frame means which names none: that of its endpoint. */
  readonly home: Record<string, string>
}

export type Admission =
  | { readonly refusal: { readonly code: number; readonly reason: string } }
  | {
      /** Beside what every `welcome` holds. */
      readonly welcome?: object
      /** Right after it. */
      readonly frames?: readonly string[]
    }

export interface PluginRequest {
  readonly connection: LiveConnection
  readonly user: LiveUser
  readonly data: Readonly<Record<string, unknown>>
  /** Events of this connection wait from its commit until the answer is out. */
  transaction<Result>(work: (transaction: Transaction<unknown>) => Awaitable<Result>): Promise<Result>
}

/** What it returns is the answer; nothing, that there is none. @throws RequestError */
export type PluginHandler = (request: PluginRequest) => Awaitable<object | undefined>

export interface LiveHost {
  readonly environment: ServerEnvironment
  /** Names this process among those of one store. */
  readonly process: string
  /** The tables are there, also those of the plugins. Tried again after it was rejected. */
  ready(): Promise<void>
  transaction<Result>(work: (transaction: Transaction<unknown>) => Awaitable<Result>): Promise<Result>
  /** The same at once. @throws Error where the store cannot */
  transactionNow<Result>(work: (transaction: Transaction<unknown>) => Result): Result
  read<Result>(
    channels: readonly string[],
    work: (tx: unknown) => Awaitable<Result>,
  ): Promise<SnapshotRead<Result>>
  readNow<Result>(work: (tx: unknown) => Result): Result
  /**
   * Their events come to `delivering` from now on, also those that nobody has subscribed, until `unwatch`. Rejects where
   * the store does not answer; that is tried again with the next ping of who `watchedBy` names.
   */
  watch(channels: readonly string[]): Promise<void>
  unwatch(channels: readonly string[]): void
  connectionsOf(user: Id): Iterable<LiveConnection>
  subscribersOf(channel: string): Iterable<LiveConnection>
  /** @throws what the store throws */
  subscribe(connection: LiveConnection, channel: string): Promise<void>
  unsubscribe(connection: LiveConnection, channel: string): void
  /** Behind the answer to what this connection has committed. */
  send(connection: LiveConnection, text: string): void
  /** To all that are here. */
  sendAll(text: string): void
  /** In passing, unnumbered, to those who have subscribed the channel, in all processes. */
  broadcast(channel: string, text: string, except?: LiveConnection): void
  /** To this plugin in the other processes. What the bus loses is lost. */
  tell(message: object): void
  fail(error: unknown): void
}
