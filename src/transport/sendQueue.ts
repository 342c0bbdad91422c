/** What waits while nothing can be written: limits, and what is worth sending twice. Pure. */
import type { Delivery } from './port.ts'

export interface QueueLimits {
  /** @default 256 */
  readonly maxItems: number
  /** @default 1_048_576 */
  readonly maxBytes: number
  /** @default 60_000 */
  readonly maxAgeMs: number
}

/** `control`: written now, ahead of the queue, or not at all; whoever sends it does so again on the next socket. */
export type SendClass = Delivery | 'control'

export interface Waiting {
  readonly delivery: SendClass
  /** 0 for what counts towards no limit: requests have their own timeout. */
  readonly bytes: number
  readonly queuedAt: number
}

/** A full queue refuses the newest: what was accepted first has been promised first. */
export function isFull(queue: Iterable<Waiting>, bytes: number, limits: QueueLimits): boolean {
  let items = 1
  let total = bytes
  for (const waiting of queue) {
    if (waiting.bytes > 0) items++
    total += waiting.bytes
  }
  return items > limits.maxItems || total > limits.maxBytes
}

/** Both speak of the same thing, and only the later one counts. */
export function isSuperseded(one: SendClass, other: SendClass): boolean {
  return typeof one === 'object' && typeof other === 'object' && one.latest === other.latest
}

/** What the server has shown of its manners on this connection. */
export interface Evidence {
  /** Frame types it has answered. */
  readonly answered: ReadonlySet<string>
  /** Everything written up to here has reached it: it answered something written later. */
  readonly provenOrder: number
}

/**
 * Whether a frame that was written before the socket died is written again, with the same id. A server that answers
 * nothing cannot recognise a repeated id either, and would show the message twice.
 */
export function isResendable(type: string, order: number, { answered, provenOrder }: Evidence): boolean {
  return answered.has(type) || (answered.size > 0 && order > provenOrder)
}
