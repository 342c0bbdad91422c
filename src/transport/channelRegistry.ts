/** The records behind the channels of one connection. */
import type { ChannelEvent } from './channelEvents.ts'
import type { Context } from './context.ts'
import type { LiveError } from './errors.ts'
import type { ChannelListener, ChannelSignal, ChannelSpec, Cursor } from './port.ts'

export interface ChannelsHost {
  readonly context: Context
  /** On the open socket, or not at all. */
  request(type: string, data: unknown): Promise<unknown>
  /** Keeps the connection open. */
  hold(): () => void
  isUp(): boolean
  /** Why nobody dials, if the connection gave up. */
  failure(): LiveError | undefined
  /** Whether this server has ever answered a frame. */
  answers(): boolean
  /** Validates a frame that came inside another one; reports and drops a bad one. */
  decode(frame: unknown): ChannelEvent | undefined
  /** Every channel stands. */
  onSettled(): void
}

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
  confirm: () => void
  cancelTimer: () => void
}

export interface Asked {
  readonly subscription: Subscription
  readonly turn: number
  readonly member: Member
  readonly cursor: Cursor
}

export interface ChannelRegistry {
  readonly host: ChannelsHost
  readonly subscriptions: Map<string, Subscription>
  /** Who takes part in the next `sync` frame. */
  asked: Asked[]
  turns: number
}

export const NOTHING = () => {}

/** Answers that are still under way will find another turn. */
export function takeDown(subscription: Subscription): void {
  subscription.cancelTimer()
  subscription.status = 'down'
  subscription.turn = 0
  for (const member of subscription.members) member.awaiting = 'nothing'
}

export function emit({ host }: ChannelRegistry, members: Iterable<Member>, signal: ChannelSignal): void {
  for (const { listener } of [...members]) {
    try {
      listener.onSignal(signal)
    } catch (error) {
      host.context.reportError(host.context.name, error)
    }
  }
}
