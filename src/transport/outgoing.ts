/** A frame on its way out, and what carries it. Nothing here runs. */
import type { LiveError } from './errors.ts'
import type { Link } from './link.ts'
import type { Frame, OutgoingFrame } from './protocol.ts'
import type { SendClass } from './sendQueue.ts'

export interface Outgoing {
  readonly frame: OutgoingFrame
  readonly delivery: SendClass
  /** Requests only: hears the answer. */
  readonly onAnswer?: (frame: Frame) => void
  readonly idempotent?: boolean | undefined
  /** It is on the wire. Called again when it is sent again. */
  onWritten(): void
  /** It will not be written (again). No error: its delivery class says that this is fine. */
  onDropped(error?: LiveError): void
}

export interface Outbox {
  /** Returns how to take it out again, queued or unanswered. */
  push(item: Outgoing): () => void
  /**
   * New frames go here from now on; `flush` lets the queue follow. `isHeld`: only control frames do, for as long as
   * another socket may still carry frames that were written before.
   */
  open(link: Link, isHeld: boolean): void
  flush(): void
  /** What was written to it and not answered is queued again, or given up. */
  lost(link: Link): void
  /** Takes a frame that answers one of ours. */
  take(frame: Frame): boolean
  /** A later `proven()` says that all that is written by now has arrived. */
  mark(): void
  proven(): void
  /** Gives everything up, or all that awaits an answer. */
  drop(error: LiveError, onlyRequests?: boolean): void
  setBatching(on: boolean): void
  /** Whether the server has ever answered anything. */
  isAnswering(): boolean
  size(): number
}
