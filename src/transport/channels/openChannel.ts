/** Opens channels of one connection, counted: all that ask for the same share a subscription. How it is asked for is in `channelSync.ts`. */
import { failureOf } from '../connection/connection.ts'
import { endConnection, takeLease } from '../connection/leases.ts'
import { request } from '../connection/requests.ts'
import { type Channel, type ChannelListener, type ChannelSpec, waitOf } from '../port.ts'
import { channelName, fieldsIn, idsNameOf, type Place, placeIn, shapeName } from './channelEvents.ts'
import type { ChannelConnection, ChannelShape, Member, Subscription } from './channelRegistry.ts'
import { bringUp, RETRY_MS, reportSynced, subscribe, takeDown } from './channelSync.ts'
import { emitSignal } from './signals.ts'

export function openChannel(
  connection: ChannelConnection,
  spec: ChannelSpec,
  listener: ChannelListener,
): Channel {
  const subscription = subscriptionOf(connection, spec)
  const member: Member = { listener }
  const isOpen = () => subscription.members.includes(member)
  subscription.members = [...subscription.members, member]
  let endLease: ReturnType<typeof takeLease> | undefined
  // Later in this turn: nobody hears a signal from inside its own call, channels opened together share a `sync`, and what
  // is opened while something renders changes no state that is on screen.
  queueMicrotask(() => {
    if (!isOpen()) return endUnused(connection)
    endLease = takeLease(connection, true)
    const error = failureOf(connection)
    if (error) emitSignal(connection, [member], { type: 'down', error })
    if (!connection.current) return
    // The first one of a turn to get here asks for all of them.
    if (subscription.standing === undefined) subscribe(connection, subscription)
    else bringUp(connection, subscription, [member])
  })
  return {
    resync: () =>
      queueMicrotask(() => {
        if (isOpen()) bringUp(connection, subscription, [member])
      }),
    close: (idleMs) => {
      if (!isOpen()) return
      subscription.members = subscription.members.filter((other) => other !== member)
      member.waitsFor = undefined
      if (subscription.members.length === 0) endSubscription(connection, subscription)
      reportSynced(connection)
      endLease?.(idleMs)
    },
  }
}

/** Whoever it was made for has gone before it was held. */
function endUnused(connection: ChannelConnection): void {
  const { channels, leases, state } = connection
  if (state.phase === 'idle' && leases.size === 0 && channels.subscriptions.size === 0)
    endConnection(connection)
}

/** The one that is there, or a new one. */
function subscriptionOf({ channels, protocol }: ChannelConnection, spec: ChannelSpec): Subscription {
  const { subscriptions, shapes } = channels
  const name = channelName(spec)
  const known = subscriptions.get(name)
  if (known) return known
  const at = placeIn(protocol, spec.key)
  const order = channels.made++
  const shape = shapeOf(shapes, spec, at)
  const subscription: Subscription = {
    spec,
    shape,
    order,
    at,
    members: [],
    heard: undefined,
    standing: undefined,
    refusals: 0,
    paidAt: 0,
  }
  subscriptions.set(name, subscription)
  shape.named.set(idsNameOf(spec), [subscription])
  return subscription
}

function shapeOf(shapes: ChannelShape[], spec: ChannelSpec, at: Place | undefined): ChannelShape {
  const name = shapeName(spec)
  const known = shapes.find((each) => each.name === name)
  if (known) return known
  const shape = { name, fields: fieldsIn(spec), kind: at?.kind, named: new Map() }
  shapes.push(shape)
  return shape
}

function endSubscription(connection: ChannelConnection, subscription: Subscription): void {
  const { subscriptions, unconfirmed } = connection.channels
  const { spec, shape, at, standing } = subscription
  subscriptions.delete(channelName(spec))
  shape.named.delete(idsNameOf(spec))
  unconfirmed.delete(subscription)
  takeDown(subscription)
  if (!standing || !spec.subscribe) return
  const { unsubscribe: type } = at?.kind ?? connection.protocol.channels
  // Whether the server confirms it or not: nobody listens any more.
  request(connection, { type, data: spec.key, control: true }).catch(() => undefined)
}

/** Where being connected is the subscription, a server that ended it gives it back for a subscribe frame all the same. */
export function renewChannel(connection: ChannelConnection, spec: ChannelSpec, onlyDown?: boolean): void {
  const subscription = connection.channels.subscriptions.get(channelName(spec))
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
