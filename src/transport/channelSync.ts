/** Asking for channels: subscribe frames, their confirmation, and the one `sync` frame that catches all of them up. */
import { syncKeyOf } from './channelEvents.ts'
import { type Asked, type ChannelRegistry, emit, type Member, type Subscription } from './channelRegistry.ts'
import type { LiveError } from './errors.ts'
import type { Cursor } from './port.ts'
import { isRecord } from './protocol.ts'

/** How long a server that does not answer subscribe frames delays the first `live`. */
const CONFIRM_MS = 1_000
/** When a refused subscription that may be tried again is. */
const RETRY_MS = 5_000

export function subscribe(registry: ChannelRegistry, subscription: Subscription): void {
  const { host } = registry
  const { spec } = subscription
  const turn = ++registry.turns
  subscription.turn = turn
  subscription.status = 'asking'
  subscription.confirm = (cursor) => {
    if (subscription.turn === turn && subscription.status === 'asking')
      confirm(registry, subscription, cursor)
  }
  ask(registry, subscription, subscription.members)
  if (!spec.subscribe) {
    queueMicrotask(() => subscription.confirm())
    return
  }

  const { environment, settings } = host.context
  subscription.cancelTimer = environment.setTimer(() => subscription.confirm(), CONFIRM_MS)
  host.request({ type: settings.protocol.channels.subscribe, data: spec.key, control: true }).then(
    (reply) => subscription.turn === turn && subscription.confirm(toCursor(reply)),
    (error) => {
      if (subscription.turn === turn && error.code === 'rejected') refuse(registry, subscription, error)
    },
  )
}

/** The same again on another socket, of which nobody needs to hear. */
export async function resubscribe({ host }: ChannelRegistry, { spec, status }: Subscription): Promise<void> {
  if (!spec.subscribe || status === 'down') return
  const { environment, settings } = host.context
  const asked = host.request({ type: settings.protocol.channels.subscribe, data: spec.key, control: true })
  let cancel = () => {}
  const patience = new Promise<void>((resolve) => {
    cancel = environment.setTimer(resolve, CONFIRM_MS)
  })
  await Promise.race([asked, patience]).finally(cancel)
}

/** Members with a position take part in the next `sync`; the others are live as soon as the subscription stands. */
export function ask(registry: ChannelRegistry, subscription: Subscription, members: Iterable<Member>): void {
  const { key } = registry.host.context.settings.protocol.channels
  const canSync = syncKeyOf(subscription.spec, key) !== undefined
  const { turn } = subscription
  for (const member of members) {
    const cursor = canSync ? member.listener.cursor() : undefined
    if (cursor?.seq !== undefined) {
      member.awaiting = 'sync'
      registry.asked.push({ subscription, turn, member, cursor })
    } else {
      member.awaiting = 'confirmation'
    }
  }
  if (subscription.status !== 'live') return
  queueMicrotask(() => {
    if (subscription.turn === turn && subscription.status === 'live') goLive(registry, subscription)
  })
}

function confirm(registry: ChannelRegistry, subscription: Subscription, cursor?: Cursor): void {
  subscription.cancelTimer()
  subscription.status = 'live'
  goLive(registry, subscription, cursor)
}

/** Tells everyone who waits for no more than the confirmation. */
function goLive(registry: ChannelRegistry, { members }: Subscription, cursor?: Cursor): void {
  const ready = [...members].filter(({ awaiting }) => awaiting === 'confirmation')
  for (const member of ready) member.awaiting = 'nothing'
  emit(registry, ready, { type: 'live', resumed: false, cursor })
  settle(registry)
}

function refuse(registry: ChannelRegistry, subscription: Subscription, error: LiveError): void {
  subscription.cancelTimer()
  subscription.status = 'down'
  subscription.turn = 0
  for (const member of subscription.members) member.awaiting = 'nothing'
  emit(registry, subscription.members, { type: 'down', error })
  settle(registry)
  if (!error.retryable) return
  subscription.cancelTimer = registry.host.context.environment.setTimer(() => {
    if (subscription.status !== 'down' || !registry.host.isUp()) return
    subscribe(registry, subscription)
    flushSync(registry)
  }, error.retryAfterMs ?? RETRY_MS)
}

/** A server that never answers has taken in the subscribe frame when something later comes back from it. */
export function confirmByTraffic({ host, subscriptions }: ChannelRegistry): void {
  if (host.answers()) return
  for (const subscription of [...subscriptions.values()]) subscription.confirm()
}

/** One frame for all channels that have a position. */
export function flushSync(registry: ChannelRegistry): void {
  const { host, asked } = registry
  if (asked.length === 0 || !host.isUp()) return
  registry.asked = []
  const { channels } = host.context.settings.protocol
  const positions: Record<string, Cursor> = {}
  for (const { subscription, cursor } of asked) {
    const name = syncKeyOf(subscription.spec, channels.key) ?? ''
    positions[name] = earlier(positions[name], cursor)
  }
  host.request({ type: channels.sync, data: { [channels.field]: positions }, control: true }).then(
    (reply) => {
      const answers = isRecord(reply) && isRecord(reply[channels.field]) ? reply[channels.field] : {}
      for (const one of asked) applySync(registry, one, answers as Record<string, unknown>)
    },
    () => {
      for (const one of asked) applySync(registry, one, {})
    },
  )
}

/** Two views of one channel stand at different points: what comes after the earlier one serves both. */
function earlier(one: Cursor | undefined, other: Cursor): Cursor {
  if (!one || one.epoch !== other.epoch) return other
  return (one.seq ?? 0) <= (other.seq ?? 0) ? one : other
}

function applySync(
  registry: ChannelRegistry,
  asked: Asked,
  answers: Readonly<Record<string, unknown>>,
): void {
  const { host } = registry
  const { subscription, member, cursor, turn } = asked
  if (subscription.turn !== turn || !subscription.members.has(member) || member.awaiting !== 'sync') return
  const { key } = host.context.settings.protocol.channels
  const answer = answers[syncKeyOf(subscription.spec, key) ?? '']
  const position = toCursor(answer)
  const isSameHistory =
    position?.epoch === undefined || cursor.epoch === undefined || position.epoch === cursor.epoch
  if (!isRecord(answer) || answer.complete !== true || !Array.isArray(answer.events) || !isSameHistory) {
    member.awaiting = 'confirmation'
    if (subscription.status === 'live') goLive(registry, subscription, position)
    return
  }
  member.awaiting = 'nothing'
  const events = answer.events.flatMap((frame) => host.decode(frame) ?? [])
  if (events.length > 0)
    emit(registry, [member], {
      type: 'events',
      events: events.map(({ frame, payload }) => ({ type: frame.type, payload, ...toCursor(frame) })),
    })
  emit(registry, [member], { type: 'live', resumed: true, cursor: position })
  // The answer came later on the wire than the confirmation would have.
  subscription.confirm()
  settle(registry)
}

function toCursor(value: unknown): Cursor | undefined {
  if (!isRecord(value)) return undefined
  const { seq, epoch } = value
  if (typeof seq !== 'number') return undefined
  return typeof epoch === 'string' ? { seq, epoch } : { seq }
}

export function settle({ host, subscriptions }: ChannelRegistry): void {
  for (const { status, members } of subscriptions.values()) {
    if (status === 'asking') return
    for (const { awaiting } of members) if (awaiting !== 'nothing') return
  }
  host.onSettled()
}
