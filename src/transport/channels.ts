/**
 * The channels of one connection: who listens to what, counted, asked for again on every socket. How they are asked for
 * is in `channelSync.ts`.
 */
import { type ChannelEvent, eventFor, isMatch, nameOf } from './channelEvents.ts'
import {
  type ChannelRegistry,
  type ChannelsHost,
  emit,
  type Member,
  NOTHING,
  type Subscription,
  takeDown,
} from './channelRegistry.ts'
import { ask, flushSync, settle, stand, subscribe } from './channelSync.ts'
import type { LiveError } from './errors.ts'
import type { Channel, ChannelListener, ChannelSpec } from './port.ts'

export interface Channels {
  open(spec: ChannelSpec, listener: ChannelListener): Channel
  /** A socket is open: everything is asked for again. */
  up(): void
  /** Another socket takes over while the channels stand. Resolves when it carries them; rejects where it does not. */
  move(): Promise<unknown>
  down(error: LiveError | undefined): void
  receive(events: readonly ChannelEvent[]): void
  /** Something came in that is no answer to a request. */
  heard(): void
  /** The server has lost track of one channel, or of all. */
  reset(key: string | undefined): void
}

export function createChannels(host: ChannelsHost): Channels {
  const registry: ChannelRegistry = { host, subscriptions: new Map(), asked: [], turns: 0 }
  const all = () => [...registry.subscriptions.values()]
  return {
    open: (spec, listener) => open(registry, spec, listener),
    up: () => {
      for (const subscription of all()) subscribe(registry, subscription)
      flushSync(registry)
      settle(registry)
    },
    move: () => Promise.all(all().map((subscription) => stand(registry, subscription))),
    down: (error) => {
      registry.asked = []
      for (const subscription of all()) {
        takeDown(subscription)
        emit(registry, subscription.members, { type: 'down', error })
      }
    },
    receive: (events) => {
      for (const { spec, members, status } of all()) {
        const own = status === 'down' ? [] : events.filter((event) => isMatch(spec, event))
        if (own.length === 0) continue
        const { key } = host.context.protocol.channels
        emit(registry, members, { type: 'events', events: own.map((event) => eventFor(spec, event, key)) })
      }
    },
    // A server that never answers has taken in the subscribe frame when something later comes back from it.
    heard: () => {
      if (!host.answers()) for (const { confirm } of all()) confirm()
    },
    reset: (key) => {
      for (const { syncKey = key, members, status } of all()) {
        if (status !== 'live' || (key !== undefined && syncKey !== key)) continue
        emit(registry, members, { type: 'live', resumed: false })
      }
    },
  }
}

function open(registry: ChannelRegistry, spec: ChannelSpec, listener: ChannelListener): Channel {
  const { host, subscriptions } = registry
  const name = nameOf(spec)
  const subscription = subscriptions.get(name) ?? createSubscription(registry, spec)
  const member: Member = { listener, awaiting: 'nothing' }
  subscriptions.set(name, subscription)
  subscription.members.add(member)
  const release = host.hold()
  const { members } = subscription
  // Later in this turn: nobody hears a signal from inside its own call, and channels opened together share a `sync`.
  queueMicrotask(() => {
    if (!members.has(member)) return
    const error = host.failure()
    if (error) emit(registry, [member], { type: 'down', error })
    if (!host.isUp()) return
    // The first one of a turn to get here asks for all of them.
    if (subscription.status === 'down') subscribe(registry, subscription)
    else ask(registry, subscription, [member])
  })
  return {
    resync: () =>
      queueMicrotask(() => {
        if (members.has(member) && subscription.status === 'live') ask(registry, subscription, [member])
      }),
    close: () => {
      if (!members.delete(member)) return
      if (members.size === 0) {
        subscriptions.delete(name)
        unsubscribe(registry, subscription)
      }
      settle(registry)
      release()
    },
  }
}

function createSubscription({ host }: ChannelRegistry, spec: ChannelSpec): Subscription {
  const key = spec.key[host.context.protocol.channels.key]
  return {
    spec,
    syncKey: key === undefined ? undefined : String(key),
    members: new Set(),
    turn: 0,
    status: 'down',
    confirm: NOTHING,
    cancelTimer: NOTHING,
  }
}

function unsubscribe({ host }: ChannelRegistry, subscription: Subscription): void {
  const { spec, status } = subscription
  takeDown(subscription)
  if (status === 'down' || !spec.subscribe) return
  // Whether the server confirms it or not: nobody listens any more.
  host.request(host.context.protocol.channels.unsubscribe, spec.key).catch(NOTHING)
}
