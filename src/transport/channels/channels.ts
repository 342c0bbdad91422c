/**
 * The channels of one connection: who listens to what, counted, asked for again on every socket. How they are asked for
 * is in `channelSync.ts`.
 */

import { type Connection, failureOf, isReplying } from '../connection/connection.ts'
import { endUnleased, takeLease } from '../connection/leases.ts'
import { request } from '../connection/requests.ts'
import type { LiveError } from '../errors.ts'
import {
  type Channel,
  type ChannelListener,
  type ChannelSpec,
  type Cursor,
  type LiveEvent,
  waitOf,
} from '../port.ts'
import { entryOf, fieldsOf, textOf } from '../protocol.ts'
import { type ChannelEvent, eventFor, isMatch, nameOf, toCursor } from './channelEvents.ts'
import type { Member, Subscription } from './channelRegistry.ts'
import {
  askToStand,
  bringUp,
  emit,
  RETRY_MS,
  reportSynced,
  subscribe,
  takeDown,
  tellHead,
} from './channelSync.ts'

const all = ({ channels }: Connection) => [...channels.subscriptions.values()]

/** A socket is open: everything is asked for again. */
export function upChannels(connection: Connection): void {
  for (const subscription of all(connection)) {
    askAnew(connection, subscription)
  }
  connection.channels.batch?.send()
  reportSynced(connection)
}

/** Another socket takes over while the channels stand. Resolves when it carries them, as far as it ever will. */
export function moveChannels(connection: Connection): Promise<unknown> {
  return Promise.all(
    all(connection).map((subscription) => {
      if (subscription.standing) return askToStand(connection, subscription)
      // What one connection was refused, the next one may be granted.
      askAnew(connection, subscription)
      return subscription.standing
    }),
  )
}

function askAnew(connection: Connection, subscription: Subscription): void {
  subscription.isRefused = false
  subscribe(connection, subscription)
}

export function downChannels(connection: Connection, error: LiveError | undefined): void {
  connection.channels.batch = undefined
  for (const subscription of all(connection)) {
    takeDown(subscription)
    emit(connection, subscription.members, { type: 'down', error })
  }
}

/** Events go to the channels they belong to, and to whoever subscribed to their type. */
export function deliver(connection: Connection, events: readonly ChannelEvent[]): void {
  if (events.length === 0) return
  const { key } = connection.protocol.channels
  const heard = new Map<Subscription, LiveEvent[]>()
  for (const event of events) {
    for (const subscription of concerned(connection, event)) {
      const { spec, standing } = subscription
      if (!standing || !isMatch(spec, event)) continue
      const own = heard.get(subscription) ?? []
      heard.set(subscription, own)
      own.push(eventFor(spec, event, key))
    }
  }
  // Whoever came first hears of it first.
  for (const subscription of heard.size > 1 ? all(connection) : heard.keys()) {
    const own = heard.get(subscription)
    if (own) emit(connection, subscription.members, { type: 'events', events: own })
  }
  connection.deliver(connection.name, events)
}

/** Where an event says to which channel it belongs, not all of them are looked at. */
function* concerned(
  { channels, protocol }: Connection,
  { frame, payload }: ChannelEvent,
): Iterable<Subscription> {
  const { subscriptions, byKey } = channels
  const { key } = protocol.channels
  const id = frame[key] ?? fieldsOf(payload)[key]
  if (id === undefined || id === null) return yield* subscriptions.values()
  yield* byKey.get(textOf(id) ?? '') ?? []
  yield* byKey.get(undefined) ?? []
}

/** A server that never answers has taken in the subscribe frame when something later comes back from it. */
export function confirmChannels(connection: Connection): void {
  if (connection.sendQueue.answered.size > 0 || isReplying(connection)) return
  for (const { confirm } of all(connection)) confirm?.()
}

/** The server has lost track of one channel, and of those that take in all, or of all. */
export function resetChannels(connection: Connection, key?: string): void {
  for (const subscription of all(connection)) {
    const { syncKey = key } = subscription
    if (key === undefined || syncKey === key) restate(connection, subscription, { resumed: false })
  }
}

/** The server says where a channel stands for which it was not asked: being connected is the subscription. */
export function placeChannel(connection: Connection, key: string, cursor: Cursor): void {
  for (const subscription of all(connection)) {
    if (subscription.syncKey !== key) continue
    subscription.place = cursor
    restate(connection, subscription, { resumed: true, cursor })
  }
}

/** The server says how far its channels have come, by name. */
export function takeHeads(connection: Connection, heads: unknown): void {
  for (const { syncKey, members } of all(connection)) {
    if (syncKey !== undefined) tellHead(connection, members, toCursor(entryOf(fieldsOf(heads), syncKey)))
  }
}

function restate(
  connection: Connection,
  { members, standing }: Subscription,
  how: { readonly resumed: boolean; readonly cursor?: Cursor },
): void {
  const live = [...members].filter(({ waitsFor }) => waitsFor !== standing)
  if (standing !== undefined) emit(connection, live, { type: 'live', ...how })
}

export function openChannel(connection: Connection, spec: ChannelSpec, listener: ChannelListener): Channel {
  const { subscriptions } = connection.channels
  const name = nameOf(spec)
  const subscription = subscriptions.get(name) ?? createSubscription(connection, spec)
  const { members } = subscription
  const member: Member = { listener }
  subscriptions.set(name, subscription)
  const { byKey } = connection.channels
  const { syncKey } = subscription
  byKey.set(syncKey, (byKey.get(syncKey) ?? new Set()).add(subscription))
  members.add(member)
  let release: ReturnType<typeof takeLease> | undefined
  // Later in this turn: nobody hears a signal from inside its own call, channels opened together share a `sync`, and what
  // is opened while something renders changes no state that is on screen.
  queueMicrotask(() => {
    if (!members.has(member)) return endUnleased(connection)
    release = takeLease(connection, true)
    const error = failureOf(connection)
    if (error) emit(connection, [member], { type: 'down', error })
    if (!connection.current) return
    // The first one of a turn to get here asks for all of them.
    if (subscription.standing === undefined) subscribe(connection, subscription)
    else bringUp(connection, subscription, [member])
  })
  return {
    resync: () =>
      queueMicrotask(() => {
        if (members.has(member)) bringUp(connection, subscription, [member])
      }),
    close: (idleMs) => {
      if (!members.delete(member)) return
      member.waitsFor = undefined
      if (members.size === 0) {
        subscriptions.delete(name)
        byKey.get(syncKey)?.delete(subscription)
        if (byKey.get(syncKey)?.size === 0) byKey.delete(syncKey)
        unsubscribe(connection, subscription)
      }
      reportSynced(connection)
      release?.(idleMs)
    },
  }
}

/** Where being connected is the subscription, a server that ended it gives it back for a subscribe frame all the same. */
export function renewChannel(connection: Connection, spec: ChannelSpec, onlyDown?: boolean): void {
  const subscription = connection.channels.subscriptions.get(nameOf(spec))
  if (!subscription || (onlyDown && subscription.standing !== undefined)) return
  if (failureOf(connection)) connection.raise({ type: 'connect' })
  if (!connection.current) return
  const { environment } = connection
  const waitMs = waitOf(subscription, environment, RETRY_MS)
  if (waitMs > 0) {
    subscription.cancelRetry?.()
    subscription.cancelRetry = environment.setTimer(() => renewChannel(connection, spec, onlyDown), waitMs)
    return
  }
  takeDown(subscription)
  subscribe(connection, subscription, true)
}

function createSubscription({ protocol }: Connection, spec: ChannelSpec): Subscription {
  const key = spec.key[protocol.channels.key]
  const syncKey = key === undefined ? undefined : String(key)
  return { spec, syncKey, members: new Set(), refusals: 0, paidAt: 0 }
}

function unsubscribe(connection: Connection, subscription: Subscription): void {
  const { spec, standing } = subscription
  takeDown(subscription)
  if (!standing || !spec.subscribe) return
  const type = connection.protocol.channels.unsubscribe
  // Whether the server confirms it or not: nobody listens any more.
  request(connection, { type, data: spec.key, control: true }).catch(() => undefined)
}
