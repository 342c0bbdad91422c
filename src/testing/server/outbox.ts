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

/** How long a reordered frame waits for another one to overtake it. */
const HOLD_MS = 50

export interface Outbox {
  add(outgoing: Outgoing): void
  /** Where the next frame would go; `insert` puts one there later. */
  mark(): number
  insert(mark: number, outgoing: Outgoing): void
  flush(): void
  discard(): void
  /** What is still on its way to a closed session will never arrive. */
  forget(session: Session): void
}

interface Line {
  held: ServerFrame | undefined
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
}

export function createOutbox(options: OutboxOptions): Outbox {
  const lines = new Map<Session, Line>()
  let pending: Outgoing[] = []
  const lineOf = (session: Session): Line => {
    const line = lines.get(session) ?? createLine()
    lines.set(session, line)
    return line
  }
  const release = (line: Line) => {
    const { held } = line
    line.held = undefined
    line.cancelHold()
    return held === undefined ? [] : [held]
  }
  const holdBack = (session: Session, line: Line, frame: ServerFrame) => {
    line.held = frame
    line.cancelHold = options.clock.setTimer(
      () => writeFrames(options, { session, line, frames: release(line) }),
      HOLD_MS,
    )
  }
  /** What a frame becomes on the line: nothing, itself, itself twice, or itself and the one it overtook. */
  const pass = ({ session, frame, kind }: Outgoing, line: Line): ServerFrame[] => {
    const fate = options.faults.fateOf(kind)
    if (fate === 'drop') return []
    if (fate === 'hold' && line.held === undefined) {
      holdBack(session, line, frame)
      return []
    }
    const frames = fate === 'duplicate' ? [frame, frame] : [frame]
    return line.held && isSameSequence(line.held, frame) ? [...frames, ...release(line)] : frames
  }
  return {
    add: (outgoing) => void pending.push(outgoing),
    mark: () => pending.length,
    insert: (mark, outgoing) => void pending.splice(mark, 0, outgoing),
    flush: () => {
      const leaving = pending
      pending = []
      for (const [session, outgoing] of groupBySession(leaving)) {
        if (session.phase === 'closed') continue
        const line = lineOf(session)
        const frames = outgoing.flatMap((each) => pass(each, line))
        writeFrames(options, { session, line, frames })
      }
    },
    discard: () => {
      pending = []
    },
    forget: (session) => {
      const line = lines.get(session)
      line?.cancelHold()
      for (const cancel of line?.cancelers ?? []) cancel()
      lines.delete(session)
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

function groupBySession(leaving: readonly Outgoing[]): Map<Session, Outgoing[]> {
  const groups = new Map<Session, Outgoing[]>()
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
  readonly frames: readonly ServerFrame[]
}

function writeFrames(options: OutboxOptions, { session, line, frames }: Writing): void {
  if (frames.length === 0) return
  const packs = options.batch && frames.length > 1 ? [frames] : frames
  for (const pack of packs) writeText(options, { session, line, text: JSON.stringify(pack) })
}

function writeText(
  { clock, faults, write }: OutboxOptions,
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
    write(session, text)
  }, dueAt - nowMs)
  line.cancelers.add(cancel)
}
