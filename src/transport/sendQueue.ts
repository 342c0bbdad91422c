/** What waits while nothing can be written: order, limits, coalescing. Pure. */
import type { Delivery } from './port.ts'

export interface QueueLimits {
  /** @default 256 */
  readonly maxItems: number
  /** @default 1_048_576 */
  readonly maxBytes: number
  /** @default 60_000 */
  readonly maxAgeMs: number
}

export interface Waiting {
  readonly delivery: Delivery
  readonly bytes: number
  readonly queuedAt: number
  /** Requests have their own timeout and count towards no limit. */
  readonly limited: boolean
}

export interface Enqueued<T> {
  readonly queue: readonly T[]
  readonly accepted: boolean
  /** The frame of the same key that this one makes pointless. */
  readonly superseded: T | undefined
}

/** A full queue refuses the newest: what was accepted first has been promised first. */
export function enqueue<T extends Waiting>(queue: readonly T[], item: T, limits: QueueLimits): Enqueued<T> {
  const superseded = queue.find((waiting) => isSameLatest(waiting.delivery, item.delivery))
  const rest = superseded ? queue.filter((waiting) => waiting !== superseded) : queue
  if (item.limited) {
    const limited = rest.filter((waiting) => waiting.limited)
    const bytes = limited.reduce((sum, waiting) => sum + waiting.bytes, item.bytes)
    if (limited.length >= limits.maxItems || bytes > limits.maxBytes) {
      return { queue, accepted: false, superseded: undefined }
    }
  }
  return { queue: [...rest, item], accepted: true, superseded }
}

function isSameLatest(one: Delivery, other: Delivery): boolean {
  return typeof one === 'object' && typeof other === 'object' && one.latest === other.latest
}

/** When the first frame becomes too old. */
export function nextExpiryAt(queue: readonly Waiting[], { maxAgeMs }: QueueLimits): number | undefined {
  const oldest = queue.find((waiting) => waiting.limited)
  return oldest && oldest.queuedAt + maxAgeMs
}

export function isExpired(waiting: Waiting, now: number, { maxAgeMs }: QueueLimits): boolean {
  return waiting.limited && waiting.queuedAt + maxAgeMs <= now
}

export interface Written {
  readonly type: string
  /** Position in the order of writing. */
  readonly order: number
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
export function isResendable({ type, order }: Written, { answered, provenOrder }: Evidence): boolean {
  return answered.has(type) || (answered.size > 0 && order > provenOrder)
}
