/** What a mount hands in, what it gets back, and what is told of it. Types only. */
import type { Id, Message } from './wire.ts'

/** A socket that is already open, and how to reach it. */
export interface ServerConnection {
  /** As the client asked for it: path and query, with or without origin. */
  readonly url: string
  /** Subprotocols that the client offered. */
  readonly protocols?: readonly string[]
  send(text: string): void
  close(code: number, reason: string): void
  /** What was sent and has not left yet. @default nothing is known, so no reader is too slow */
  bufferedBytes?(): number
}

/** Where to deliver what the socket does. */
export interface AcceptedConnection {
  receive(text: string): void
  /** The socket is gone. Idempotent. */
  closed(): void
}

export type ChatServerEvent =
  | { readonly type: 'connected'; readonly connectionId: string; readonly url: string }
  | { readonly type: 'authenticated'; readonly connectionId: string; readonly userId: Id }
  | { readonly type: 'received'; readonly connectionId: string; readonly text: string }
  | { readonly type: 'sent'; readonly connectionId: string; readonly text: string }
  | {
      readonly type: 'closed'
      readonly connectionId: string
      readonly code?: number
      readonly reason?: string
    }
  /** Somebody said something, by whatever way. Edits and repetitions do not count. */
  | { readonly type: 'message'; readonly message: Message }
  /** A handler, the authenticator or the store threw what no client is to blame for. */
  | { readonly type: 'failed'; readonly error: unknown }
