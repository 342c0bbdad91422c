/** Asking for channels: subscribe frames, their confirmation, and the one `sync` frame that catches all of them up. */
import {
  type Asked,
  type ChannelRegistry,
  emit,
  type Member,
  type Subscription,
  takeDown,
} from './channelRegistry.ts'
import type { LiveError } from './errors.ts'
import type { Cursor } from './port.ts'
import { isRecord } from './protocol.ts'

/** How long a server that does not answer subscribe frames delays the first `live`. */
const CONFIRM_MS = 1_000
/** When a refused subscription that may be tried again is. */
const RETRY_MS = 5_000

/** Resolves when the subscription stands, as far as anybody can tell; rejects when the server refuses. */
export function stand({ host }: ChannelRegistry, subscription: Subscription): Promise<Cursor | undefined> {
  const { spec } = subscription
  if (!spec.subscribe) return Promise.resolve(undefined)
  const { environment, protocol } = host.context
  return new Promise((resolve, reject) => {
    const confirm = () => resolve(undefined)
    subscription.confirm = confirm
    const cancel = environment.setTimer(confirm, CONFIRM_MS)
    host
      .request(protocol.channels.subscribe, spec.key)
      .finally(cancel)
      .then((reply) => resolve(toCursor(reply)), reject)
  })
}

export function subscribe(registry: ChannelRegistry, subscription: Subscription): void {
  const turn = ++registry.turns
  subscription.turn = turn
  subscription.status = 'asking'
  ask(registry, subscription, subscription.members)
  stand(registry, subscription).then(
    (cursor) => {
      if (subscription.turn !== turn) return
      subscription.status = 'live'
      goLive(registry, subscription, cursor)
    },
    (error: LiveError) => {
      if (subscription.turn !== turn) return
      // Asked through a socket that another one has replaced meanwhile.
      if (error.code === 'connection_lost') subscribe(registry, subscription)
      else refuse(registry, subscription, error)
    },
  )
}

/** Members with a position take part in the next `sync`; the others are live as soon as the subscription stands. */
export function ask(registry: ChannelRegistry, subscription: Subscription, members: Iterable<Member>): void {
  const { turn, syncKey } = subscription
  for (const member of members) {
    if (member.awaiting !== 'nothing') continue
    const cursor = syncKey === undefined ? undefined : member.listener.cursor()
    member.awaiting = cursor?.seq === undefined ? 'confirmation' : 'sync'
    if (cursor?.seq !== undefined) registry.asked.push({ subscription, turn, member, cursor })
  }
  queueMicrotask(() => {
    if (subscription.turn === turn && subscription.status === 'live') goLive(registry, subscription)
    queueMicrotask(() => flushSync(registry))
  })
}

/** Tells everyone who waits for no more than the confirmation. */
function goLive(registry: ChannelRegistry, { members }: Subscription, cursor?: Cursor): void {
  const ready = [...members].filter(({ awaiting }) => awaiting === 'confirmation')
  for (const member of ready) member.awaiting = 'nothing'
  emit(registry, ready, { type: 'live', resumed: false, cursor })
  settle(registry)
}

function refuse(registry: ChannelRegistry, subscription: Subscription, error: LiveError): void {
  const { host } = registry
  takeDown(subscription)
  emit(registry, subscription.members, { type: 'down', error })
  settle(registry)
  if (!error.retryable) return
  subscription.cancelTimer = host.context.environment.setTimer(() => {
    if (subscription.status === 'down' && host.isUp()) subscribe(registry, subscription)
  }, error.retryAfterMs ?? RETRY_MS)
}

/** One frame for all channels that have a position. */
export function flushSync(registry: ChannelRegistry): void {
  const { host, asked } = registry
  if (asked.length === 0 || !host.isUp()) return
  registry.asked = []
  const { sync, field } = host.context.protocol.channels
  const positions: Record<string, Cursor> = {}
  for (const { subscription, cursor } of asked) {
    const name = subscription.syncKey ?? ''
    positions[name] = earlier(positions[name], cursor)
  }
  const apply = (reply: unknown) => {
    const answers = isRecord(reply) ? reply[field] : undefined
    for (const one of asked) applySync(registry, one, isRecord(answers) ? answers : {})
  }
  host.request(sync, { [field]: positions }).then(apply, apply)
}

/** Two views of one channel stand at different points: what comes after the earlier one serves both. */
function earlier(one: Cursor | undefined, other: Cursor): Cursor {
  return one && one.epoch === other.epoch && (one.seq ?? 0) <= (other.seq ?? 0) ? one : other
}

function applySync(
  registry: ChannelRegistry,
  asked: Asked,
  answers: Readonly<Record<string, unknown>>,
): void {
  const { subscription, member, cursor, turn } = asked
  if (subscription.turn !== turn || member.awaiting !== 'sync') return
  const answer = answers[subscription.syncKey ?? '']
  const position = toCursor(answer)
  const isSameHistory = (position?.epoch ?? cursor.epoch) === (cursor.epoch ?? position?.epoch)
  if (!isRecord(answer) || answer.complete !== true || !Array.isArray(answer.events) || !isSameHistory) {
    member.awaiting = 'confirmation'
    if (subscription.status === 'live') goLive(registry, subscription, position)
    return
  }
  member.awaiting = 'nothing'
  const events = answer.events.flatMap((one) => {
    const event = registry.host.decode(one)
    return event ? [{ type: event.frame.type, payload: event.payload, ...toCursor(event.frame) }] : []
  })
  if (events.length > 0) emit(registry, [member], { type: 'events', events })
  emit(registry, [member], { type: 'live', resumed: true, cursor: position })
  // The answer came later on the wire than the confirmation would have.
  subscription.confirm()
  settle(registry)
}

function toCursor(value: unknown): Cursor | undefined {
  if (!isRecord(value) || typeof value.seq !== 'number') return undefined
  const { seq, epoch } = value
  return typeof epoch === 'string' ? { seq, epoch } : { seq }
}

export function settle({ host, subscriptions }: ChannelRegistry): void {
  const all = [...subscriptions.values()]
  const isOpen = ({ awaiting }: Member) => awaiting !== 'nothing'
  if (all.some(({ status, members }) => status === 'asking' || [...members].some(isOpen))) return
  host.onSettled()
}
