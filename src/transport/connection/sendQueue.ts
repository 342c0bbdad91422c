/** Frames on their way out: what waits while nothing can be written, its limits, and what is worth sending twice. Pure. */
import type { QueueLimits } from '../context/settings.ts'
import { LiveError } from '../errors.ts'
import type { Delivery, Guard } from '../port.ts'
import type { Frame, OutgoingFrame } from '../protocol.ts'
import type { WireSocket } from '../wire/socket.ts'

/** `control`: written now, ahead of the queue, or not at all; whoever sends it does so again on the next socket. */
export type SendClass = Delivery | 'control'

/** What is to be sent, how, and who hears what becomes of it. */
export interface Outgoing {
  readonly type: string
  readonly data: unknown
  readonly delivery: SendClass
  /** Requests only: hears the answer. */
  readonly onAnswer?: (frame: Frame) => void
  readonly idempotent?: boolean | undefined
  /** What it is about, where its data differs each time. */
  readonly name?: string | undefined
  readonly onRead?: (() => void) | undefined
  readonly guard?: Guard | undefined
  /** It is on the wire. Called again when it is sent again. */
  readonly onWritten: () => void
  /** It waits again, for the next connection. */
  readonly onQueuedAgain?: (() => void) | undefined
  /** It will not be written (again). No error: its delivery class says that this is fine. */
  readonly onDropped: (error?: LiveError) => void
}

export interface QueuedFrame extends Outgoing {
  readonly frame: OutgoingFrame
  /** 0 for what counts towards no limit: requests have their own timeout. */
  bytes: number
  /** Ends the waiting before it is too long. */
  cancelExpiry?: (() => void) | undefined
  /** Where and as how many-eth it was last written. */
  socket?: WireSocket | undefined
  order: number
  writtenAt: number
  /** Who was here when it was handed over. */
  readonly era: number
}

interface Blame {
  /** Connections that ended while nothing else was on its way. */
  readonly deaths: number
  readonly at: number
  readonly code: number
}

export interface SendQueue {
  waiting: Set<QueuedFrame>
  /** By id: written, and not answered yet. */
  readonly unanswered: Map<string, QueuedFrame>
  /** Frame types that the server has answered. */
  readonly answered: Set<string>
  /** How many frames were written. */
  order: number
  /** Everything written up to here has reached the server: it answered something written later. */
  provenOrder: number
  /** By what it says: what was on its way when a connection ended. As long as one of these waits, frames go one at a time. */
  readonly blames: Map<string, Blame>
  /** On its way alone: nothing follows before it has arrived. */
  trial: QueuedFrame | undefined
  isPaused: boolean
}

export function createSendQueue(): SendQueue {
  return {
    waiting: new Set(),
    unanswered: new Map(),
    answered: new Set(),
    order: 0,
    provenOrder: 0,
    blames: new Map(),
    trial: undefined,
    isPaused: false,
  }
}

/** A full queue refuses the newest: what was accepted first has been promised first. What the newest replaces makes room. */
export function isFull(waiting: Iterable<QueuedFrame>, added: QueuedFrame, limits: QueueLimits): boolean {
  let items = 1
  let total = added.bytes
  for (const { bytes, delivery } of waiting) {
    if (isSuperseded(delivery, added.delivery)) continue
    if (bytes > 0) items++
    total += bytes
  }
  return items > limits.maxItems || total > limits.maxBytes
}

/** Those that nobody answers would be kept for ever. */
export function forgetOldest({ unanswered }: SendQueue, { maxItems }: QueueLimits): void {
  for (const [id, { onAnswer }] of unanswered) {
    if (unanswered.size <= maxItems) break
    if (!onAnswer) unanswered.delete(id)
  }
}

export function controlFirst(one: QueuedFrame, other: QueuedFrame): number {
  return Number(other.delivery === 'control') - Number(one.delivery === 'control')
}

export function connectionLost({ type }: OutgoingFrame): LiveError {
  return new LiveError('connection_lost', `The connection was lost before "${type}" was answered`, {
    maybeDelivered: true,
  })
}

/** Both speak of the same thing, and only the later one counts. */
export function isSuperseded(one: SendClass, other: SendClass): boolean {
  return typeof one === 'object' && typeof other === 'object' && one.latest === other.latest
}

/**
 * Whether a frame that was written before the socket died is written again, with the same id. A server that answers
 * nothing cannot recognise a repeated id either, and would show the message twice.
 */
export function isRepeated(
  { onAnswer, idempotent, delivery, frame, order }: QueuedFrame,
  { answered, provenOrder }: SendQueue,
): boolean {
  if (onAnswer) return idempotent === true && delivery !== 'control'
  return answered.has(frame.type) || (answered.size > 0 && order > provenOrder)
}
