/**
 * The channels of one connection: who listens to what, counted, asked for again on every socket. How they are asked for
 * is in `channelSync.ts`.
 */

import { abandon, hold } from '../connection/holders.ts'
import { request } from '../connection/requests.ts'
import { failureOf, isReplying, type Shell } from '../connection/shell.ts'
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
import { bringUp, emit, RETRY_MS, settle, stand, subscribe, takeDown, tellHead } from './channelSync.ts'

const all = ({ channels }: Shell) => [...channels.subscriptions.values()]

/** A socket is open: everything is asked for again. */
export function upChannels(shell: Shell): void {
  for (const subscription of all(shell)) {
    askAnew(shell, subscription)
  }
  shell.channels.batch?.send()
  settle(shell)
}

/** Another socket takes over while the channels stand. Resolves when it carries them, as far as it ever will. */
export function moveChannels(shell: Shell): Promise<unknown> {
  return Promise.all(
    all(shell).map((subscription) => {
      if (subscription.standing) return stand(shell, subscription)
      // What one connection was refused, the next one may be granted.
      askAnew(shell, subscription)
      return subscription.standing
    }),
  )
}

function askAnew(shell: Shell, subscription: Subscription): void {
  subscription.isRefused = false
  subscribe(shell, subscription)
}

export function downChannels(shell: Shell, error: LiveError | undefined): void {
  shell.channels.batch = undefined
  for (const subscription of all(shell)) {
    takeDown(subscription)
    emit(shell, subscription.members, { type: 'down', error })
  }
}

/** Events go to the channels they belong to, and to whoever subscribed to their type. */
export function deliver(shell: Shell, events: readonly ChannelEvent[]): void {
  if (events.length === 0) return
  const { key } = shell.protocol.channels
  const heard = new Map<Subscription, LiveEvent[]>()
  for (const event of events) {
    for (const subscription of concerned(shell, event)) {
      const { spec, standing } = subscription
      if (!standing || !isMatch(spec, event)) continue
      const own = heard.get(subscription) ?? []
      heard.set(subscription, own)
      own.push(eventFor(spec, event, key))
    }
  }
  // Whoever came first hears of it first.
  for (const subscription of heard.size > 1 ? all(shell) : heard.keys()) {
    const own = heard.get(subscription)
    if (own) emit(shell, subscription.members, { type: 'events', events: own })
  }
  shell.deliver(shell.name, events)
}

/** Where an event says to which channel it belongs, not all of them are looked at. */
function* concerned({ channels, protocol }: Shell, { frame, payload }: ChannelEvent): Iterable<Subscription> {
  const { subscriptions, byKey } = channels
  const { key } = protocol.channels
  const id = frame[key] ?? fieldsOf(payload)[key]
  if (id === undefined || id === null) return yield* subscriptions.values()
  yield* byKey.get(textOf(id) ?? '') ?? []
  yield* byKey.get(undefined) ?? []
}

/** A server that never answers has taken in the subscribe frame when something later comes back from it. */
export function confirmChannels(shell: Shell): void {
  if (shell.outbox.answered.size > 0 || isReplying(shell)) return
  for (const { confirm } of all(shell)) confirm?.()
}

/** The server has lost track of one channel, and of those that take in all, or of all. */
export function resetChannels(shell: Shell, key?: string): void {
  for (const subscription of all(shell)) {
    const { syncKey = key } = subscription
    if (key === undefined || syncKey === key) restate(shell, subscription, { resumed: false })
  }
}

/** The server says where a channel stands for which it was not asked: being connected is the subscription. */
export function placeChannel(shell: Shell, key: string, cursor: Cursor): void {
  for (const subscription of all(shell)) {
    if (subscription.syncKey !== key) continue
    subscription.place = cursor
    restate(shell, subscription, { resumed: true, cursor })
  }
}

/** The server says how far its channels have come, by name. */
export function takeHeads(shell: Shell, heads: unknown): void {
  for (const { syncKey, members } of all(shell)) {
    if (syncKey !== undefined) tellHead(shell, members, toCursor(entryOf(fieldsOf(heads), syncKey)))
  }
}

function restate(
  shell: Shell,
  { members, standing }: Subscription,
  how: { readonly resumed: boolean; readonly cursor?: Cursor },
): void {
  const live = [...members].filter(({ waitsFor }) => waitsFor !== standing)
  if (standing !== undefined) emit(shell, live, { type: 'live', ...how })
}

export function openChannel(shell: Shell, spec: ChannelSpec, listener: ChannelListener): Channel {
  const { subscriptions } = shell.channels
  const name = nameOf(spec)
  const subscription = subscriptions.get(name) ?? createSubscription(shell, spec)
  const { members } = subscription
  const member: Member = { listener }
  subscriptions.set(name, subscription)
  const { byKey } = shell.channels
  const { syncKey } = subscription
  byKey.set(syncKey, (byKey.get(syncKey) ?? new Set()).add(subscription))
  members.add(member)
  let release: ReturnType<typeof hold> | undefined
  // Later in this turn: nobody hears a signal from inside its own call, channels opened together share a `sync`, and what
  // is opened while something renders changes no state that is on screen.
  queueMicrotask(() => {
    if (!members.has(member)) return abandon(shell)
    release = hold(shell, true)
    const error = failureOf(shell)
    if (error) emit(shell, [member], { type: 'down', error })
    if (!shell.current) return
    // The first one of a turn to get here asks for all of them.
    if (subscription.standing === undefined) subscribe(shell, subscription)
    else bringUp(shell, subscription, [member])
  })
  return {
    resync: () =>
      queueMicrotask(() => {
        if (members.has(member)) bringUp(shell, subscription, [member])
      }),
    close: (idleMs) => {
      if (!members.delete(member)) return
      member.waitsFor = undefined
      if (members.size === 0) {
        subscriptions.delete(name)
        byKey.get(syncKey)?.delete(subscription)
        if (byKey.get(syncKey)?.size === 0) byKey.delete(syncKey)
        unsubscribe(shell, subscription)
      }
      settle(shell)
      release?.(idleMs)
    },
  }
}

/** Where being connected is the subscription, a server that ended it gives it back for a subscribe frame all the same. */
export function renewChannel(shell: Shell, spec: ChannelSpec, onlyDown?: boolean): void {
  const subscription = shell.channels.subscriptions.get(nameOf(spec))
  if (!subscription || (onlyDown && subscription.standing !== undefined)) return
  if (failureOf(shell)) shell.raise({ type: 'connect' })
  if (!shell.current) return
  const { environment } = shell
  const waitMs = waitOf(subscription, environment, RETRY_MS)
  if (waitMs > 0) {
    subscription.cancelRetry?.()
    subscription.cancelRetry = environment.setTimer(() => renewChannel(shell, spec, onlyDown), waitMs)
    return
  }
  takeDown(subscription)
  subscribe(shell, subscription, true)
}

function createSubscription({ protocol }: Shell, spec: ChannelSpec): Subscription {
  const key = spec.key[protocol.channels.key]
  const syncKey = key === undefined ? undefined : String(key)
  return { spec, syncKey, members: new Set(), refusals: 0, paidAt: 0 }
}

function unsubscribe(shell: Shell, subscription: Subscription): void {
  const { spec, standing } = subscription
  takeDown(subscription)
  if (!standing || !spec.subscribe) return
  const type = shell.protocol.channels.unsubscribe
  // Whether the server confirms it or not: nobody listens any more.
  request(shell, { type, data: spec.key, control: true }).catch(() => undefined)
}
