/** The way out of one connection: writes, queues, remembers what is unanswered. Decisions are in `sendQueue.ts`. */
import { byteLength } from './codec.ts'
import type { Context } from './context.ts'
import { LiveError } from './errors.ts'
import type { Link } from './link.ts'
import type { Delivery } from './port.ts'
import type { OutgoingFrame } from './protocol.ts'
import { enqueue, isExpired, isResendable, nextExpiryAt, type Waiting } from './sendQueue.ts'
import { createTimers } from './timers.ts'

export interface Outgoing {
  readonly frame: OutgoingFrame
  /** `control`: written now, ahead of the queue, or not at all; whoever sends it does so again on the next socket. */
  readonly delivery: Delivery | 'control'
  readonly request: boolean
  readonly idempotent: boolean
  /** It is on the wire. Called again when it is sent again. */
  onWritten(): void
  /** It will not be written (again). No error: its delivery class says that this is fine. */
  onDropped(error?: LiveError): void
}

export interface Outbox {
  push(item: Outgoing): void
  /** New frames go here from now on; `flush` lets the queue follow. */
  open(link: Link): void
  flush(): void
  /** What was written to it and not answered is queued again, or given up. */
  lost(link: Link): void
  /** Takes it out, queued or unanswered. */
  forget(id: string): void
  /** The server has answered the frame. True if it was a send that waited for it. */
  answered(id: string): boolean
  /** A later `proven()` says that all that is written by now has arrived. */
  mark(): void
  proven(): void
  /** Gives everything up. */
  drop(error: LiveError): void
  dropRequests(error: LiveError): void
  /** Whether the server has ever answered anything. */
  isAnswering(): boolean
  setBatching(on: boolean): void
  size(): number
}

interface Queued extends Waiting {
  readonly item: Outgoing
  readonly delivery: Delivery
}

interface Unanswered {
  readonly item: Outgoing
  readonly link: Link
  readonly order: number
}

/** Above this the socket is not keeping up and the lower classes wait; below the other they go on. */
const HIGH_WATER_BYTES = 262_144
const LOW_WATER_BYTES = 65_536
/** A socket does not say when it has drained. */
const DRAIN_POLL_MS = 50
const BATCH_ITEMS = 100

interface Box {
  readonly context: Context
  readonly endpoint: string
  readonly timers: ReturnType<typeof createTimers<'expiry' | 'drain'>>
  readonly unanswered: Map<string, Unanswered>
  readonly answeredTypes: Set<string>
  queue: readonly Queued[]
  link: Link | undefined
  paused: boolean
  batching: boolean
  flushing: boolean
  order: number
  marked: number
  provenOrder: number
  readonly onChange: () => void
}

export function createOutbox(context: Context, endpoint: string, onChange: () => void): Outbox {
  const box: Box = {
    context,
    endpoint,
    timers: createTimers(context.environment),
    unanswered: new Map(),
    answeredTypes: new Set(),
    queue: [],
    link: undefined,
    paused: false,
    batching: false,
    flushing: false,
    order: 0,
    marked: 0,
    provenOrder: 0,
    onChange,
  }
  return {
    push: (item) => push(box, item),
    open: (link) => {
      box.link = link
      box.paused = false
    },
    flush: () => flush(box),
    lost: (link) => lost(box, link),
    forget: (id) => {
      box.unanswered.delete(id)
      setQueue(
        box,
        box.queue.filter(({ item }) => item.frame.id !== id),
      )
    },
    answered: (id) => answered(box, id),
    mark: () => {
      box.marked = box.order
    },
    proven: () => {
      box.provenOrder = Math.max(box.provenOrder, box.marked)
    },
    drop: (error) => drop(box, error, () => true),
    dropRequests: (error) => drop(box, error, ({ request }) => request),
    isAnswering: () => box.answeredTypes.size > 0,
    setBatching: (on) => {
      box.batching = on
    },
    size: () => box.queue.length,
  }
}

function push(box: Box, item: Outgoing): void {
  const { delivery } = item
  if (delivery === 'control') {
    if (box.link) write(box, box.link, [item])
    else item.onDropped(connectionLost(item.frame.type))
    return
  }
  const isWritable = canWrite(box, delivery)
  if (delivery === 'volatile' && !isWritable) {
    item.onDropped()
  } else if (box.link && isWritable && !box.batching && box.queue.length === 0) {
    write(box, box.link, [item])
  } else {
    addToQueue(box, item, delivery)
    if (box.batching) flushLater(box)
    else flush(box)
  }
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

function addToQueue(box: Box, item: Outgoing, delivery: Delivery): void {
  const { context } = box
  const queued: Queued = {
    item,
    delivery,
    limited: !box.link && !item.request,
    bytes: box.link ? 0 : measure(box, item),
    queuedAt: context.environment.now(),
  }
  const { queue, accepted, superseded } = enqueue(box.queue, queued, context.settings.queue)
  if (!accepted) {
    const { type } = item.frame
    item.onDropped(new LiveError('queue_full', `"${type}" was not sent: the send queue is full`))
    return
  }
  setQueue(box, queue)
  superseded?.item.onDropped()
}

function measure(box: Box, item: Outgoing): number {
  try {
    return byteLength(box.context.settings.codec.encode(item.frame))
  } catch {
    // It fails again, and is reported, when it is written.
    return 0
  }
}

function setQueue(box: Box, queue: readonly Queued[]): void {
  if (queue.length === box.queue.length && queue.every((queued, index) => queued === box.queue[index])) return
  box.queue = queue
  const { environment, settings } = box.context
  const expiryAt = box.link ? undefined : nextExpiryAt(queue, settings.queue)
  if (expiryAt === undefined) box.timers.clear('expiry')
  else box.timers.set('expiry', expiryAt - environment.now(), () => expire(box))
  box.onChange()
}

function expire(box: Box): void {
  const { environment, settings } = box.context
  const now = environment.now()
  const expired = box.queue.filter((queued) => isExpired(queued, now, settings.queue))
  setQueue(
    box,
    box.queue.filter((queued) => !expired.includes(queued)),
  )
  for (const { item } of expired) {
    item.onDropped(new LiveError('expired', `"${item.frame.type}" was not sent: it waited too long`))
  }
}

function canWrite(box: Box, delivery: Delivery): boolean {
  if (!box.link) return false
  if (delivery === 'reliable') return true
  if (!box.paused && box.link.bufferedBytes() > HIGH_WATER_BYTES) pause(box)
  return !box.paused
}

function pause(box: Box): void {
  box.paused = true
  box.timers.set('drain', DRAIN_POLL_MS, () => {
    if (box.link && box.link.bufferedBytes() > LOW_WATER_BYTES) return pause(box)
    box.paused = false
    flush(box)
  })
}

function flush(box: Box): void {
  const { link, queue } = box
  if (!link) return
  const ready = queue.filter(({ delivery }) => canWrite(box, delivery))
  setQueue(
    box,
    queue.filter((queued) => !ready.includes(queued)),
  )
  const size = box.batching ? BATCH_ITEMS : 1
  for (let start = 0; start < ready.length; start += size) {
    write(
      box,
      link,
      ready.slice(start, start + size).map(({ item }) => item),
    )
  }
}

function write(box: Box, link: Link, items: readonly Outgoing[]): void {
  const frames = items.map(({ frame }) => frame)
  try {
    link.write(box.context.settings.codec.encode(frames.length === 1 ? frames[0] : frames))
  } catch (cause) {
    for (const item of items) {
      item.onDropped(new LiveError('invalid_params', `"${item.frame.type}" cannot be encoded`, { cause }))
    }
    return
  }
  for (const item of items) {
    const { frame } = item
    box.context.inspector.report({ type: 'sent', endpoint: box.endpoint, frame })
    box.order++
    if (item.request || item.delivery === 'reliable') remember(box, { item, link, order: box.order })
    item.onWritten()
  }
}

function remember(box: Box, entry: Unanswered): void {
  box.unanswered.set(entry.item.frame.id, entry)
  if (box.unanswered.size <= box.context.settings.queue.maxItems) return
  for (const [id, { item }] of box.unanswered) {
    if (!item.request) return void box.unanswered.delete(id)
  }
}

function answered(box: Box, id: string): boolean {
  const entry = box.unanswered.get(id)
  if (!entry) return false
  box.unanswered.delete(id)
  box.answeredTypes.add(entry.item.frame.type)
  box.provenOrder = Math.max(box.provenOrder, entry.order)
  return !entry.item.request
}

function lost(box: Box, link: Link): void {
  if (box.link === link) box.link = undefined
  const again: Queued[] = []
  const queuedAt = box.context.environment.now()
  for (const [id, entry] of box.unanswered) {
    if (entry.link !== link) continue
    box.unanswered.delete(id)
    const { item } = entry
    const evidence = { answered: box.answeredTypes, provenOrder: box.provenOrder }
    const repeat = item.request
      ? item.idempotent
      : isResendable({ type: item.frame.type, order: entry.order }, evidence)
    if (repeat && item.delivery !== 'control') {
      again.push({ item, delivery: item.delivery, limited: !item.request, bytes: 0, queuedAt })
    } else if (item.request) {
      item.onDropped(connectionLost(item.frame.type))
    }
  }
  setQueue(box, [...again, ...box.queue])
}

function connectionLost(type: string): LiveError {
  return new LiveError('connection_lost', `The connection was lost before "${type}" was answered`, {
    maybeDelivered: true,
  })
}

function drop(box: Box, error: LiveError, isMeant: (item: Outgoing) => boolean): void {
  const items = [...box.unanswered.values(), ...box.queue].map(({ item }) => item).filter(isMeant)
  for (const { frame } of items) box.unanswered.delete(frame.id)
  setQueue(
    box,
    box.queue.filter(({ item }) => !isMeant(item)),
  )
  for (const item of items) item.onDropped(error)
}
