/** The way out of one connection: collects the frames of a turn, lets faults have their say, packs, delays, writes. */
import type { ServerClock } from '../clock.ts'
import type { ServerFrame } from '../wire.ts'
import type { FaultPlan } from './faults.ts'

interface Outgoing {
  readonly frame: ServerFrame
  /** The frame as JSON. */
  readonly text: string
}

export interface Outbox {
  add(outgoing: Outgoing): void
  /** Sends what was collected on its way. */
  flush(): void
  /** What is still on its way will never arrive. */
  forget(): void
}

export interface OutboxParts {
  readonly clock: ServerClock
  readonly faults: FaultPlan
  /** Packs the frames of one turn into an array. */
  readonly batch: boolean
  write(text: string): void
  /** Something waits to be flushed, when the turn is over. */
  onPending(): void
}

/** What is kept for the end of the turn, in characters. */
const MAX_PENDING = 1_048_576
/** How long a reordered frame waits for another one to overtake it. */
const HOLD_MS = 50

export function createOutbox(parts: OutboxParts): Outbox {
  const lane = createLane(parts)
  const write = (frames: readonly Outgoing[]): void => {
    const texts = frames.map(({ text }) => text)
    for (const text of parts.batch && texts.length > 1 ? [`[${texts.join(',')}]`] : texts) lane.write(text)
  }
  const fates = createFates(parts, write)
  let pending: Outgoing[] = []
  let size = 0
  const flush = (): void => {
    const leaving = pending
    pending = []
    size = 0
    write(leaving.flatMap(fates.pass))
  }
  return {
    add: (outgoing) => {
      pending.push(outgoing)
      size += outgoing.text.length
      if (size > MAX_PENDING) flush()
      else parts.onPending()
    },
    flush,
    forget: () => {
      pending = []
      fates.forget()
      lane.forget()
    },
  }
}

/** What a frame becomes on the line: nothing, itself, itself twice, or itself and the one it overtook. */
function createFates({ faults, clock }: OutboxParts, write: (late: readonly Outgoing[]) => void) {
  let held: Outgoing | undefined
  let cancelHold = () => {}
  const release = (): Outgoing[] => {
    const released = held === undefined ? [] : [held]
    held = undefined
    cancelHold()
    return released
  }
  return {
    pass: (outgoing: Outgoing): Outgoing[] => {
      const fate = faults.fateOf(kindOf(outgoing.frame))
      if (fate === 'drop') return []
      if (fate === 'hold' && held === undefined) {
        held = outgoing
        cancelHold = clock.setTimer(() => write(release()), HOLD_MS)
        return []
      }
      const passed = fate === 'duplicate' ? [outgoing, outgoing] : [outgoing]
      return held && isSameSequence(held.frame, outgoing.frame) ? [...passed, ...release()] : passed
    },
    forget: () => void release(),
  }
}

/** Faults hit events, and replies where asked to; they never hit what keeps a connection going. */
function kindOf({ type }: ServerFrame): 'event' | 'reply' | 'control' {
  if (type === 'response' || type === 'error') return 'reply'
  return type === 'welcome' || type === 'pong' || type === 'draining' ? 'control' : 'event'
}

/** Only frames whose order means something change it: a message overtaken by a typing notice would prove nothing. */
const isSameSequence = (held: ServerFrame, frame: ServerFrame): boolean =>
  held.seq === undefined ? held.type === frame.type : frame.seq !== undefined

/** Delays, and keeps the order. */
function createLane({ clock, faults, write }: OutboxParts) {
  const waiting = new Set<() => void>()
  let lastDueAt = 0
  return {
    write: (text: string): void => {
      const nowMs = clock.now()
      // Never before what is already on its way, however the latency was turned down meanwhile.
      const dueAt = Math.max(nowMs + faults.settings.latencyMs, lastDueAt)
      if (dueAt <= nowMs && waiting.size === 0) return write(text)
      lastDueAt = dueAt
      const cancel = clock.setTimer(() => {
        waiting.delete(cancel)
        write(text)
      }, dueAt - nowMs)
      waiting.add(cancel)
    },
    forget: (): void => {
      for (const cancel of waiting) cancel()
      waiting.clear()
    },
  }
}
