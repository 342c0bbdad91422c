/** What a channel is known to lack: waited for, asked for once, and told to its readers. Knows nothing of events or logs. */
import { type Channel, type Cursor, type LivePort, type Pace, waitOf } from '../../transport/port.ts'
import { isAfter, isBehind, isOtherEpoch, type Sequencer, topOf } from './sequencer.ts'

/** What is missing is asked for at a pace. */
export interface WatchedChannel extends Pace {
  readonly port: LivePort
  readonly members: readonly { onChange?(): void }[]
  readonly sequencer: Sequencer
  live: boolean
  readonly subscription: Channel
  stopGapTimer?: (() => void) | undefined
  /** While what is missing is asked for: the highest number that was known when it was. */
  asked?: number | undefined
  hasGap: boolean
  /** Its position when the server last said where it stands. */
  stood?: Cursor | undefined
}

/** A missing event usually overtakes by milliseconds; only after this is it asked for. Milliseconds. */
const GAP_PATIENCE_MS = 200
/** Between one question and the next, where what is missing is told again and again. Milliseconds. */
const REST_MS = 2_000

export function onHead(channel: WatchedChannel, head: Cursor): void {
  const { sequencer, stood } = channel
  sequencer.head = head
  channel.stood = sequencer.cursor
  // A replica may lag, but not by a heartbeat: the server has lost what it told.
  if (isAfter(stood, head) && !isOtherEpoch(stood, head) && channel.live) askForMissing(channel)
  else watchGap(channel)
}

export function watchGap(channel: WatchedChannel): void {
  const { sequencer, asked, live } = channel
  // While a snapshot is on its way its position will close or explain the hole.
  const isMissing = live && isBehind(sequencer)
  // What a head tells of is usually under way.
  const hasGap = isMissing && (asked !== undefined || sequencer.held.size > 0)
  const isWaiting = isMissing && asked === undefined
  if (isWaiting !== (channel.stopGapTimer !== undefined)) {
    setGapTimer(channel, isWaiting ? GAP_PATIENCE_MS : undefined)
  }
  if (hasGap === channel.hasGap) return
  channel.hasGap = hasGap
  notifyMembers(channel)
}

/** Once; whatever the answer is, it settles what was known until now. */
function askForMissing(channel: WatchedChannel): void {
  const { sequencer, port } = channel
  if (channel.asked !== undefined) return
  const waitMs = waitOf(channel, port.clock, REST_MS)
  if (waitMs > 0) return setGapTimer(channel, waitMs)
  channel.asked = topOf(sequencer)
  port.report({ type: 'gap', after: sequencer.cursor?.seq, held: sequencer.held.size })
  channel.subscription.resync()
  watchGap(channel)
}

function setGapTimer(channel: WatchedChannel, waitMs: number | undefined): void {
  channel.stopGapTimer?.()
  channel.stopGapTimer =
    waitMs === undefined ? undefined : channel.port.clock.setTimer(() => askForMissing(channel), waitMs)
}

export function notifyMembers({ members }: WatchedChannel): void {
  for (const member of members) member.onChange?.()
}
