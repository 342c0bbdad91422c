/** The way out: collects the frames of a turn, lets faults have their say, packs, delays, writes. */
import type { ServerClock } from './clock.ts'
import type { FaultPlan } from './faults.ts'
import type { FrameKind } from './hub.ts'
import type { Session } from './session.ts'
import type { ServerFrame } from './wire.ts'

interface Outgoing {
  readonly session: Session
  readonly frame: ServerFrame
  readonly kind: FrameKind
}

/** Written when it is handed over: what has no JSON fails whoever sends it, and not the turn with all its frames. */
interface Written extends Outgoing {
  readonly text: string
}

const written = (outgoing: Outgoing): Written => ({ ...outgoing, text: JSON.stringify(outgoing.frame) })

/** How long a reordered frame waits for another one to overtake it. */
const HOLD_MS = 50

export interface Outbox {
  /** @throws when the frame has no JSON */
  add(outgoing: Outgoing): void
  /** Where the next frame would go; `insert` puts one there later. */
  mark(): number
  insert(mark: number, outgoing: Outgoing): void
  /** Nothing, where no more characters wait than that. @default 0 */
  flush(above?: number): void
  /** Takes back what was handed over since the mark. */
  truncate(mark: number): void
  /** What is still on its way to a closed session will never arrive. */
  forget(session: Session): void
}

interface Line {
  held: Written | undefined
  cancelHold: () => void
  /** Delayed writes, in order. */
  readonly cancelers: Set<() => void>
  lastDueAt: number
}

export interface OutboxOptions {
  readonly clock: ServerClock
  readonly faults: FaultPlan
  readonly batch: boolean
  write(session: Session, text: string): void
  /** Around what a timer writes. */
  turn(run: () => void): void
}

export function createOutbox(options: OutboxOptions): Outbox {
  const lines = new Map<Session, Line>()
  const pending = createPending()
  const lineOf = (session: Session): Line => {
    const line = lines.get(session) ?? createLine()
    lines.set(session, line)
    return line
  }
  return {
    add: (outgoing) => pending.insert(pending.mark(), outgoing),
    mark: pending.mark,
    insert: pending.insert,
    flush: (above = 0) => {
      if (pending.size() <= above) return
      const leaving = pending.truncate(0)
      for (const [session, outgoing] of groupBySession(leaving)) {
        if (session.phase === 'closed') continue
        const line = lineOf(session)
        const frames = outgoing.flatMap((each) => passFrame(options, each, line))
        writeFrames(options, { session, line, frames })
      }
    },
    truncate: pending.truncate,
    forget: (session) => {
      const line = lines.get(session)
      line?.cancelHold()
      for (const cancel of line?.cancelers ?? []) cancel()
      lines.delete(session)
    },
  }
}

/** What a frame becomes on the line: nothing, itself, itself twice, or itself and the one it overtook. */
function passFrame(options: OutboxOptions, outgoing: Written, line: Line): Written[] {
  const fate = options.faults.fateOf(outgoing.kind)
  if (fate === 'drop') return []
  if (fate === 'hold' && line.held === undefined) {
    holdBack(options, outgoing, line)
    return []
  }
  const frames = fate === 'duplicate' ? [outgoing, outgoing] : [outgoing]
  return line.held && isSameSequence(line.held.frame, outgoing.frame)
    ? [...frames, ...releaseHeld(line)]
    : frames
}

function holdBack(options: OutboxOptions, held: Written, line: Line): void {
  const { session } = held
  line.held = held
  line.cancelHold = options.clock.setTimer(
    () => options.turn(() => writeFrames(options, { session, line, frames: releaseHeld(line) })),
    HOLD_MS,
  )
}

function releaseHeld(line: Line): Written[] {
  const { held } = line
  line.held = undefined
  line.cancelHold()
  return held === undefined ? [] : [held]
}

/** The frames of the turn, and how many characters they are. */
function createPending() {
  const frames: Written[] = []
  let size = 0
  return {
    mark: () => frames.length,
    size: () => size,
    insert: (mark: number, outgoing: Outgoing) => {
      const one = written(outgoing)
      size += one.text.length
      frames.splice(mark, 0, one)
    },
    /** What is taken out. */
    truncate: (mark: number): readonly Written[] => {
      const gone = frames.splice(mark)
      for (const { text } of gone) size -= text.length
      return gone
    },
  }
}

/** Only frames whose order means something change it: a message overtaken by a typing notice would prove nothing. */
const isSameSequence = (held: ServerFrame, frame: ServerFrame): boolean =>
  held.seq === undefined ? held.type === frame.type : frame.seq !== undefined

const createLine = (): Line => ({
  held: undefined,
  cancelHold: () => undefined,
  cancelers: new Set(),
  lastDueAt: 0,
})

function groupBySession(leaving: readonly Written[]): Map<Session, Written[]> {
  const groups = new Map<Session, Written[]>()
  for (const outgoing of leaving) {
    const group = groups.get(outgoing.session)
    if (group) group.push(outgoing)
    else groups.set(outgoing.session, [outgoing])
  }
  return groups
}

interface Writing {
  readonly session: Session
  readonly line: Line
  readonly frames: readonly Written[]
}

function writeFrames(options: OutboxOptions, { session, line, frames }: Writing): void {
  const texts = frames.map(({ text }) => text)
  const packs = options.batch && texts.length > 1 ? [`[${texts.join(',')}]`] : texts
  for (const text of packs) writeText(options, { session, line, text })
}

function writeText(
  { clock, faults, write, turn }: OutboxOptions,
  { session, line, text }: { session: Session; line: Line; text: string },
): void {
  const nowMs = clock.now()
  // Never before what is already on its way, however the latency was turned down meanwhile.
  const dueAt = Math.max(nowMs + faults.settings.latencyMs, line.lastDueAt)
  if (dueAt <= nowMs && line.cancelers.size === 0) {
    write(session, text)
    return
  }
  line.lastDueAt = dueAt
  const cancel = clock.setTimer(() => {
    line.cancelers.delete(cancel)
    turn(() => write(session, text))
  }, dueAt - nowMs)
  line.cancelers.add(cancel)
}
