/** Asking for channels: subscribe frames, their confirmation, and the one `sync` frame that catches all of them up. */
import { eventFor, toCursor } from './channelEvents.ts'
import type { Asked, Member, Subscription } from './channelRegistry.ts'
import { decodeEvent } from './decode.ts'
import type { LiveError } from './errors.ts'
import type { ChannelSignal, Cursor } from './port.ts'
import { fieldsOf } from './protocol.ts'
import { request } from './requests.ts'
import type { Shell } from './shell.ts'

/** How long a server that does not answer subscribe frames delays the first `live`. */
const CONFIRM_MS = 1_000
/** When a refused subscription that may be tried again is. */
const RETRY_MS = 5_000

export function emit(shell: Shell, members: Iterable<Member>, signal: ChannelSignal): void {
  for (const { listener } of [...members]) {
    try {
      listener.onSignal(signal)
    } catch (error) {
      shell.reportError(shell.name, error)
    }
  }
}

/** Answers that are still under way will find another turn. */
export function takeDown(subscription: Subscription): void {
  subscription.cancelRetry?.()
  Object.assign(subscription, { status: 'down', turn: 0 })
  for (const member of subscription.members) member.awaiting = 'nothing'
}

/** Resolves when the subscription stands, as far as anybody can tell; rejects when the server refuses. */
export function stand(shell: Shell, subscription: Subscription): Promise<Cursor | undefined> {
  const { environment, protocol } = shell
  const { spec } = subscription
  if (!spec.subscribe) return Promise.resolve(undefined)
  return new Promise((resolve, reject) => {
    const confirm = () => resolve(undefined)
    subscription.confirm = confirm
    const cancel = environment.setTimer(confirm, CONFIRM_MS)
    request(shell, { type: protocol.channels.subscribe, data: spec.key, control: true })
      .finally(cancel)
      .then((reply) => resolve(toCursor(reply)), reject)
  })
}

export function subscribe(shell: Shell, subscription: Subscription): void {
  const turn = ++shell.channels.turns
  Object.assign(subscription, { status: 'asking', turn })
  ask(shell, subscription, subscription.members)
  stand(shell, subscription).then(
    (cursor) => {
      if (subscription.turn !== turn) return
      subscription.status = 'live'
      goLive(shell, subscription, cursor)
    },
    (error: LiveError) => {
      if (subscription.turn !== turn) return
      // Asked through a socket that another one has replaced meanwhile.
      if (error.code === 'connection_lost') subscribe(shell, subscription)
      else refuse(shell, subscription, error)
    },
  )
}

/** Members with a position take part in the next `sync`; the others are live as soon as the subscription stands. */
export function ask(shell: Shell, subscription: Subscription, members: Iterable<Member>): void {
  const { turn, syncKey } = subscription
  for (const member of members) {
    if (member.awaiting !== 'nothing') continue
    const cursor = syncKey === undefined ? undefined : member.listener.cursor()
    member.awaiting = cursor?.seq === undefined ? 'confirmation' : 'sync'
    if (cursor?.seq !== undefined) shell.channels.asked.push({ subscription, turn, member, cursor })
  }
  queueMicrotask(() => {
    if (subscription.turn === turn && subscription.status === 'live') goLive(shell, subscription)
    queueMicrotask(() => flushSync(shell))
  })
}

/** Tells everyone who waits for no more than the confirmation. */
function goLive(shell: Shell, { members }: Subscription, cursor?: Cursor): void {
  const ready = [...members].filter(({ awaiting }) => awaiting === 'confirmation')
  for (const member of ready) member.awaiting = 'nothing'
  emit(shell, ready, { type: 'live', resumed: false, cursor })
  settle(shell)
}

function refuse(shell: Shell, subscription: Subscription, error: LiveError): void {
  takeDown(subscription)
  emit(shell, subscription.members, { type: 'down', error })
  settle(shell)
  if (!error.retryable) return
  subscription.cancelRetry = shell.environment.setTimer(() => {
    if (subscription.status === 'down' && shell.current) subscribe(shell, subscription)
  }, error.retryAfterMs ?? RETRY_MS)
}

/** One frame for all channels that have a position. */
export function flushSync(shell: Shell): void {
  const { channels, protocol, current } = shell
  const { asked } = channels
  if (asked.length === 0 || !current) return
  channels.asked = []
  const { sync, field } = protocol.channels
  const positions: Record<string, Cursor> = {}
  for (const { subscription, cursor } of asked) {
    const name = subscription.syncKey ?? ''
    positions[name] = earlier(positions[name], cursor)
  }
  const apply = (reply: unknown) => {
    const answers = fieldsOf(fieldsOf(reply)[field])
    for (const one of asked) applySync(shell, one, fieldsOf(answers[one.subscription.syncKey ?? '']))
  }
  request(shell, { type: sync, data: { [field]: positions }, control: true }).then(apply, apply)
}

/** Two views of one channel stand at different points: what comes after the earlier one serves both. */
function earlier(one: Cursor | undefined, other: Cursor): Cursor {
  return one && one.epoch === other.epoch && (one.seq ?? 0) <= (other.seq ?? 0) ? one : other
}

function applySync(shell: Shell, asked: Asked, answer: Readonly<Record<string, unknown>>): void {
  const { subscription, member, cursor, turn } = asked
  if (subscription.turn !== turn || member.awaiting !== 'sync') return
  const position = toCursor(answer)
  const isSameHistory = (position?.epoch ?? cursor.epoch) === (cursor.epoch ?? position?.epoch)
  if (answer.complete !== true || !Array.isArray(answer.events) || !isSameHistory) {
    member.awaiting = 'confirmation'
    if (subscription.status === 'live') goLive(shell, subscription, position)
    return
  }
  member.awaiting = 'nothing'
  const events = answer.events.flatMap((one) => {
    const event = decodeEvent(shell, one)
    return event ? [eventFor(subscription.spec, event, shell.protocol.channels.key)] : []
  })
  if (events.length > 0) emit(shell, [member], { type: 'events', events })
  emit(shell, [member], { type: 'live', resumed: true, cursor: position })
  // The answer came later on the wire than the confirmation would have.
  subscription.confirm?.()
  settle(shell)
}

/** Every channel stands. */
export function settle({ channels, current, raise }: Shell): void {
  const all = [...channels.subscriptions.values()]
  const isOpen = ({ awaiting }: Member) => awaiting !== 'nothing'
  if (all.some(({ status, members }) => status === 'asking' || [...members].some(isOpen))) return
  if (current) raise({ type: 'settled', attempt: current.attempt, step: 'sync' })
}
