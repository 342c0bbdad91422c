/** Asking for channels: subscribe frames, their confirmation, and the one `sync` frame that catches all of them up. */
import { eventFor, toCursor } from './channelEvents.ts'
import type { Member, Standing, Subscription, SyncBatch } from './channelRegistry.ts'
import { decodeEvent } from './decode.ts'
import type { LiveError } from './errors.ts'
import type { ChannelSignal, Cursor, LiveEvent } from './port.ts'
import { fieldsOf } from './protocol.ts'
import { request } from './requests.ts'
import type { Shell } from './shell.ts'

type Fields = Readonly<Record<string, unknown>>

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

/** Resolves when the subscription stands, as far as anybody can tell; rejects when the server refuses. */
export function stand(shell: Shell, subscription: Subscription, ask?: boolean): Standing {
  const { environment, protocol } = shell
  const { spec, isRefused } = subscription
  // What this connection was refused is not there by being connected.
  if (!(ask ?? (spec.subscribe || isRefused))) return Promise.resolve(undefined)
  return new Promise((resolve, reject) => {
    const confirm = () => resolve(undefined)
    subscription.confirm = confirm
    const cancel = environment.setTimer(confirm, CONFIRM_MS)
    request(shell, { type: protocol.channels.subscribe, data: spec.key, control: true })
      .finally(cancel)
      .then((reply) => resolve(toCursor(reply)), reject)
  })
}

/** `ask: true`: by a frame, also where being connected should be enough. */
export function subscribe(shell: Shell, subscription: Subscription, ask?: boolean): void {
  const standing: Standing = stand(shell, subscription, ask).catch((error: LiveError) => {
    if (subscription.standing !== standing) return undefined
    // Asked through a socket that another one has replaced meanwhile.
    if (error.code === 'connection_lost') subscribe(shell, subscription)
    else refuse(shell, subscription, error)
    return undefined
  })
  subscription.standing = standing
  bringUp(shell, subscription, subscription.members)
}

export function takeDown(subscription: Subscription): void {
  subscription.cancelRetry?.()
  subscription.standing = undefined
  subscription.place = undefined
}

function refuse(shell: Shell, subscription: Subscription, error: LiveError): void {
  takeDown(subscription)
  subscription.isRefused = true
  emit(shell, subscription.members, { type: 'down', error })
  settle(shell)
  if (!error.retryable) return
  subscription.cancelRetry = shell.environment.setTimer(() => {
    if (!subscription.standing && shell.current) subscribe(shell, subscription)
  }, error.retryAfterMs ?? RETRY_MS)
}

/** Brings members up to date, except where that is under way, or down. */
export function bringUp(shell: Shell, subscription: Subscription, members: Iterable<Member>): void {
  for (const member of members) {
    if (subscription.standing === undefined || isWaiting(subscription, member)) continue
    member.waitsFor = subscription.standing
    goLive(shell, subscription, member).catch((error) => shell.reportError(shell.name, error))
  }
}

function isWaiting({ standing }: Subscription, { waitsFor }: Member): boolean {
  return standing !== undefined && waitsFor === standing
}

/** One with a position is caught up by `sync`; another one, or if that fails, is live when the subscription stands. */
async function goLive(shell: Shell, subscription: Subscription, member: Member): Promise<void> {
  const { syncKey, standing } = subscription
  const isOver = () => subscription.standing !== standing || !isWaiting(subscription, member)
  const cursor = member.listener.cursor()
  let answer: Fields = {}
  if (syncKey !== undefined && cursor?.seq !== undefined) {
    answer = await sync(shell, syncKey, cursor)
    if (isOver()) return
  }
  const position = toCursor(answer)
  const isSameHistory = (position?.epoch ?? cursor?.epoch) === (cursor?.epoch ?? position?.epoch)
  const events = isSameHistory ? missedEvents(shell, subscription, answer) : undefined
  const stood = events ? undefined : await standing
  if (isOver()) return
  member.waitsFor = undefined
  if (events?.length) emit(shell, [member], { type: 'events', events })
  emit(shell, [member], {
    type: 'live',
    resumed: events !== undefined,
    cursor: position ?? stood ?? subscription.place,
  })
  // The answer came later on the wire than the confirmation would have.
  if (events) subscription.confirm?.()
  settle(shell)
}

/** What came after the cursor; `undefined` if the server cannot tell all of it. */
function missedEvents(
  shell: Shell,
  { spec }: Subscription,
  { complete, events }: Fields,
): readonly LiveEvent[] | undefined {
  if (complete !== true || !Array.isArray(events)) return undefined
  return events.flatMap((one) => {
    const event = decodeEvent(shell, one)
    return event ? [eventFor(spec, event, shell.protocol.channels.key)] : []
  })
}

/** One frame for all channels that ask in the same turn. Empty where the server cannot tell. */
async function sync(shell: Shell, name: string, cursor: Cursor): Promise<Fields> {
  shell.channels.batch ??= createBatch(shell)
  const { positions, answers } = shell.channels.batch
  positions[name] = earlier(positions[name], cursor)
  return fieldsOf((await answers)[name])
}

function createBatch(shell: Shell): SyncBatch {
  const { channels, protocol } = shell
  const { sync: type, field } = protocol.channels
  const positions: Record<string, Cursor> = {}
  let send = () => {}
  const answers = new Promise<Fields>((resolve) => {
    const apply = (reply: unknown) => resolve(fieldsOf(fieldsOf(reply)[field]))
    send = () => {
      if (channels.batch?.positions !== positions) return
      channels.batch = undefined
      request(shell, { type, data: { [field]: positions }, control: true }).then(apply, apply)
    }
  })
  queueMicrotask(send)
  return { positions, answers, send }
}

/** Two views of one channel stand at different points: what comes after the earlier one serves both. */
function earlier(one: Cursor | undefined, other: Cursor): Cursor {
  return one && one.epoch === other.epoch && (one.seq ?? 0) <= (other.seq ?? 0) ? one : other
}

/** Tells when every channel stands. */
export function settle({ channels, current, raise }: Shell): void {
  for (const subscription of channels.subscriptions.values()) {
    for (const member of subscription.members) if (isWaiting(subscription, member)) return
  }
  if (current) raise({ type: 'settled', attempt: current.attempt, step: 'sync' })
}
