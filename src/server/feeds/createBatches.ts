/** Events of a channel on which much happens travel together. The first goes at once, and so does one that is alone. */
import type { ServerEnvironment } from '../environment.ts'
import type { LoggedEvent } from '../store.ts'

export interface BatchesParts {
  readonly environment: Pick<ServerEnvironment, 'setTimer'>
  /** How long an event may wait for others, in milliseconds. */
  readonly waitMs: number
  /** Returns how many writes it took. */
  deliver(channel: string, events: readonly LoggedEvent[]): number
}

export interface Batches {
  add(channel: string, events: readonly LoggedEvent[]): void
  /** What waits goes now, because something is to come after it. */
  flush(channel: string): void
  /** Nobody is there for it. */
  drop(channel: string): void
}

/** From the first event of a channel until nothing has come for as long as one may wait. */
interface Batch {
  writes: number
  waiting: LoggedEvent[]
  length: number
  cancel(): void
}

/** So many writes within that time are no load. */
const AT_ONCE = 100
/** Characters. More than this gains nothing by waiting for more. */
const FULL = 65_536

export function createBatches({ environment, waitMs, deliver }: BatchesParts): Batches {
  const batches = new Map<string, Batch>()
  const send = (channel: string, batch: Batch, events: readonly LoggedEvent[]) => {
    batch.writes += deliver(channel, events)
  }
  const flush = (channel: string) => {
    const batch = batches.get(channel)
    if (!batch || batch.waiting.length === 0) return
    const { waiting } = batch
    Object.assign(batch, { waiting: [], length: 0 })
    send(channel, batch, waiting)
  }
  const open = (channel: string): Batch => {
    const batch: Batch = { writes: 0, waiting: [], length: 0, cancel: () => {} }
    const look = () => {
      batch.writes = 0
      if (batch.waiting.length === 0) batches.delete(channel)
      else {
        batch.cancel = environment.setTimer(look, waitMs)
        flush(channel)
      }
    }
    batch.cancel = environment.setTimer(look, waitMs)
    batches.set(channel, batch)
    return batch
  }
  return {
    add: (channel, events) => {
      const batch = batches.get(channel) ?? open(channel)
      if (batch.waiting.length === 0 && batch.writes < AT_ONCE) return send(channel, batch, events)
      for (const event of events) {
        batch.waiting.push(event)
        batch.length += event.event.length
      }
      if (batch.length > FULL) flush(channel)
    },
    flush,
    drop: (channel) => {
      batches.get(channel)?.cancel()
      batches.delete(channel)
    },
  }
}
