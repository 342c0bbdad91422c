/** One accepted connection, from the server's side. */
import type { Meter } from '../../server/session/meter.ts'
import type { Key, UserRecord } from './records.ts'

/** What a mount hands in: a socket that is already open, and how to reach it. */
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

/** What a mount gets back: where to deliver what the socket does. */
export interface AcceptedConnection {
  receive(text: string): void
  /** The socket is gone. Idempotent. */
  closed(): void
}

export interface Session {
  readonly id: string
  readonly connection: ServerConnection
  /** Path of the URL, without query. */
  readonly endpoint: string
  /** The one room of an endpoint per room; undefined on any other endpoint, null where its name cannot be read. */
  readonly roomKey: Key | undefined | null
  readonly subscriptions: Set<Key>
  readonly meter: Meter
  /** Subscribed in name only: a fault made the server forget to send their events. */
  readonly forgotten: Set<Key>
  /** Where its rooms stood when a pong last told it. */
  readonly toldHeads: Map<Key, string>
  user: UserRecord | undefined
  /** `waiting`: no valid token yet. `closing`: what was sent before still goes out, nothing is heard any more. */
  phase: 'waiting' | 'ready' | 'closing' | 'closed'
  /** Open for both sides, but nothing gets through: the network is gone and nobody has noticed. */
  halfOpen: boolean
  /** The deadline for a valid token, or the end of the one it has. */
  cancelDeadline: () => void
}

export const isReady = (session: Session): session is Session & { user: UserRecord } =>
  session.phase === 'ready' && session.user !== undefined
