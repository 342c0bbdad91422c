/**
 * One cached query, live: joins its channel, folds events into its data, and asks for a new snapshot when continuity was
 * lost. Knows definitions and ops; does not know kinds of data or React.
 */

import type { Cursor } from '../../transport/port.ts'
import { keepSharing, markFinished } from '../cache/structuralSharing.ts'
import { refetch, write } from '../cache/writer.ts'
import type { SequencedOp } from '../fold/items.ts'
import type { Op } from '../fold/op.ts'
import { soundOp } from '../fold/soundOp.ts'
import type { Params } from '../keys.ts'
import { targetOf } from '../optimistic/pendingMutation.ts'
import { confirm, opsFor } from '../optimistic/pendingMutations.ts'
import { eventsSince, leaveChannel, positionInLog, reaches } from '../stream/channelHub.ts'
import { topOf } from '../stream/sequencer.ts'
import { type Query, replaceEqualDeep } from '../tanstack.ts'
import { channelSpec, type Definition, flawFor } from './definition.ts'
import {
  type Entry,
  endPause,
  failedAt,
  flawedAt,
  isAhead,
  isContinuous,
  type LiveClient,
  mayAsk,
  NOTHING,
  OFFLINE,
  opsOf,
  type Picture,
  pause,
  statusChanged,
} from './state.ts'

/** For snapshots that are on their way, or come from a replica that lags. */
const MAX_REPLIES = 20

const entries = new WeakMap<object, Entry>()

/** What makes a query live; `undefined` for one that is not. */
export function entryBehind(query: object): Entry | undefined {
  return entries.get(query)
}

export function createEntry(client: LiveClient, query: Query, definition: Definition): Entry {
  const params = (query.queryKey[2] ?? {}) as Params
  const entry: Entry = {
    client,
    query,
    definition,
    params,
    target: targetOf(definition.name, params),
    fetches: new Set(),
    channel: undefined,
    base: undefined,
    picture: NOTHING,
    replies: [],
    replied: 0,
    pending: [],
    continuity: -1,
    asOf: undefined,
    landing: undefined,
    stopPause: undefined,
    failures: 0,
    paidAt: 0,
    state: OFFLINE,
    member: {
      onEvents(events) {
        // Whoever else reads the channel is to have them all the same.
        try {
          apply(entry, opsOf(entry, events))
        } catch (cause) {
          failedAt(entry)(cause)
          distrust(entry)
        }
      },
      onChange() {
        endPause(entry)
        revalidate(entry)
        // Queued rows turn into rows being sent, and back.
        client.coalescer.request(entry)
        statusChanged(entry)
      },
    },
  }
  entries.set(query, entry)
  return entry
}

export function attach(entry: Entry): void {
  if (entry.channel) return
  const { definition, client, params } = entry
  const data = stored(entry)
  const position = entry.asOf ?? (data === undefined ? undefined : definition.strategy.positionOf(data))
  entry.channel = client.hub.join(channelSpec(params, definition.options), entry.member, position)
  catchUp(entry, position)
  // What was stored may have optimistic rows in it, and lack events that the channel knows.
  if (data !== undefined) client.coalescer.request(entry)
}

export function detach(entry: Entry, idleMs?: number): void {
  const { channel } = entry
  if (!channel) return
  const data = current(entry)
  if (data !== undefined) show(entry, data)
  if (!isContinuous(entry)) entry.asOf = undefined
  else if (!isAhead(entry)) entry.asOf = channel.sequencer.cursor
  endPause(entry)
  Object.assign(entry, { channel: undefined, continuity: -1, replies: [] })
  leaveChannel(channel, entry.member, idleMs)
  statusChanged(entry)
}

/** Data that says where it stands is continued from there, if the channel knows what came after. */
function catchUp(entry: Entry, position: Cursor | undefined): void {
  const { channel } = entry
  const canContinue = channel !== undefined && position !== undefined && reaches(channel, position)
  entry.continuity = canContinue ? channel.continuity : -1
  entry.asOf = canContinue ? position : undefined
  if (canContinue) entry.pending = opsOf(entry, eventsSince(channel, position))
  statusChanged(entry)
}

/** What a reply, or the application, says of the data without saying when that was. */
export function applyReply(entry: Entry, given: readonly Op<unknown>[], isNews: boolean): void {
  const { channel, definition, params } = entry
  const hears = { flawOf: flawFor(definition, params), flawed: flawedAt(entry), failed: failedAt(entry) }
  const ops = given.flatMap((op) => soundOp(definition, op, hears) ?? [])
  if (ops.length === 0) return
  if (channel) {
    // The answer to what was sent again tells of the past: no position is before it.
    const after = isNews ? topOf(channel.sequencer) : -1
    const when = { at: positionInLog(channel), after, continuity: channel.continuity }
    const replies = ops.map((op) => ({ op, number: entry.replied++, ...when }))
    entry.replies = [...entry.replies, ...replies].slice(-MAX_REPLIES)
  }
  apply(
    entry,
    ops.map((op) => ({ op, seq: undefined })),
  )
  // What it tells of may have been changed or removed by events that the data holds already.
  if (isAhead(entry)) distrust(entry)
}

function apply(entry: Entry, ops: readonly SequencedOp<unknown>[]): void {
  const { asOf, client, target } = entry
  const { confirms } = entry.definition.strategy
  if (ops.length === 0) return
  // What the snapshot has already; only data of this continuity is told by its number.
  const known = isContinuous(entry) ? asOf?.seq : undefined
  for (const { op, seq, of } of ops) {
    const isKnown = known !== undefined && seq !== undefined && seq <= known
    const confirmedBy = (isGuess: boolean) =>
      confirms &&
      confirm(client.outbox, target, { of, confirms: (pending) => confirms(pending, op, isGuess), isGuess })
    const confirmed = confirmedBy(false) ?? confirmedBy(true)
    if (!isKnown) entry.pending.push({ op: confirmed ?? op, seq })
  }
  client.coalescer.request(entry, ops.length)
}

/** Something may be missing after all: asks for a new snapshot as soon as possible. */
export function distrust(entry: Entry): void {
  entry.continuity = -1
  // One that is on its way was asked for before, and gets the same doubtful words on top.
  for (const fetch of entry.fetches) fetch.continuity = -1
  statusChanged(entry)
  entry.client.coalescer.request(entry)
}

/** What is in the cache, less optimistic rows. Adopts what others wrote there. */
export function stored(entry: Entry): unknown {
  const { strategy } = entry.definition
  const { data } = entry.query.state
  const { view } = entry.picture
  if (Object.is(data, view)) return entry.base
  // The same once more, from another tab or out of storage: asking again would make that tab ask again.
  if (replaceEqualDeep(view, data) === view) {
    entry.picture = { ...entry.picture, view: data }
    markFinished(data)
    return entry.base
  }
  const adopted =
    data === undefined
      ? undefined
      : strategy.adopt(data, [...entry.picture.shown, ...opsFor(entry.client.outbox, entry.target)])
  entry.picture = { ...NOTHING, view: data }
  // What is nothing of its kind is not taken; what there was is written over it.
  if (data !== undefined && adopted === undefined && entry.base !== undefined) return entry.base
  entry.base = adopted
  catchUp(entry, adopted === undefined ? undefined : strategy.positionOf(adopted))
  return entry.base
}

/** Data with every event so far, without optimistic rows; `undefined` before the first snapshot. */
export function current(entry: Entry): unknown {
  const base = stored(entry)
  const { pending } = entry
  if (pending.length === 0) return base
  entry.pending = []
  if (base !== undefined) entry.base = entry.definition.strategy.fold(base, pending, entry.query)
  return entry.base
}

/** New data of record. Returns what belongs into the cache: the data with optimistic ops on top. */
export function settle(entry: Entry, base: unknown): unknown {
  entry.base = base
  entry.picture = pictureOf(entry, base)
  return entry.picture.view
}

/** Whole data at the end of a queryFn, and what it lacks; it takes effect when TanStack has written the result. */
export function land(entry: Entry, data: unknown, missed: readonly SequencedOp<unknown>[]): unknown {
  const picture = pictureOf(entry, entry.definition.strategy.fold(data, missed, entry.query))
  entry.landing = { ...picture, pending: entry.pending.length }
  return picture.view
}

function pictureOf(entry: Entry, base: unknown): Picture {
  const { picture, client, definition, target } = entry
  const shown = opsFor(client.outbox, target)
  if (Object.is(base, picture.of) && shown === picture.shown) return picture
  const view = shown.length === 0 ? base : definition.strategy.overlay(base, shown)
  markFinished(view)
  return { of: base, view, shown }
}

/** Applies what waits, writes if that changed anything, and asks for a snapshot if one is needed. */
export function flush(entry: Entry): void {
  const { query, landing } = entry
  // Between the end of a queryFn and TanStack's write lie microtasks; a write now would be overwritten by the result.
  if (landing && query.state.fetchStatus === 'fetching') return
  try {
    const data = current(entry)
    if (data !== undefined) show(entry, data)
  } catch (cause) {
    failedAt(entry)(cause)
    entry.continuity = -1
    pause(entry)
  }
  revalidate(entry)
}

function show(entry: Entry, data: unknown): void {
  const view = settle(entry, data)
  const { client, definition, query } = entry
  if (Object.is(view, query.state.data)) return
  keepSharing(query, definition, client.registry.port.report)
  write(client.queryClient, query, view)
}

function revalidate(entry: Entry): void {
  const { query, channel, stopPause } = entry
  if (!channel?.live || stopPause || query.state.fetchStatus !== 'idle' || !query.isActive()) return
  // Without data: the first fetch was cancelled, or failed while the channel was down.
  if ((query.state.data === undefined || !isContinuous(entry)) && mayAsk(entry)) refetch(query)
}
