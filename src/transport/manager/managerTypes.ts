/** What a manager offers. Nothing here runs. */
import type { StoreApi } from 'zustand/vanilla'
import type { InspectorEvent } from '../context/inspector.ts'
import type { IdentityListener } from '../context/tokens.ts'
import type { WebSocketState } from '../machine/status.ts'
import type { Delivery, LivePort } from '../port.ts'
import type {
  EventName,
  EventPayload,
  Frame,
  Protocol,
  RequestName,
  RequestParams,
  RequestResult,
  UntypedProtocol,
} from '../protocol.ts'

export interface SendOptions {
  readonly endpoint?: string | undefined
  /** @default 'reliable' */
  readonly delivery?: Delivery | undefined
}

export interface RequestOptions {
  readonly endpoint?: string | undefined
  /** From the call to the reply, connecting included. @default requestTimeoutMs */
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** Sent again, with the same id, if the connection was lost before the reply. @default false */
  readonly idempotent?: boolean | undefined
}

export interface SubscribeOptions {
  /** `null`: all connections. @default the manager's endpoint, or all connections where it has none */
  readonly endpoint?: string | null | undefined
}

export type EventHandler<Payload> = (payload: Payload, frame: Frame) => void

export interface Subscribe<P extends Protocol> {
  <T extends EventName<P>>(
    type: T,
    handler: EventHandler<EventPayload<P, T>>,
    options?: SubscribeOptions,
  ): () => void
  <Payload = unknown, T extends string = string>(
    type: Unlisted<T, EventName<P>>,
    handler: EventHandler<Payload>,
    options?: SubscribeOptions,
  ): () => void
}

/** A name the protocol does not list; a listed one has its types. */
type Unlisted<T extends string, Listed extends string> = T &
  (string extends Listed ? unknown : T extends Listed ? never : unknown)

export interface Send<P extends Protocol> {
  <T extends RequestName<P>>(type: T, data: RequestParams<P, T>, options?: SendOptions): Promise<void>
  <T extends string>(type: Unlisted<T, RequestName<P>>, data?: unknown, options?: SendOptions): Promise<void>
}

export interface Request<P extends Protocol> {
  <T extends RequestName<P>>(
    type: T,
    data: RequestParams<P, T>,
    options?: number | RequestOptions,
  ): Promise<RequestResult<P, T>>
  <Result = unknown, T extends string = string>(
    type: Unlisted<T, RequestName<P>>,
    data?: unknown,
    options?: number | RequestOptions,
  ): Promise<Result>
}

export interface WebSocketManager<P extends Protocol = UntypedProtocol> {
  /** The endpoint of everyone who names none. */
  readonly endpoint: string | undefined
  /** Whether there is anything to connect to. */
  readonly hasUrl: boolean
  /**
   * Opens a connection, or revives one that has failed, and keeps it open until `disconnect`. Trouble shows in `store`.
   * `hold: false`: only as long as somebody else holds it.
   */
  connect(endpoint?: string, options?: { readonly hold?: boolean }): void
  disconnect(endpoint?: string): void
  /** Holds a connection open, together with everyone else who does. The release is idempotent. */
  acquire(endpoint?: string): () => void
  /** Ends everything: queued frames are dropped, requests reject. For signing out. A closed manager can be used again. */
  close(): void
  /** `close()`, and nobody is signed in any more: what is known of the user is forgotten. */
  signOut(): void
  /** For new credentials: open connections move to them without a gap, failed and closed ones that are held try again. */
  reauthenticate(): void
  /** Tells what the token says about who is signed in: soon, and whenever another token is used. Connects nothing. */
  identify(listener: IdentityListener): () => void
  /** Resolves when the frame was written, which for a queued one is later. */
  send: Send<P>
  /** Resolves with the payload of the reply. @throws LiveError */
  request: Request<P>
  /** Hears events; opens no connection by itself. */
  subscribe: Subscribe<P>
  readonly store: StoreApi<WebSocketState>
  inspect(listener: (event: InspectorEvent) => void): () => void
  /** What the query layer is built on. */
  readonly port: LivePort
  [Symbol.dispose](): void
}
