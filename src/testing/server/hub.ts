/** What every handler works with. One turn is one thing that happens to the server, with all that follows from it. */

import { RequestError } from '../../server/requestError.ts'
import type { ChatState } from './chatState.ts'
import type { FaultPlan } from './faults.ts'
import type { Capabilities } from './levels.ts'
import type { ServerLimits } from './limits.ts'
import { type Key, keyOf, type UserRecord } from './records.ts'
import type { RoomState } from './room.ts'
import type { Session } from './session.ts'
import type { StoreChange } from './store.ts'
import type { View } from './views.ts'
import type { ChatLevel, Fields, Id, Message, ServerFrame } from './wire.ts'

/** Faults hit events, and replies where asked to; they never hit `control` frames (welcome, pong, draining, …). */
export type FrameKind = 'event' | 'reply' | 'control'

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

export interface Hub {
  readonly level: ChatLevel
  readonly capabilities: Capabilities
  readonly maxMessageLength: number
  readonly limits: ServerLimits
  readonly state: ChatState
  readonly sessions: ReadonlySet<Session>
  readonly faults: FaultPlan
  /** The server's wall clock, skew included. */
  now(): number
  timestamp(): string
  /** Runs as one turn: what is sent within it leaves after the changes are stored, packed per connection. */
  turn<Result>(run: () => Result): Result
  /** Work that is stored as a whole before the turn goes on, or has never been. @throws what the work throws; `unavailable` */
  atomically<Result>(run: () => Result): Result
  /** Within `atomically`: what was changed, how it is undone, and what to tell once it is stored. */
  change(change: StoreChange, undo: () => void): void
  onUndo(undo: () => void): void
  emitStored(event: ChatServerEvent): void
  /** @throws when the frame has no JSON */
  send(session: Session, frame: ServerFrame, kind?: FrameKind): void
  /** Where the next frame of the turn goes; `sendAt` puts one there later: the reply before the events it caused. */
  mark(): number
  sendAt(mark: number, session: Session, frame: ServerFrame): void
  close(session: Session, code: number, reason: string): void
  /** Between two pieces of work of one turn, when all is stored: writes what has grown too large to be kept until its end. */
  relieve(): void
  /** Its socket is gone: what is on its way to it is let go. */
  forget(session: Session): void
  emit(event: ChatServerEvent): void
  readonly customHandlers: Readonly<Record<string, CustomHandler>>
}

export interface Call {
  readonly data: Fields
  readonly user: UserRecord
  /** Absent when the test itself acts for the user. */
  readonly session: Session | undefined
}

/** What it returns is the reply's data; nothing means no reply. It refuses by throwing a `RequestError`. */
export type Handler = (hub: Hub, call: Call) => object | undefined

/** A request of your own protocol, answered with what it returns. */
export type CustomHandler = (data: Fields, context: { readonly user: UserRecord }) => unknown

export const viewFor = (hub: Hub, viewerKey: Key): View => ({
  state: hub.state,
  capabilities: hub.capabilities,
  viewerKey,
})

export const isSubscribed = ({ subscriptions, forgotten }: Session, { record }: RoomState): boolean =>
  subscriptions.has(keyOf(record.id)) && !forgotten.has(keyOf(record.id))

/** @throws RequestError when the connection has as many as it may */
export function subscribe(hub: Hub, { subscriptions, forgotten }: Session, key: Key): void {
  const isNew = !subscriptions.has(key)
  if (isNew && subscriptions.size >= hub.limits.subscriptions) {
    throw new RequestError('too_many', `A connection subscribes at most ${hub.limits.subscriptions} rooms`)
  }
  subscriptions.add(key)
  forgotten.delete(key)
  if (isNew) hub.onUndo(() => subscriptions.delete(key))
}
