/** The recent events of a channel, for snapshots that lack them. */
import type { Cursor, LiveEvent } from '../../transport/port.ts'
import { isOtherEpoch, type Sequencer } from './sequencer.ts'

export interface ChannelLog {
  /** Snapshots on their way: nothing they may lack is dropped. */
  retainers: number
  log: LiveEvent[]
  /** Events before `log[0]`. */
  dropped: number
  /** Numbered events after this one are all in the log. */
  reach: number | undefined
}

/** Kept for snapshots that lag behind the stream. */
const LOG_TAIL = 256

/** Where the stream stands, for `eventsSince`. */
export function positionInLog({ dropped, log }: ChannelLog): number {
  return dropped + log.length
}

/** Whether the log holds all that data of this position lacks. Data without one is told by `positionInLog` alone. */
export function reaches(
  { sequencer, reach }: ChannelLog & { readonly sequencer: Sequencer },
  position: Cursor,
): boolean {
  return (position.seq ?? NaN) >= (reach ?? NaN) && !isOtherEpoch(sequencer.cursor, position)
}

/**
 * Everything a snapshot lacks: with a position the numbered events after it, even those from before the start (a
 * snapshot from a replica may lag), and the unnumbered ones since the start.
 */
export function eventsSince(
  { log, dropped }: ChannelLog,
  position: Cursor | undefined,
  start = Infinity,
): readonly LiveEvent[] {
  const after = position?.seq
  return log.filter((event, at) =>
    event.seq === undefined || after === undefined
      ? at >= start - dropped
      : event.seq > after && !isOtherEpoch(position, event),
  )
}

/** The log serves fetches in flight; without one only its tail is kept. */
export function trimLog(channel: ChannelLog & { readonly sequencer: Sequencer }): void {
  const { log, retainers, sequencer } = channel
  // In slices: shifting the array for every event would cost more than applying it.
  if (retainers > 0 || log.length < 2 * LOG_TAIL) return
  const dropped = log.splice(0, log.length - LOG_TAIL)
  const isNumbered = (event: LiveEvent) => event.seq !== undefined && !isOtherEpoch(sequencer.cursor, event)
  const last = dropped.findLast(isNumbered)?.seq
  // Never back: what is dropped may lie before a hole, or before another history.
  if (last !== undefined) channel.reach = Math.max(last, channel.reach ?? last)
  channel.dropped += dropped.length
}
