/** `server.faults`: the knobs, and the accidents that happen at once. */
import type { ServerClock } from '../clock.ts'
import type { Lines } from './createLines.ts'
import type { FaultPlan, FaultSettings, Rejection } from './faults.ts'
import type { Line } from './line.ts'

export interface RestartOptions {
  /** As if the numbering were lost: no client can resume, all must take new snapshots. @default false */
  readonly newEpoch?: boolean
  /** Connections are refused with 1013 for so long. @default 0 */
  readonly downMs?: number
}

export interface Faults extends FaultSettings {
  /** The present connections stay open, but nothing gets through any more, in either direction. */
  halfOpen(select?: (connection: { readonly id: string; readonly userId: string }) => boolean): void
  /**
   * The present connections get no events any more of the rooms they have subscribed, as after a flush of the layer that
   * carries events between processes; requests are answered. Whoever subscribes again is heard again.
   */
  forgetSubscriptions(): void
  disconnectAll(code?: number, reason?: string): void
  /** Drops every connection with 1012. The state survives, as it would in a database. */
  restart(options?: RestartOptions): void
  /** Refuses the next frame(s) of a type. @default rate_limited, once */
  rejectNext(type: string, rejection?: Rejection): void
  /** Accepts the next connection(s), and closes them at once with this code. */
  refuseNext(code: number, times?: number): void
}

const SERVICE_RESTART = 1012
const TRY_AGAIN_LATER = 1013

export interface FaultControlsParts {
  readonly faults: FaultPlan
  readonly lines: Lines
  readonly clock: ServerClock
  renewEpoch(): void
}

export function createFaultControls({ faults, lines, clock, renewEpoch }: FaultControlsParts): Faults {
  const disconnectAll = (code = 1006, reason = '') =>
    lines.turn(() => {
      for (const line of [...lines.all]) lines.end(line, code, reason)
    })
  const controls = {
    disconnectAll,
    halfOpen: (select: Parameters<Faults['halfOpen']>[0] = () => true) => {
      for (const line of lines.all) if (select(describe(line))) line.isSilent = true
    },
    forgetSubscriptions: () => {
      for (const { hearing } of lines.all) hearing.goDeaf()
    },
    restart: ({ newEpoch = false, downMs = 0 }: RestartOptions = {}) => {
      if (newEpoch) renewEpoch()
      if (downMs > 0) faults.refuseUntil(clock.now() + downMs, TRY_AGAIN_LATER)
      disconnectAll(SERVICE_RESTART, 'service restart')
    },
    rejectNext: faults.rejectNext,
    refuseNext: (code: number, times = 1) => faults.refuseNext(code, times),
  }
  // The settings object itself, so that `faults.drop = 0.5` is seen by the plan that reads it.
  return Object.assign(faults.settings, controls)
}

const describe = ({ id, userId }: Line) => ({ id, userId: String(userId ?? '') })
