/**
 * One subscription per channel for all queries that read it: puts its events in order, keeps the recent ones for
 * snapshots that lack them, and knows whether the channel is continuous. Knows nothing of queries or caches.
 */
import { isFinal, LiveError } from '../../transport/errors.ts'
import type { ChannelSignal, ChannelSpec, Cursor, LiveEvent, LivePort } from '../../transport/port.ts'
import { notifyMembers, onHead, type WatchedChannel, watchGap } from './channelGap.ts'
import { channelHash } from './channelHash.ts'
import { type ChannelLog, positionInLog, trimLog } from './channelLog.ts'
import {
  admit,
  baseline,
  isAfter,
  isOtherEpoch,
  type Reset,
  restartSequence,
  type Sequencer,
  stoodBy,
} from './sequencer.ts'

export interface ChannelMember {
  /** Events to apply now, in order, each exactly once where the server numbers them. */
  onEvents?(events: readonly LiveEvent[]): void
  /** Liveness, continuity or gap changed. */
  onChange?(): void
}

export interface LiveChannel extends WatchedChannel, ChannelLog {
  readonly spec: ChannelSpec
  /** Another list with every change. */
  members: readonly ChannelMember[]
  /** To be told when it is live, or why it will not be. */
  readonly waiting: Set<(failure: LiveError | undefined) => void>
  /** How often it became live; 0: the first answer of the server is still to come. */
  sessions: number
  failure?: LiveError | undefined
  /** Grows whenever events may have been missed: data taken under another number is not to be trusted. */
  continuity: number
  forgetChannel(): void
}

export interface ChannelHub {
  readonly channels: ReadonlyMap<string, LiveChannel>
  /** `resumeFrom`: position of data that is there already; used when the channel has none itself. */
  join(spec: ChannelSpec, member: ChannelMember, resumeFrom?: Cursor): LiveChannel
}

const ASKED_AGAIN: ReadonlySet<string> = new Set(['rejected', 'forbidden', 'user_changed'])

export function createChannelHub(port: LivePort): ChannelHub {
  const channels = new Map<string, LiveChannel>()

  function open(spec: ChannelSpec, hash: string, cursor: Cursor | undefined): LiveChannel {
    const sequencer: Sequencer = { cursor: undefined, held: new Map() }
    restartSequence(sequencer, cursor)
    const channel: LiveChannel = {
      port,
      spec,
      sequencer,
      // Signals never arrive during the call itself.
      subscription: port.open(spec, {
        cursor: () => sequencer.cursor,
        onSignal: (signal) => onSignal(channel, signal),
      }),
      members: [],
      retainers: 0,
      waiting: new Set(),
      live: false,
      sessions: 0,
      continuity: 0,
      log: [],
      dropped: 0,
      reach: cursor?.seq,
      hasGap: false,
      paidAt: 0,
      forgetChannel: () => void channels.delete(hash),
    }
    channels.set(hash, channel)
    return channel
  }

  return {
    channels,
    join(spec, member, resumeFrom) {
      const hash = channelHash(spec)
      const channel = channels.get(hash) ?? open(spec, hash, resumeFrom)
      channel.members = [...channel.members, member]
      return channel
    },
  }
}

export function leaveChannel(channel: LiveChannel, member: ChannelMember, idleMs?: number): void {
  if (!channel.members.includes(member)) return
  channel.members = channel.members.filter((other) => other !== member)
  if (channel.members.length > 0) return
  channel.forgetChannel()
  channel.stopGapTimer?.()
  // An error that nobody hears of would be most of the cost.
  if (channel.waiting.size > 0)
    settleWaiting(channel, new LiveError('closed', 'The channel was closed before it was live'))
  channel.subscription.close(idleMs)
}

/**
 * Resolves with where the stream stood at that moment: whoever hears of it may find that events came with the good news.
 * What the server refused is asked for again by whoever needs it: only then can a second try succeed.
 * `outlasts`: what is no reason to stop waiting.
 */
export function whenLive(
  channel: LiveChannel,
  outlasts: (failure: LiveError) => boolean = () => false,
): Promise<number> {
  if (channel.live) return Promise.resolve(positionInLog(channel))
  const isOutlasted = channel.failure && outlasts(channel.failure)
  // Or somebody else had to go, and the channel with him.
  if (channel.failure && !isOutlasted && ASKED_AGAIN.has(channel.failure.code)) {
    channel.failure = undefined
    channel.port.renew(channel.spec)
  }
  if (channel.failure && !isOutlasted) return Promise.reject(channel.failure)
  return new Promise((resolve, reject) => {
    const settle = (failure: LiveError | undefined) => {
      if (!failure) resolve(positionInLog(channel))
      else if (outlasts(failure)) channel.waiting.add(settle)
      else reject(failure)
    }
    channel.waiting.add(settle)
  })
}

/** Events from now on are kept until it is released. */
export function keepLog(channel: LiveChannel): void {
  channel.retainers++
}

export function releaseLog(channel: LiveChannel): void {
  channel.retainers--
  trimLog(channel)
  // The snapshot that was to tell the position never came.
  if (channel.retainers === 0 && channel.sequencer.held.size > 0) snapshotArrived(channel)
}

/** A snapshot was taken there; `undefined` where the server does not say. */
export function snapshotArrived(channel: LiveChannel, position?: Cursor | undefined): void {
  if (channel.sequencer.cursor) return
  takeEvents(channel, baseline(channel.sequencer, position))
}

function onSignal(channel: LiveChannel, signal: ChannelSignal): void {
  if (signal.type === 'events') {
    return takeEvents(channel, admit(channel.sequencer, signal.events, channel.retainers > 0))
  }
  if (signal.type === 'head') return onHead(channel, signal.cursor)
  if (signal.type === 'live' && !channel.live) channel.sessions++
  channel.live = signal.type === 'live'
  // Most subscriptions that fail are asked for again by themselves; only what nobody retries ends the waiting.
  channel.failure = signal.type === 'down' && signal.error && isFinal(signal.error) ? signal.error : undefined
  const { asked } = channel
  channel.asked = undefined
  if (signal.type === 'live') settleOrder(channel, signal, asked)
  // What followed a hole comes again with what fills it, if it ever was.
  else channel.sequencer.held.clear()
  if (channel.live || channel.failure) settleWaiting(channel, channel.failure)
  watchGap(channel)
  notifyMembers(channel)
}

/** What was heard was for somebody else. */
export function clearChannel(channel: LiveChannel): void {
  restartSequence(channel.sequencer)
  channel.dropped += channel.log.length
  channel.log = []
  startOver(channel)
}

/** What was asked for has been told, as far as it exists: what is missing still was never there, or was rolled back. */
function settleOrder(
  channel: LiveChannel,
  { resumed, cursor }: Extract<ChannelSignal, { type: 'live' }>,
  asked = -1,
): void {
  const { sequencer } = channel
  const { head, held } = sequencer
  if (head && ((head.seq ?? 0) <= asked || isOtherEpoch(cursor, head))) sequencer.head = undefined
  if (!resumed) {
    restartSequence(sequencer, cursor, sequencer.cursor ?? sequencer.last)
    return startOver(channel)
  }
  snapshotArrived(channel, cursor)
  const isHole = isAfter(cursor, sequencer.cursor)
  if (isHole) sequencer.head = cursor
  const later = [...held.values()].filter(({ seq = 0 }) => seq > asked)
  if (asked < 0 || (!isHole && later.length === held.size)) return
  restartSequence(sequencer, cursor)
  takeEvents(channel, 'hole')
  takeEvents(channel, admit(sequencer, later))
}

function startOver(channel: LiveChannel): void {
  const { cursor } = channel.sequencer
  Object.assign(channel, { stood: undefined, reach: cursor?.seq, log: stoodBy(channel.log, cursor) })
  channel.continuity++
}

function takeEvents(channel: LiveChannel, admitted: readonly LiveEvent[] | Reset): void {
  if (typeof admitted === 'string') {
    channel.port.report({ type: 'channel-reset', reason: admitted })
    startOver(channel)
    watchGap(channel)
    return notifyMembers(channel)
  }
  const first = admitted[0]
  if (first) {
    if (first.seq !== undefined) channel.reach ??= first.seq - 1
    for (const event of admitted) channel.log.push(event)
    trimLog(channel)
    for (const member of channel.members) member.onEvents?.(admitted)
  }
  channel.reach ??= channel.sequencer.cursor?.seq
  watchGap(channel)
}

function settleWaiting(channel: LiveChannel, failure: LiveError | undefined): void {
  const waiting = [...channel.waiting]
  channel.waiting.clear()
  for (const settle of waiting) settle(failure)
}
