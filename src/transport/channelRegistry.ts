/** The records behind the channels of one connection. Nothing here runs. */
import type { ChannelListener, ChannelSpec, Cursor } from './port.ts'

/** One opening of a channel, and what its `live` still waits for. */
export interface Member {
  readonly listener: ChannelListener
  awaiting: 'nothing' | 'confirmation' | 'sync'
}

export interface Subscription {
  readonly spec: ChannelSpec
  /** Under which name it takes part in `sync`, if it can. */
  readonly syncKey: string | undefined
  readonly members: Set<Member>
  /** Number of the last asking; an answer to an earlier one means nothing. */
  turn: number
  status: 'down' | 'asking' | 'live'
  /** Ends the wait for a confirmation. */
  confirm?: () => void
  cancelRetry?: () => void
}

export interface Asked {
  readonly subscription: Subscription
  readonly turn: number
  readonly member: Member
  readonly cursor: Cursor
}

export interface ChannelRegistry {
  readonly subscriptions: Map<string, Subscription>
  /** Who takes part in the next `sync` frame. */
  asked: Asked[]
  turns: number
}
