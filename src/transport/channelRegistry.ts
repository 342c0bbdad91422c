/** The records behind the channels of one connection. */
import type { ChannelEvent } from './channelEvents.ts'
import type { Context } from './context.ts'
import type { LiveError } from './errors.ts'
import type { ChannelListener, ChannelSignal, ChannelSpec, Cursor } from './port.ts'
import type { RequestSpec } from './requests.ts'

export interface ChannelsHost {
  readonly context: Context
  readonly endpoint: string
  request(spec: RequestSpec): Promise<unknown>
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
  readonly members: Set<Member>
  /** Number of the last asking; an answer to an earlier one means nothing. */
  turn: number
  status: 'down' | 'asking' | 'live'
  /** Ends the wait for a confirmation. */
  confirm: (cursor?: Cursor) => void
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

export const NOTHING = () => undefined

/** Forgets what was asked; answers that are still under way find another turn. */
export function forgetAnswers(subscription: Subscription): void {
  subscription.cancelTimer()
  subscription.status = 'down'
  subscription.turn = 0
  subscription.confirm = NOTHING
  for (const member of subscription.members) member.awaiting = 'nothing'
}

export function emit(registry: ChannelRegistry, members: Iterable<Member>, signal: ChannelSignal): void {
  for (const { listener } of [...members]) {
    try {
      listener.onSignal(signal)
    } catch (error) {
      registry.host.context.reportError(registry.host.endpoint, error)
    }
  }
}
