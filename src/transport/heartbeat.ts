/** Notices a connection that is dead without having been closed, and measures the round trip on the way. */
import type { Context } from './context.ts'
import { createTimers } from './timers.ts'

export interface HeartbeatHandlers {
  sendPing(timestamp: number): void
  onSilent(): void
  onRoundTrip(latencyMs: number): void
}

export interface Heartbeat {
  start(): void
  stop(): void
  /** Any inbound byte is a sign of life: a busy server may well starve its pongs (rails #42336). */
  heard(): void
  pong(payload: Readonly<Record<string, unknown>>): void
  /** Asks now, with a deadline of its own. */
  probe(): void
}

const PROBE_MS = 2_500

export function createHeartbeat(context: Context, handlers: HeartbeatHandlers): Heartbeat {
  const { environment, heartbeat: options } = context
  const timers = createTimers<'interval' | 'deadline'>(environment)
  let heard = 0
  let ping: { readonly timestamp: number; readonly at: number } | undefined
  const send = (deadlineMs: number) => {
    const before = heard
    ping = { timestamp: environment.wallNow(), at: environment.now() }
    handlers.sendPing(ping.timestamp)
    timers.setDeadline('deadline', deadlineMs, () => {
      if (heard === before) handlers.onSilent()
    })
  }
  const schedule = () => {
    if (!options) return
    timers.set('interval', options.intervalMs, () => {
      send(options.timeoutMs)
      schedule()
    })
  }
  return {
    start: schedule,
    stop: timers.clearAll,
    heard: () => {
      heard++
    },
    pong: (payload) => {
      // An answer to an older ping would report a round trip that is too short.
      if (!ping || (payload.timestamp !== undefined && payload.timestamp !== ping.timestamp)) return
      const latencyMs = environment.now() - ping.at
      const serverAt = toWallMs(payload.server_time)
      const clockOffsetMs = serverAt && serverAt - (environment.wallNow() - latencyMs / 2)
      ping = undefined
      // Server clock minus ours, if the server tells its time.
      context.report({ type: 'roundTrip', latencyMs, clockOffsetMs })
      handlers.onRoundTrip(latencyMs)
    },
    probe: () => send(PROBE_MS),
  }
}

function toWallMs(time: unknown): number | undefined {
  const ms = typeof time === 'string' ? Date.parse(time) : time
  return typeof ms === 'number' && ms > 0 ? ms : undefined
}
