/**
 * The channels of one connection: who listens to what, counted, asked for again on every socket. How they are asked for
 * is in `channelSync.ts`.
 */
import { type ChannelEvent, eventFor, isMatch, nameOf, syncKeyOf } from './channelEvents.ts'
import {
  type ChannelRegistry,
  type ChannelsHost,
  emit,
  forgetAnswers,
  type Member,
  NOTHING,
  type Subscription,
} from './channelRegistry.ts'
import { ask, confirmByTraffic, flushSync, resubscribe, settle, subscribe } from './channelSync.ts'
import type { LiveError } from './errors.ts'
import type { Channel, ChannelListener, ChannelSpec, Id } from './port.ts'

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
  reset(key: Id | undefined): void
}

export function createChannels(host: ChannelsHost): Channels {
  const registry: ChannelRegistry = { host, subscriptions: new Map(), asked: [], turns: 0 }
  const { key: keyField } = host.context.settings.protocol.channels
  const each = (act: (subscription: Subscription) => void) => {
    for (const subscription of [...registry.subscriptions.values()]) act(subscription)
  }
  return {
    open: (spec, listener) => open(registry, spec, listener),
    up: () => {
      each((subscription) => subscribe(registry, subscription))
      flushSync(registry)
      settle(registry)
    },
    move: () => Promise.all([...registry.subscriptions.values()].map((one) => resubscribe(registry, one))),
    down: (error) => {
      registry.asked = []
      each((subscription) => {
        forgetAnswers(subscription)
        emit(registry, subscription.members, { type: 'down', error })
      })
    },
    receive: (events) =>
      each(({ spec, members, status }) => {
        const matching = status === 'down' ? [] : events.filter((event) => isMatch(spec, event))
        if (matching.length === 0) return
        emit(registry, members, {
          type: 'events',
          events: matching.map((event) => eventFor(spec, event, keyField)),
        })
      }),
    heard: () => confirmByTraffic(registry),
    reset: (key) =>
      each(({ spec, members, status }) => {
        const own = syncKeyOf(spec, keyField)
        const isMeant = key === undefined || own === undefined || own === String(key)
        if (status === 'live' && isMeant) emit(registry, members, { type: 'live', resumed: false })
      }),
  }
}

function open(registry: ChannelRegistry, spec: ChannelSpec, listener: ChannelListener): Channel {
  const { host, subscriptions } = registry
  const name = nameOf(spec)
  const subscription = subscriptions.get(name) ?? createSubscription(spec)
  const member: Member = { listener, awaiting: 'nothing' }
  subscriptions.set(name, subscription)
  subscription.members.add(member)
  const release = host.hold()
  const isOpen = () => subscription.members.has(member)
  // Later in this turn: nobody hears a signal from inside its own call, and channels opened together share a `sync`.
  queueMicrotask(() => {
    if (!isOpen()) return
    const error = host.failure()
    if (error) emit(registry, [member], { type: 'down', error })
    if (!host.isUp()) return
    if (subscription.status === 'down') subscribe(registry, subscription)
    // The first one of a turn to get here has asked for all of them.
    else if (member.awaiting === 'nothing') ask(registry, subscription, [member])
    queueMicrotask(() => flushSync(registry))
  })
  return {
    resync: () =>
      queueMicrotask(() => {
        if (!isOpen() || subscription.status !== 'live' || member.awaiting !== 'nothing') return
        ask(registry, subscription, [member])
        queueMicrotask(() => flushSync(registry))
      }),
    close: () => {
      if (!subscription.members.delete(member)) return
      if (subscription.members.size === 0) {
        subscriptions.delete(name)
        unsubscribe(registry, subscription)
      }
      settle(registry)
      release()
    },
  }
}

function createSubscription(spec: ChannelSpec): Subscription {
  return { spec, members: new Set(), turn: 0, status: 'down', confirm: NOTHING, cancelTimer: NOTHING }
}

function unsubscribe({ host }: ChannelRegistry, subscription: Subscription): void {
  const wasAsked = subscription.status !== 'down'
  forgetAnswers(subscription)
  if (!wasAsked || !subscription.spec.subscribe) return
  const { unsubscribe: type } = host.context.settings.protocol.channels
  // Whether the server confirms it or not: nobody listens any more.
  host.request({ type, data: subscription.spec.key, control: true }).catch(NOTHING)
}
