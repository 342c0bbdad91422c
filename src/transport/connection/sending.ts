/** The way out of one connection: writes at once, or queues and writes later. Decisions are in `sendQueue.ts`. */
import { LiveError } from '../errors.ts'
import type { Guard } from '../port.ts'
import { measure } from '../wire/codec.ts'
import { setDeadline } from '../wire/timers.ts'
import { type Connection, createFrame, publishStatus, tell } from './connection.ts'
import { greetingOf } from './greeting.ts'
import { sendPing } from './ping.ts'
import {
  connectionLost,
  controlFirst,
  forgetOldest,
  isFull,
  isSuperseded,
  type Outgoing,
  type QueuedFrame,
} from './sendQueue.ts'
import { acquit, awaitsAnswer, isNarrow, lastChance, refusalOf, TRIAL_MS } from './suspicion.ts'

/** Above this the socket is not keeping up and the lower classes wait; below the other they go on. */
const HIGH_WATER_BYTES = 262_144
const LOW_WATER_BYTES = 65_536
/** A socket does not say when it has drained. */
const DRAIN_POLL_MS = 50
const BATCH_ITEMS = 100

/** The server at the other end of this socket takes arrays; another one may not. */
const isBatching = ({ current }: Connection) => current?.greeting?.batch === true

/** Returns how to take it out again, queued or unanswered. */
export function sendFrame(connection: Connection, outgoing: Outgoing): () => void {
  const { sendQueue, current, environment, identity, codec } = connection
  const { type, data, delivery, onAnswer, onDropped } = outgoing
  const frame = createFrame(connection, type, data)
  const queued: QueuedFrame = {
    ...outgoing,
    frame,
    bytes: current || onAnswer ? 0 : measure(codec, frame),
    order: 0,
    writtenAt: 0,
    era: identity.era,
  }
  const refusal = refusalOf(sendQueue, queued, environment.now())
  const isWritable = canWrite(connection, queued)
  const isControl = delivery === 'control'
  const isAhead = isControl || (!isBatching(connection) && sendQueue.waiting.size === 0)
  if (refusal) onDropped(refusal)
  else if (isWritable && isAhead && sendQueue.blames.size === 0) writeFrames(connection, [queued])
  else if (!isWritable && delivery === 'volatile') onDropped()
  else if (!current && isControl) onDropped(connectionLost(frame))
  else enqueue(connection, queued)
  return () => removeFrame(connection, queued)
}

function enqueue(connection: Connection, queued: QueuedFrame): void {
  const { sendQueue, limits } = connection
  const { waiting } = sendQueue
  if (queued.bytes > 0 && isFull(waiting, queued, limits)) {
    queued.onDropped(
      new LiveError('queue_full', `"${queued.frame.type}" was not sent: the send queue is full`),
    )
    return
  }
  for (const other of waiting) {
    if (isSuperseded(other.delivery, queued.delivery)) removeFrame(connection, other, null)
  }
  waiting.add(queued)
  if (queued.bytes > 0) startExpiry(connection, queued)
  publishStatus(connection)
  // All that one turn sends goes out as one message, or is there to choose from.
  if (isBatching(connection) || sendQueue.blames.size > 0) queueMicrotask(() => flushQueue(connection))
  else flushQueue(connection)
}

/** An error: its owner hears of it. `null`: he hears that it is pointless now. Nothing: he knows. */
export function removeFrame(connection: Connection, queued: QueuedFrame, error?: LiveError | null): void {
  const { waiting, unanswered, trial } = connection.sendQueue
  unanswered.delete(queued.frame.id)
  if (trial === queued) endTrial(connection)
  queued.cancelExpiry?.()
  if (waiting.delete(queued)) publishStatus(connection)
  if (error !== undefined) queued.onDropped(error ?? undefined)
}

/** Not for ever: what was meant for a minute ago may be wrong by now. */
export function startExpiry(connection: Connection, queued: QueuedFrame): void {
  const expire = () =>
    removeFrame(
      connection,
      queued,
      new LiveError('expired', `"${queued.frame.type}" was not sent: it waited too long`),
    )
  queued.cancelExpiry = setDeadline(connection.environment, connection.limits.maxAgeMs, expire)
}

/** While another socket may still carry frames that were written before, only control frames may go. */
function canWrite(connection: Connection, { delivery, guard }: Outgoing): boolean {
  const { current, handOver, sendQueue } = connection
  if (sendQueue.trial !== undefined) return false
  if (!current || delivery === 'control') return current !== undefined
  if (!current.isOpen() || isHeld(connection, guard)) return false
  if (delivery === 'reliable' || handOver) return !handOver
  if (!sendQueue.isPaused && current.bufferedBytes() > HIGH_WATER_BYTES) pauseSending(connection)
  return !sendQueue.isPaused
}

/** Whose connection it is has to be known before anything of somebody's goes out through it. */
function isHeld(connection: Connection, guard: Guard | undefined): boolean {
  const { current, identity } = connection
  if (!current || current.era < identity.era) return true
  if (current.principal !== undefined || current.greeting !== undefined) return false
  if (!guard && identity.isSure && identity.who.user === undefined) return false
  flushGreeted(connection)
  return true
}

function flushGreeted(connection: Connection): void {
  greetingOf(connection).then(
    () => flushQueue(connection),
    () => undefined,
  )
}

function pauseSending(connection: Connection): void {
  connection.sendQueue.isPaused = true
  connection.timers.set('drain', DRAIN_POLL_MS, () => {
    connection.sendQueue.isPaused = false
    if (connection.current && connection.current.bufferedBytes() > LOW_WATER_BYTES) pauseSending(connection)
    else flushQueue(connection)
  })
}

export function flushQueue(connection: Connection): void {
  const { sendQueue } = connection
  const { waiting } = sendQueue
  const ready = [...waiting].filter((queued) => canWrite(connection, queued)).sort(controlFirst)
  const [first] = ready
  if (!first) return
  if (isNarrow(sendQueue)) return tryAlone(connection, first)
  for (const queued of ready) dequeue(connection, queued)
  publishStatus(connection)
  while (ready.length > 0) writeFrames(connection, ready.splice(0, isBatching(connection) ? BATCH_ITEMS : 1))
}

function dequeue({ sendQueue }: Connection, queued: QueuedFrame): void {
  sendQueue.waiting.delete(queued)
  queued.cancelExpiry?.()
}

/** If this connection ends too, it is known of what. */
function tryAlone(connection: Connection, queued: QueuedFrame): void {
  const { sendQueue, timers } = connection
  if (isTooEarly(connection, queued)) return
  sendQueue.trial = queued
  timers.set('trial', TRIAL_MS, () => endTrial(connection))
  dequeue(connection, queued)
  writeFrames(connection, [queued])
  if (!awaitsAnswer(queued, sendQueue)) sendPing(connection)
}

/**
 * The last time, the connection has to speak first, and to live for a while without the frame: a server that is down, or
 * dies again and again of something else, is nobody's fault.
 */
function isTooEarly(connection: Connection, queued: QueuedFrame): boolean {
  const { sendQueue, timers, current, environment } = connection
  const chance = lastChance(sendQueue, queued)
  if (!(chance && current)) return false
  if (current.greeting === undefined) {
    flushGreeted(connection)
    return true
  }
  if (chance === 'explained') return false
  // By chance: where one client's frame ends the connections of all, they are not to speak at the same moment.
  current.soundAt ??= (current.greetedAt ?? 0) + TRIAL_MS * (1 + environment.random())
  const leftMs = current.soundAt - environment.now()
  if (leftMs > 0) timers.set('trial', leftMs, () => flushQueue(connection))
  return leftMs > 0
}

export function endTrial(connection: Connection): void {
  const { sendQueue, timers } = connection
  if (sendQueue.trial) acquit(sendQueue, sendQueue.trial)
  sendQueue.trial = undefined
  timers.clear('trial')
  // Whoever takes it out may be about to take out everything.
  queueMicrotask(() => flushQueue(connection))
}

function writeFrames(connection: Connection, given: readonly QueuedFrame[]): void {
  const { current, codec, sendQueue } = connection
  const allowed = given.filter((queued) => isAllowed(connection, queued))
  const [first] = allowed
  if (!first) return
  try {
    current?.write(codec.encode(allowed.length === 1 ? first.frame : allowed.map(({ frame }) => frame)))
  } catch (cause) {
    const error = new LiveError('invalid_params', `"${first.type}" cannot be encoded`, { cause })
    for (const queued of allowed) {
      // Which of several it is, shows when they are written one by one.
      if (allowed.length > 1) writeFrames(connection, [queued])
      else removeFrame(connection, queued, error)
    }
    return
  }
  for (const queued of allowed) noteWritten(connection, queued)
  if (!first.onAnswer) forgetOldest(sendQueue, connection.limits)
}

function noteWritten(connection: Connection, queued: QueuedFrame): void {
  const { current, sendQueue, environment } = connection
  const { frame, onAnswer, delivery } = queued
  tell(connection, { type: 'sent', frame })
  queued.socket = current
  queued.order = ++sendQueue.order
  queued.writtenAt = environment.now()
  if (onAnswer || delivery === 'reliable') sendQueue.unanswered.set(frame.id, queued)
  queued.onWritten()
}

function isAllowed(connection: Connection, queued: QueuedFrame): boolean {
  const error = queued.guard?.()
  if (error) removeFrame(connection, queued, error)
  return !error
}

/** Gives everything up, or what `which` says. */
export function dropFrames(
  connection: Connection,
  error: LiveError,
  which: (queued: QueuedFrame) => boolean = () => true,
): void {
  const { unanswered, waiting } = connection.sendQueue
  for (const queued of [...unanswered.values(), ...waiting])
    if (which(queued)) removeFrame(connection, queued, error)
}
