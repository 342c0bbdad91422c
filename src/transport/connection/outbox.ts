/** The way out of one connection: writes, queues, remembers what is unanswered. Decisions are in `sendQueue.ts`. */

import { LiveError } from '../errors.ts'
import type { Guard } from '../port.ts'
import { type Frame, textOf } from '../protocol.ts'
import { measure } from '../wire/codec.ts'
import type { Link } from '../wire/link.ts'
import { setDeadline } from '../wire/timers.ts'
import { greetingOf } from './greeting.ts'
import {
  connectionLost,
  controlFirst,
  type Entry,
  forgetOldest,
  isFull,
  isRepeated,
  isSuperseded,
  type Outgoing,
} from './sendQueue.ts'
import { publishStatus, type Shell, tell } from './shell.ts'
import { acquit, awaitsAnswer, isLast, isNarrow, refusalOf, TRIAL_MS } from './suspicion.ts'

/** Above this the socket is not keeping up and the lower classes wait; below the other they go on. */
const HIGH_WATER_BYTES = 262_144
const LOW_WATER_BYTES = 65_536
/** A socket does not say when it has drained. */
const DRAIN_POLL_MS = 50
const BATCH_ITEMS = 100

/** The server at the other end of this socket takes arrays; another one may not. */
const isBatching = ({ current }: Shell) => current?.greeting?.batch === true

/** Returns how to take it out again, queued or unanswered. */
export function push(shell: Shell, item: Outgoing): () => void {
  const { outbox, current, environment, identity, codec } = shell
  const { delivery, frame, onAnswer, onDropped } = item
  const refusal = refusalOf(outbox, item, environment.now())
  const entry: Entry = {
    ...item,
    bytes: current || onAnswer ? 0 : measure(codec, frame),
    order: 0,
    writtenAt: 0,
    era: identity.era,
  }
  const isWritable = canWrite(shell, entry)
  const isControl = delivery === 'control'
  const isAhead = isControl || (!isBatching(shell) && outbox.queue.size === 0)
  if (refusal) onDropped(refusal)
  else if (isWritable && isAhead && outbox.blames.size === 0) write(shell, [entry])
  else if (!isWritable && delivery === 'volatile') onDropped()
  else if (!current && isControl) onDropped(connectionLost(frame))
  else enqueue(shell, entry)
  return () => remove(shell, entry)
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
  // All that one turn sends goes out as one message, or is there to choose from.
  if (isBatching(shell) || outbox.blames.size > 0) queueMicrotask(() => flush(shell))
  else flush(shell)
}

/** An error: its owner hears of it. `null`: he hears that it is pointless now. Nothing: he knows. */
function remove(shell: Shell, entry: Entry, error?: LiveError | null): void {
  const { queue, unanswered, trial } = shell.outbox
  unanswered.delete(entry.frame.id)
  if (trial === entry) endTrial(shell)
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
  if (outbox.trial !== undefined) return false
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
  flushGreeted(shell)
  return true
}

function flushGreeted(shell: Shell): void {
  greetingOf(shell).then(
    () => flush(shell),
    () => undefined,
  )
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
  const { outbox } = shell
  const { queue } = outbox
  const ready = [...queue].filter((entry) => canWrite(shell, entry)).sort(controlFirst)
  const [first] = ready
  if (!first) return
  if (isNarrow(outbox)) return tryAlone(shell, first)
  for (const entry of ready) dequeue(shell, entry)
  publishStatus(shell)
  while (ready.length > 0) write(shell, ready.splice(0, isBatching(shell) ? BATCH_ITEMS : 1))
}

function dequeue({ outbox }: Shell, entry: Entry): void {
  outbox.queue.delete(entry)
  entry.cancelExpiry?.()
}

/** If this connection ends too, it is known of what. The last time it has to speak first: a server that is down is nobody's fault. */
function tryAlone(shell: Shell, entry: Entry): void {
  const { outbox, timers, current } = shell
  if (isLast(outbox, entry) && current?.greeting === undefined) return flushGreeted(shell)
  outbox.trial = entry
  timers.set('trial', TRIAL_MS, () => endTrial(shell))
  dequeue(shell, entry)
  write(shell, [entry])
  if (!awaitsAnswer(entry, outbox)) shell.sendPing()
}

function endTrial(shell: Shell): void {
  const { outbox, timers } = shell
  if (outbox.trial) acquit(outbox, outbox.trial)
  outbox.trial = undefined
  timers.clear('trial')
  // Whoever takes it out may be about to take out everything.
  queueMicrotask(() => flush(shell))
}

function write(shell: Shell, given: readonly Entry[]): void {
  const { current, codec, outbox, environment } = shell
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
    entry.writtenAt = environment.now()
    if (onAnswer || delivery === 'reliable') outbox.unanswered.set(frame.id, entry)
    entry.onWritten()
  }
  if (!entries[0]?.onAnswer) forgetOldest(outbox, shell.limits)
}

function isAllowed(shell: Shell, entry: Entry): boolean {
  const error = entry.guard?.()
  if (error) remove(shell, entry, error)
  return !error
}

/** Takes a frame that answers one of ours. `error`: it cannot be read. */
export function take(shell: Shell, frame: Partial<Frame>, error?: LiveError): boolean {
  const { outbox } = shell
  const { unanswered, answered } = outbox
  const entry = unanswered.get(textOf(frame.reply_to ?? frame.id) ?? '')
  if (!entry) return false
  remove(shell, entry)
  acquit(outbox, entry)
  answered.add(entry.frame.type)
  prove(shell, entry.order)
  if (error) entry.onDropped(error)
  else entry.onAnswer?.(frame as Frame)
  return true
}

/** All that was written up to here has arrived. */
export function prove(shell: Shell, order: number): void {
  const { outbox } = shell
  const { trial } = outbox
  outbox.provenOrder = Math.max(outbox.provenOrder, order)
  if (trial && trial.order <= order && !awaitsAnswer(trial, outbox)) endTrial(shell)
}

/** What was written to this socket and not answered is queued again, or given up. */
export function requeue(shell: Shell, link: Link): void {
  const { outbox, current, environment, timers } = shell
  outbox.trial = undefined
  timers.clear('trial')
  // They are asked again through the next socket.
  for (const entry of current ? [] : outbox.queue) {
    if (entry.delivery === 'control') remove(shell, entry, connectionLost(entry.frame))
  }
  const again = [...outbox.unanswered.values()].filter((entry) => {
    if (entry.link !== link) return false
    const refusal = refusalOf(outbox, entry, environment.now())
    const isAgain = !refusal && isRepeated(entry, outbox)
    remove(shell, entry, refusal ?? (entry.onAnswer && !isAgain ? connectionLost(entry.frame) : undefined))
    // Its sender has been told that it was written.
    if (refusal && !entry.onAnswer) shell.reportError(shell.name, refusal)
    if (isAgain) entry.onQueuedAgain?.()
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
