/** What happens to the channels of one connection: they come up and go down with its sockets, and hear what the server says. */
import { isReplying } from '../connection/connection.ts'
import type { LiveError } from '../errors.ts'
import type { Cursor } from '../port.ts'
import { type DecodedEvent, entryOf, fieldsOf } from '../protocol.ts'
import { eventFor, type Place, placeName, toCursor } from './channelEvents.ts'
import { concerned } from './channelIndex.ts'
import type { ChannelConnection, Subscription } from './channelRegistry.ts'
import { askToStand, reportSynced, subscribe, takeDown } from './channelSync.ts'
import { emitSignal, tellHead } from './signals.ts'

const all = ({ channels }: ChannelConnection) => [...channels.subscriptions.values()]

/** A socket is open: everything is asked for again. */
export function upChannels(connection: ChannelConnection): void {
  for (const subscription of all(connection)) {
    askAnew(connection, subscription)
  }
  for (const batch of connection.channels.batches.values()) batch.send()
  reportSynced(connection)
}

/** Another socket takes over while the channels stand. Resolves when it carries them, as far as it ever will. */
export function moveChannels(connection: ChannelConnection): Promise<unknown> {
  return Promise.all(
    all(connection).map((subscription) => {
      if (subscription.standing) return askToStand(connection, subscription)
      // What one connection was refused, the next one may be granted.
      askAnew(connection, subscription)
      return subscription.standing
    }),
  )
}

function askAnew(connection: ChannelConnection, subscription: Subscription): void {
  subscription.isRefused = false
  subscribe(connection, subscription)
}

export function downChannels(connection: ChannelConnection, error: LiveError | undefined): void {
  connection.channels.batches.clear()
  for (const subscription of all(connection)) {
    takeDown(subscription)
    emitSignal(connection, subscription.members, { type: 'down', error })
  }
}

/** Events go to the channels they belong to, and to whoever subscribed to their type. */
export function deliverEvents(connection: ChannelConnection, events: readonly DecodedEvent[]): void {
  const { channels, protocol } = connection
  let hearers: Subscription[] | undefined
  for (const event of events) {
    for (const subscription of concerned(channels, event, protocol)) {
      if (!subscription.standing) continue
      if (!subscription.heard) hearers = withOne(hearers, subscription)
      subscription.heard = withOne(subscription.heard, eventFor(subscription.at, event, protocol))
    }
  }
  if (hearers) tellHearers(connection, hearers)
  connection.deliver(connection.name, events)
}

/** Most stay alone, and an array that is empty at first has room for many. */
function withOne<T>(all: T[] | undefined, one: T): T[] {
  if (!all) return [one]
  all.push(one)
  return all
}

/** Whoever came first hears of it first. */
function tellHearers(connection: ChannelConnection, hearers: Subscription[]): void {
  if (hearers.length > 1) hearers.sort((a, b) => a.order - b.order)
  for (const subscription of hearers) {
    const { members, heard = [] } = subscription
    subscription.heard = undefined
    emitSignal(connection, members, { type: 'events', events: heard })
  }
}

/** A server that never answers has taken in the subscribe frame when something later comes back from it. */
export function confirmChannels(connection: ChannelConnection): void {
  if (connection.sendQueue.answered.size > 0 || isReplying(connection)) return
  const { unconfirmed } = connection.channels
  for (const { confirm } of unconfirmed) confirm?.()
  unconfirmed.clear()
}

/** The server has lost track of one channel, and of those that take in all, or of all. */
export function resetChannels(connection: ChannelConnection, place?: Place): void {
  const name = placeName(place)
  for (const subscription of all(connection)) {
    const { at } = subscription
    if (!(place && at) || placeName(at) === name) restate(connection, subscription, { resumed: false })
  }
}

const alike = (connection: ChannelConnection, place: Place) =>
  all(connection).filter(({ at }) => placeName(at) === placeName(place))

/** The server says where a channel stands for which it was not asked: being connected is the subscription. */
export function placeChannel(connection: ChannelConnection, place: Place, cursor: Cursor): void {
  for (const subscription of alike(connection, place)) {
    subscription.place = cursor
    restate(connection, subscription, { resumed: true, cursor })
  }
}

export function takeHead(connection: ChannelConnection, place: Place, cursor: Cursor): void {
  for (const { members } of alike(connection, place)) tellHead(connection, members, cursor)
}

/** The server says how far its channels have come, by name; where there are several kinds of them, by field and name. */
export function takeHeads(connection: ChannelConnection, heads: unknown): void {
  const isOne = connection.protocol.kinds.length === 1
  for (const { at, members } of all(connection)) {
    if (!at) continue
    const table = isOne ? heads : fieldsOf(heads)[at.kind.field]
    tellHead(connection, members, toCursor(entryOf(fieldsOf(table), at.id)))
  }
}

function restate(
  connection: ChannelConnection,
  { members, standing }: Subscription,
  how: { readonly resumed: boolean; readonly cursor?: Cursor },
): void {
  const live = members.filter(({ waitsFor }) => waitsFor !== standing)
  if (standing !== undefined) emitSignal(connection, live, { type: 'live', ...how })
}
