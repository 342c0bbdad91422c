/** The way out of one connection: writes, queues, remembers what is unanswered. Decisions are in `sendQueue.ts`. */
import { byteLength } from './codec.ts'
import { LiveError } from './errors.ts'
import { greetingOf } from './greeting.ts'
import type { Link } from './link.ts'
import type { Guard } from './port.ts'
import type { Frame, OutgoingFrame } from './protocol.ts'
import { type Entry, isFull, isRepeated, isSuperseded, type Outgoing } from './sendQueue.ts'
import { publishStatus, type Shell, tell } from './shell.ts'
import { setDeadline } from './timers.ts'

/** Above this the socket is not keeping up and the lower classes wait; below the other they go on. */
const HIGH_WATER_BYTES = 262_144
const LOW_WATER_BYTES = 65_536
/** A socket does not say when it has drained. */
const DRAIN_POLL_MS = 50
const BATCH_ITEMS = 100

/** Returns how to take it out again, queued or unanswered. */
export function push(shell: Shell, item: Outgoing): () => void {
  const { outbox, current, identity } = shell
  const { delivery, frame, onAnswer, onDropped } = item
  const entry: Entry = {
    ...item,
    bytes: current || onAnswer ? 0 : measure(shell, frame),
    order: 0,
    era: identity.era,
  }
  const isWritable = canWrite(shell, entry)
  const isAhead = delivery === 'control' || (!outbox.isBatching && outbox.queue.size === 0)
  if (isWritable && isAhead) write(shell, [entry])
  else if (!isWritable && delivery === 'volatile') onDropped()
  else if (!isWritable && delivery === 'control') onDropped(connectionLost(frame))
  else enqueue(shell, entry)
  return () => remove(shell, entry)
}

function measure({ codec }: Shell, frame: OutgoingFrame): number {
  try {
    return byteLength(codec.encode(frame))
  } catch {
    // It fails again, and is reported, when it is written.
    return 1
  }
}

function enqueue(shell: Shell, entry: Entry): void {
  const { outbox, limits } = shell
  const { queue } = outbox
  if (entry.bytes > 0 && isFull(queue, entry.bytes, limits)) {
    entry.onDropped(new LiveError('queue_full', `"${entry.frame.type}" was not sent: the send queue is full`))
    return
  }
  for (const waiting of queue) {
    if (isSuperseded(waiting.delivery, entry.delivery)) remove(shell, waiting, null)
  }
  queue.add(entry)
  if (entry.bytes > 0) startExpiry(shell, entry)
  publishStatus(shell)
  // All that one turn sends goes out as one message.
  if (outbox.isBatching) queueMicrotask(() => flush(shell))
  else flush(shell)
}

/** An error: its owner hears of it. `null`: he hears that it is pointless now. Nothing: he knows. */
function remove(shell: Shell, entry: Entry, error?: LiveError | null): void {
  const { queue, unanswered } = shell.outbox
  unanswered.delete(entry.frame.id)
  entry.cancelExpiry?.()
  if (queue.delete(entry)) publishStatus(shell)
  if (error !== undefined) entry.onDropped(error ?? undefined)
}

/** Not for ever: what was meant for a minute ago may be wrong by now. */
function startExpiry(shell: Shell, entry: Entry): void {
  const expire = () =>
    remove(shell, entry, new LiveError('expired', `"${entry.frame.type}" was not sent: it waited too long`))
  entry.cancelExpiry = setDeadline(shell.environment, shell.limits.maxAgeMs, expire)
}

/** While another socket may still carry frames that were written before, only control frames may go. */
function canWrite(shell: Shell, { delivery, guard }: Outgoing): boolean {
  const { current, handOver, outbox } = shell
  if (!current || delivery === 'control') return current !== undefined
  if (!current.isOpen() || isHeld(shell, guard)) return false
  if (delivery === 'reliable' || handOver) return !handOver
  if (!outbox.isPaused && current.bufferedBytes() > HIGH_WATER_BYTES) pause(shell)
  return !outbox.isPaused
}

/** Whose connection it is has to be known before anything of somebody's goes out through it. */
function isHeld(shell: Shell, guard: Guard | undefined): boolean {
  const { current, identity } = shell
  if (!current || current.era < identity.era) return true
  if (current.principal !== undefined || current.greeting !== undefined) return false
  if (!guard && identity.who.user === undefined) return false
  greetingOf(shell).then(
    () => flush(shell),
    () => undefined,
  )
  return true
}

function pause(shell: Shell): void {
  shell.outbox.isPaused = true
  shell.timers.set('drain', DRAIN_POLL_MS, () => {
    shell.outbox.isPaused = false
    if (shell.current && shell.current.bufferedBytes() > LOW_WATER_BYTES) pause(shell)
    else flush(shell)
  })
}

export function flush(shell: Shell): void {
  const { queue, isBatching } = shell.outbox
  const ready = [...queue].filter((entry) => canWrite(shell, entry))
  if (ready.length === 0) return
  for (const entry of ready) {
    queue.delete(entry)
    entry.cancelExpiry?.()
  }
  publishStatus(shell)
  while (ready.length > 0) write(shell, ready.splice(0, isBatching ? BATCH_ITEMS : 1))
}

function write(shell: Shell, given: readonly Entry[]): void {
  const { current, codec, outbox } = shell
  const entries = given.filter((entry) => isAllowed(shell, entry))
  if (entries.length === 0) return
  const frames = entries.map(({ frame }) => frame)
  try {
    current?.write(codec.encode(frames.length === 1 ? frames[0] : frames))
  } catch (cause) {
    if (entries.length > 1) {
      for (const entry of entries) write(shell, [entry])
      return
    }
    const error = new LiveError('invalid_params', `"${frames[0]?.type}" cannot be encoded`, { cause })
    for (const entry of entries) remove(shell, entry, error)
    return
  }
  for (const entry of entries) {
    const { frame, onAnswer, delivery } = entry
    tell(shell, { type: 'sent', frame })
    entry.link = current
    entry.order = ++outbox.order
    if (onAnswer || delivery === 'reliable') outbox.unanswered.set(frame.id, entry)
    entry.onWritten()
  }
  if (!entries[0]?.onAnswer) forgetOldest(shell)
}

function isAllowed(shell: Shell, entry: Entry): boolean {
  const error = entry.guard?.()
  if (error) remove(shell, entry, error)
  return !error
}

/** Those that nobody answers would be kept for ever. */
function forgetOldest({ outbox: { unanswered }, limits }: Shell): void {
  for (const [id, { onAnswer }] of unanswered) {
    if (unanswered.size <= limits.maxItems) break
    if (!onAnswer) unanswered.delete(id)
  }
}

/** Takes a frame that answers one of ours. */
export function take(shell: Shell, frame: Frame): boolean {
  const { unanswered, answered } = shell.outbox
  const entry = unanswered.get(String(frame.reply_to ?? frame.id))
  if (!entry) return false
  remove(shell, entry)
  answered.add(entry.frame.type)
  prove(shell, entry.order)
  entry.onAnswer?.(frame)
  return true
}

/** All that was written up to here has arrived. */
export function prove({ outbox }: Shell, order: number): void {
  outbox.provenOrder = Math.max(outbox.provenOrder, order)
}

/** What was written to this socket and not answered is queued again, or given up. */
export function requeue(shell: Shell, link: Link): void {
  const { outbox } = shell
  const again = [...outbox.unanswered.values()].filter((entry) => {
    if (entry.link !== link) return false
    const isAgain = isRepeated(entry, outbox)
    remove(shell, entry, entry.onAnswer && !isAgain ? connectionLost(entry.frame) : undefined)
    if (isAgain && !entry.onAnswer) startExpiry(shell, Object.assign(entry, { bytes: 1 }))
    return isAgain
  })
  outbox.queue = new Set([...again, ...outbox.queue])
  publishStatus(shell)
}

/** Gives everything up, or what `which` says. */
export function drop(shell: Shell, error: LiveError, which: (entry: Entry) => boolean = () => true): void {
  const { unanswered, queue } = shell.outbox
  for (const entry of [...unanswered.values(), ...queue]) if (which(entry)) remove(shell, entry, error)
}

function connectionLost({ type }: OutgoingFrame): LiveError {
  return new LiveError('connection_lost', `The connection was lost before "${type}" was answered`, {
    maybeDelivered: true,
  })
}
