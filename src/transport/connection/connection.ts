/** One connection: the record that its parts work on, and what all of them need. Channels and the driver add their own fields. */
import type { Context } from '../context/context.ts'
import type { OwnEntry, SentFrame } from '../context/inspector.ts'
import type { AuthFrame } from '../context/tokens.ts'
import { LiveError } from '../errors.ts'
import { type MachineEvent, type MachineState, publicState } from '../machine/connectionMachine.ts'
import { unexplained } from '../machine/lossPolicy.ts'
import { type OutgoingFrame, textOf } from '../protocol.ts'
import { type Arrivals, precede } from '../wire/arrivals.ts'
import type { HandOver } from '../wire/handOver.ts'
import type { WireSocket } from '../wire/socket.ts'
import type { Timers } from '../wire/timers.ts'
import type { SendQueue } from './sendQueue.ts'

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

export interface Connection extends Context {
  /** The endpoint. */
  readonly name: string
  readonly timers: Timers
  readonly sendQueue: SendQueue
  readonly arrivals: Arrivals
  readonly leases: Set<unknown>
  /** By the number of their dial. */
  readonly sockets: Map<number, DialedSocket>
  /** Who wants to know how the server greets. */
  readonly greetingWaiters: Set<GreetingWaiter>
  /** Tells the machine; what is told while it works is queued. */
  readonly raise: (event: MachineEvent) => void
  state: MachineState
  /** Where frames go. */
  current: DialedSocket | undefined
  handOver: HandOver | undefined
  ping: Ping | undefined
  /** How many messages came in. */
  heard: number
  /** An integer came that no number can hold. */
  readonly onRounded: () => void
  /** When the wait ends, in wall-clock milliseconds. */
  retryAt: number
  lastConnectedAt: number | null
  latencyMs: number | null
}

export interface DialedSocket extends WireSocket {
  readonly attempt: number
  readonly token: string | undefined
  readonly firstFrame: AuthFrame | undefined
  /** Whom its token names. */
  readonly principal: string | undefined
  /** To whom it belongs; an earlier one than the present: to whoever was here before. */
  era: number
  /** The fields of `welcome`; `null` where something else came first, nothing before the first frame. */
  greeting?: Readonly<Record<string, unknown>> | null
  greetedAt?: number
  /** By then it has shown that it lives without the frame that is suspected. */
  soundAt?: number
  /** A ping has asked for a first frame. */
  isAsked?: boolean
  /** The times of the pings that it has not answered. */
  readonly pings: number[]
}

/** The socket that carries the connection, or carried it before. */
export function socketOf(
  { sockets, current, handOver }: Connection,
  attempt: number,
): DialedSocket | undefined {
  return attempt === current?.attempt || attempt === handOver?.from ? sockets.get(attempt) : undefined
}

interface Slices<Part> {
  /** Nobody is to hear any more of it. */
  isOver(): boolean
  onSlice(parts: readonly Part[]): void
  onEnd(): void
}

/** Ahead of all that waits, whichever socket carries the connection meanwhile; forgotten when none does. */
export function inSlices<Part>(connection: Connection, parts: readonly Part[], slices: Slices<Part>): void {
  let at = 0
  precede(connection, {
    get attempt() {
      return connection.current?.attempt ?? 0
    },
    work() {
      if (slices.isOver()) return true
      slices.onSlice(parts.slice(at, at + TOGETHER))
      at += TOGETHER
      if (at < parts.length) return false
      slices.onEnd()
      return true
    },
  })
}

/** Known to answer subscribe frames, so that silence is a fault. */
export function isReplying({ current, sendQueue, protocol }: Connection): boolean {
  const isAnswered = protocol.kinds.some(({ subscribe }) => sendQueue.answered.has(subscribe))
  return isAnswered || Number(textOf(current?.greeting?.level)) >= 1
}

export function publishStatus(connection: Connection): void {
  const { name, state, current, sendQueue, retryAt, lastConnectedAt, latencyMs } = connection
  connection.publish(name, {
    state: publicState(state),
    error: state.problem,
    reconnectAttempts: current ? 0 : state.trouble.losses,
    nextAttemptAt: state.phase === 'waiting' ? retryAt : null,
    lastConnectedAt,
    isAuthenticated: current?.token !== undefined,
    latencyMs,
    queued: sendQueue.waiting.size,
  })
}

export function tell(connection: Connection, entry: OwnEntry): void {
  if (connection.isInspected()) connection.report({ ...entry, endpoint: connection.name })
}

export function createFrame({ environment }: Connection, type: string, data: unknown): OutgoingFrame {
  return { type, data, timestamp: textOfTime(environment.wallNow()), id: environment.createId() }
}

let last = { at: NaN, text: '' }

/** ISO 8601. Many frames go out within a millisecond, and to put a date into words would be the dearest part of each. */
function textOfTime(at: number): string {
  if (at !== last.at) last = { at, text: new Date(at).toISOString() }
  return last.text
}

/** Past the send queue: frames that are never queued or repeated. */
export function writeBare(connection: Connection, to: DialedSocket | undefined, frame: SentFrame): void {
  to?.write(connection.codec.encode(frame))
  tell(connection, { type: 'sent', frame })
}

export function reasonOf({ problem, trouble }: MachineState): string {
  return problem?.reason || unexplained(problem?.code, trouble)
}

/** Why nobody dials any more. */
export function failureOf({ state, name, clean }: Connection): LiveError | undefined {
  if (state.phase !== 'failed') return undefined
  const reason = reasonOf(state)
  return clean(new LiveError(state.error, `The connection to "${name}" gave up: ${reason}`, { reason }))
}

/** Why nothing can be asked for until `connect()`. */
export function obstacleOf(connection: Connection): LiveError | undefined {
  if (connection.state.phase !== 'disconnected') return failureOf(connection)
  return new LiveError('disconnected', 'disconnect() was called; connect() brings the connection back')
}
