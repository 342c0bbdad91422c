/** The way out of one connection: writes, queues, remembers what is unanswered. Decisions are in `sendQueue.ts`. */
import { byteLength } from './codec.ts'
import type { Context } from './context.ts'
import { LiveError } from './errors.ts'
import type { Link } from './link.ts'
import type { Outbox, Outgoing } from './outgoing.ts'
import type { Frame, OutgoingFrame } from './protocol.ts'
import { isFull, isResendable, isSuperseded, type SendClass, type Waiting } from './sendQueue.ts'
import { createTimers, type Timers } from './timers.ts'

interface Entry extends Waiting {
  readonly item: Outgoing
  bytes: number
  queuedAt: number
  /** Where and as how many-eth it was last written. */
  link?: Link
  order: number
}

interface Box {
  readonly context: Context
  readonly onChange: () => void
  readonly timers: Timers<'expiry' | 'drain'>
  readonly unanswered: Map<string, Entry>
  readonly answered: Set<string>
  queue: Set<Entry>
  link: Link | undefined
  isHeld: boolean
  paused: boolean
  batching: boolean
  /** A flush is due at the end of this turn. */
  flushing: boolean
  order: number
  marked: number
  provenOrder: number
}

/** Above this the socket is not keeping up and the lower classes wait; below the other they go on. */
const HIGH_WATER_BYTES = 262_144
const LOW_WATER_BYTES = 65_536
/** A socket does not say when it has drained. */
const DRAIN_POLL_MS = 50
const BATCH_ITEMS = 100

export function createOutbox(context: Context, onChange: () => void): Outbox {
  const box: Box = {
    context,
    onChange,
    timers: createTimers(context.environment),
    unanswered: new Map(),
    answered: new Set(),
    queue: new Set(),
    link: undefined,
    isHeld: false,
    paused: false,
    batching: false,
    flushing: false,
    order: 0,
    marked: 0,
    provenOrder: 0,
  }
  return {
    push: (item) => push(box, item),
    open: (link, isHeld) => Object.assign(box, { link, isHeld, paused: false }),
    flush: () => flush(box),
    lost: (link) => lost(box, link),
    take: (frame) => take(box, frame),
    mark: () => {
      box.marked = box.order
    },
    proven: () => {
      box.provenOrder = Math.max(box.provenOrder, box.marked)
    },
    drop: (error, onlyRequests) => {
      for (const entry of [...box.unanswered.values(), ...box.queue]) {
        if (!onlyRequests || entry.item.onAnswer) remove(box, entry, error)
      }
    },
    setBatching: (on) => {
      box.batching = on
    },
    isAnswering: () => box.answered.size > 0,
    size: () => box.queue.size,
  }
}

function push(box: Box, item: Outgoing): () => void {
  const { delivery, frame } = item
  const isWritable = canWrite(box, delivery)
  const entry: Entry = {
    item,
    delivery,
    bytes: box.link || item.onAnswer ? 0 : measure(box, frame),
    queuedAt: box.context.environment.now(),
    order: 0,
  }
  if (!isWritable && delivery === 'volatile') item.onDropped()
  else if (!isWritable && delivery === 'control') item.onDropped(connectionLost(frame))
  else if (isWritable && (delivery === 'control' || (!box.batching && box.queue.size === 0)))
    write(box, [entry])
  else enqueue(box, entry)
  return () => remove(box, entry)
}

function enqueue(box: Box, entry: Entry): void {
  const { item, bytes, delivery } = entry
  if (bytes > 0 && isFull(box.queue, bytes, box.context.queue)) {
    item.onDropped(new LiveError('queue_full', `"${item.frame.type}" was not sent: the send queue is full`))
    return
  }
  for (const waiting of [...box.queue])
    if (isSuperseded(waiting.delivery, delivery)) remove(box, waiting, null)
  box.queue.add(entry)
  changed(box)
  if (box.batching) flushLater(box)
  else flush(box)
}

function measure(box: Box, frame: OutgoingFrame): number {
  try {
    return byteLength(box.context.codec.encode(frame))
  } catch {
    // It fails again, and is reported, when it is written.
    return 1
  }
}

/** An error: its owner hears of it. `null`: he hears that it is pointless now. Nothing: he knows. */
function remove(box: Box, entry: Entry, error?: LiveError | null): void {
  box.unanswered.delete(entry.item.frame.id)
  if (box.queue.delete(entry)) changed(box)
  if (error !== undefined) entry.item.onDropped(error ?? undefined)
}

function changed(box: Box): void {
  const { environment, queue } = box.context
  box.timers.clear('expiry')
  const oldest = [...box.queue].find(({ bytes }) => bytes > 0)
  if (oldest && !box.link) {
    box.timers.set('expiry', oldest.queuedAt + queue.maxAgeMs - environment.now(), () =>
      remove(
        box,
        oldest,
        new LiveError('expired', `"${oldest.item.frame.type}" was not sent: it waited too long`),
      ),
    )
  }
  box.onChange()
}

/** All that one turn sends goes out as one message. */
function flushLater(box: Box): void {
  if (box.flushing) return
  box.flushing = true
  queueMicrotask(() => {
    box.flushing = false
    flush(box)
  })
}

function canWrite(box: Box, delivery: SendClass): boolean {
  const { link } = box
  if (!link || delivery === 'control') return link !== undefined
  if (delivery === 'reliable' || box.isHeld) return !box.isHeld
  if (!box.paused && link.bufferedBytes() > HIGH_WATER_BYTES) pause(box)
  return !box.paused
}

function pause(box: Box): void {
  box.paused = true
  box.timers.set('drain', DRAIN_POLL_MS, () => {
    box.paused = false
    if (box.link && box.link.bufferedBytes() > LOW_WATER_BYTES) pause(box)
    else flush(box)
  })
}

function flush(box: Box): void {
  const ready = [...box.queue].filter(({ delivery }) => canWrite(box, delivery))
  if (ready.length === 0) return
  for (const entry of ready) box.queue.delete(entry)
  changed(box)
  const size = box.batching ? BATCH_ITEMS : 1
  for (let start = 0; start < ready.length; start += size) write(box, ready.slice(start, start + size))
}

function write(box: Box, entries: readonly Entry[]): void {
  const { link, context, unanswered } = box
  if (!link) return
  const frames = entries.map(({ item }) => item.frame)
  try {
    link.write(context.codec.encode(frames.length === 1 ? frames[0] : frames))
  } catch (cause) {
    const error = new LiveError('invalid_params', `"${frames[0]?.type}" cannot be encoded`, { cause })
    for (const entry of entries) remove(box, entry, error)
    return
  }
  for (const entry of entries) {
    const { item } = entry
    context.report({ type: 'sent', frame: item.frame })
    entry.link = link
    entry.order = ++box.order
    if (item.onAnswer || item.delivery === 'reliable') unanswered.set(item.frame.id, entry)
    item.onWritten()
  }
  if (!entries[0]?.item.onAnswer) forgetOldest(box)
}

/** Those that nobody answers would be kept for ever. */
function forgetOldest({ unanswered, context }: Box): void {
  for (const [id, { item }] of unanswered) {
    if (unanswered.size <= context.queue.maxItems) break
    if (!item.onAnswer) unanswered.delete(id)
  }
}

function take(box: Box, frame: Frame): boolean {
  const entry = box.unanswered.get(String(frame.reply_to ?? frame.id))
  if (!entry) return false
  remove(box, entry)
  box.answered.add(entry.item.frame.type)
  box.provenOrder = Math.max(box.provenOrder, entry.order)
  entry.item.onAnswer?.(frame)
  return true
}

function lost(box: Box, link: Link): void {
  if (box.link === link) box.link = undefined
  const again = [...box.unanswered.values()].filter((entry) => {
    if (entry.link !== link) return false
    const { onAnswer, idempotent, delivery, frame } = entry.item
    const isRepeated = onAnswer
      ? idempotent && delivery !== 'control'
      : isResendable(frame.type, entry.order, box)
    remove(box, entry, onAnswer && !isRepeated ? connectionLost(frame) : undefined)
    entry.bytes = onAnswer ? 0 : 1
    entry.queuedAt = box.context.environment.now()
    return isRepeated
  })
  box.queue = new Set([...again, ...box.queue])
  changed(box)
}

function connectionLost({ type }: OutgoingFrame): LiveError {
  return new LiveError('connection_lost', `The connection was lost before "${type}" was answered`, {
    maybeDelivered: true,
  })
}
