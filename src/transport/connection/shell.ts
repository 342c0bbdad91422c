/** One connection: the record that its parts work on, and what all of them need. */

import type { ChannelEvent } from '../channels/channelEvents.ts'
import type { ChannelRegistry } from '../channels/channelRegistry.ts'
import type { Context } from '../context/context.ts'
import type { OwnEntry, SentFrame } from '../context/inspector.ts'
import type { AuthFrame } from '../context/tokens.ts'
import { LiveError } from '../errors.ts'
import { type MachineEvent, type MachineState, publicState } from '../machine/connectionMachine.ts'
import { unexplained } from '../machine/lossPolicy.ts'
import type { ConnectionStatus } from '../machine/summary.ts'
import type { Pace } from '../port.ts'
import { type OutgoingFrame, textOf } from '../protocol.ts'
import { type Arrivals, precede } from '../wire/arrivals.ts'
import type { HandOver } from '../wire/handOver.ts'
import type { Link } from '../wire/link.ts'
import type { Timers } from '../wire/timers.ts'
import type { Outbox } from './sendQueue.ts'

/** What is delivered together, of more than that: in between it is looked at the clock. */
export const TOGETHER = 100

/** It awaits its pong. */
interface Ping {
  readonly timestamp: number
  readonly at: number
  readonly dueAt: number
  /** How much had been heard, and how many frames had been written, before it. */
  readonly heard: number
  readonly order: number
}

export interface GreetingWaiter {
  resolve(fields: Readonly<Record<string, unknown>> | undefined): void
  reject(error: LiveError): void
}

/** Its dials are done at a pace. */
export interface Shell extends Context, Pace {
  /** The endpoint. */
  readonly name: string
  readonly timers: Timers
  readonly outbox: Outbox
  readonly channels: ChannelRegistry
  readonly arrivals: Arrivals
  readonly holders: Set<unknown>
  /** Sockets by the number of their dial. */
  readonly links: Map<number, OpenLink>
  /** Who wants to know how the server greets. */
  readonly greetingWaiters: Set<GreetingWaiter>
  /** Tells the machine; what is told while it works is queued. */
  readonly raise: (event: MachineEvent) => void
  /** Without a deadline nothing happens where it is not answered. */
  readonly sendPing: (deadlineMs?: number) => void
  state: MachineState
  /** Where frames go. */
  current: OpenLink | undefined
  handOver: HandOver | undefined
  /** What came in while a socket that is to take over is dialled. */
  overlap: ChannelEvent[]
  ping: Ping | undefined
  /** How many messages came in. */
  heard: number
  /** Of the dial under way: to whom its credentials belong. */
  era: number
  stopListening: (() => void) | undefined
  /** The page said so. */
  isHidden: boolean
  dialedAt: number
  /** When the wait ends, in wall-clock milliseconds. */
  retryAt: number
  /** How many sockets in a row were replaced ahead of their end, and when the last one was. */
  renewals: number
  renewedAt: number
  /** When it is replaced by another one, by the clock that does not jump. */
  renewAt: number
  lastConnectedAt: number | null
  latencyMs: number | null
}

export interface OpenLink extends Link {
  readonly attempt: number
  readonly token: string | undefined
  readonly firstFrame: AuthFrame | undefined
  /** Whom its token names. */
  readonly principal: string | undefined
  /** To whom it belongs; an earlier one than the present: to whoever was here before. */
  era: number
  /** The fields of `welcome`; `null` where something else came first, nothing before the first frame. */
  greeting?: Readonly<Record<string, unknown>> | null
  /** A ping has asked for a first frame. */
  isAsked?: boolean
}

/** The socket that carries the connection, or carried it before. */
export function linkOf({ links, current, handOver }: Shell, attempt: number): OpenLink | undefined {
  return attempt === current?.attempt || attempt === handOver?.from ? links.get(attempt) : undefined
}

interface Steps<Part> {
  /** Nobody is to hear any more of it. */
  isOver(): boolean
  take(parts: readonly Part[]): void
  end(): void
}

/** Ahead of all that waits, whichever socket carries the connection meanwhile; forgotten when none does. */
export function inSlices<Part>(shell: Shell, parts: readonly Part[], steps: Steps<Part>): void {
  let at = 0
  precede(shell, {
    get attempt() {
      return shell.current?.attempt ?? 0
    },
    work() {
      if (steps.isOver()) return true
      steps.take(parts.slice(at, at + TOGETHER))
      at += TOGETHER
      if (at < parts.length) return false
      steps.end()
      return true
    },
  })
}

/** Known to answer subscribe frames, so that silence is a fault. */
export function isReplying({ current, outbox, protocol }: Shell): boolean {
  return Number(textOf(current?.greeting?.level)) >= 1 || outbox.answered.has(protocol.channels.subscribe)
}

export function publishStatus({
  publish,
  name,
  state,
  current,
  outbox,
  retryAt,
  lastConnectedAt,
  latencyMs,
}: Shell): void {
  const status: ConnectionStatus = {
    state: publicState(state),
    error: state.problem,
    reconnectAttempts: current ? 0 : state.trouble.losses,
    nextAttemptAt: state.phase === 'waiting' ? retryAt : null,
    lastConnectedAt,
    isAuthenticated: current?.token !== undefined,
    latencyMs,
    queued: outbox.queue.size,
  }
  publish(name, status)
}

export function tell(shell: Shell, entry: OwnEntry): void {
  shell.report({ ...entry, endpoint: shell.name })
}

export function createFrame({ environment }: Shell, type: string, data: unknown): OutgoingFrame {
  return { type, data, timestamp: new Date(environment.wallNow()).toISOString(), id: environment.createId() }
}

/** Past the outbox: frames that are never queued or repeated. */
export function writeBare(shell: Shell, to: OpenLink | undefined, frame: SentFrame): void {
  to?.write(shell.codec.encode(frame))
  tell(shell, { type: 'sent', frame })
}

export function reasonOf({ problem, trouble }: MachineState): string {
  return problem?.reason || unexplained(problem?.code, trouble)
}

/** Why nothing can be asked for until `connect()`. */
export function failureOf({ state, name, clean }: Shell): LiveError | undefined {
  if (state.phase !== 'failed') return undefined
  const reason = reasonOf(state)
  return clean(new LiveError(state.error, `The connection to "${name}" gave up: ${reason}`, { reason }))
}
