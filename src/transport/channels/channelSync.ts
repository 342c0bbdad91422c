/** Asking for channels: subscribe frames, their confirmation, and the one `sync` frame that catches all of them up. */
import { inSlices, isReplying } from '../connection/connection.ts'
import { decodeEvent, readFrame } from '../connection/decode.ts'
import { request } from '../connection/requests.ts'
import type { LiveError } from '../errors.ts'
import type { Cursor, LiveEvent } from '../port.ts'
import { entryOf, fieldsOf } from '../protocol.ts'
import { eventFor, type Place, toCursor } from './channelEvents.ts'
import type { ChannelConnection, Member, Standing, Subscription, SyncBatch } from './channelRegistry.ts'
import { emitSignal, tellHead } from './signals.ts'

type Fields = Readonly<Record<string, unknown>>

/** How long a server that does not answer subscribe frames delays the first `live`. */
const CONFIRM_MS = 1_000
/** When a refused subscription that may be tried again is, where the server does not say. */
export const RETRY_MS = 5_000
/** Never sooner, whatever it says; twice as long with every refusal in a row, up to the other. */
const MIN_RETRY_MS = 500

/** Resolves when the subscription stands, as far as anybody can tell. What the server says of it later counts too. */
export function askToStand(
  connection: ChannelConnection,
  subscription: Subscription,
  ask = subscription.spec.subscribe,
): Standing {
  const { patience, protocol } = connection
  // What this connection was refused is not there by being connected.
  if (!(ask || subscription.isRefused)) return Promise.resolve(undefined)
  const { subscribe: type } = subscription.at?.kind ?? protocol.channels
  const standing = new Promise<Cursor | undefined>((resolve) => {
    const confirm = () => resolve(undefined)
    subscription.confirm = confirm
    connection.channels.unconfirmed.add(subscription)
    const cancel = patience.setTimer(() => {
      if (!isReplying(connection)) confirm()
    }, CONFIRM_MS)
    const accepted = (reply: unknown) => {
      const cursor = toCursor(reply)
      subscription.refusals = 0
      resolve(cursor)
      // The others learn it from their `live`.
      const isLive = ({ waitsFor }: Member) => waitsFor === undefined
      tellHead(connection, subscription.members.filter(isLive), cursor)
    }
    const failed = (error: LiveError) => {
      if (subscription.standing === standing || subscription.confirm === confirm)
        failSubscription(connection, subscription, error)
      confirm()
    }
    request(connection, { type, data: subscription.spec.key, control: true })
      .finally(cancel)
      .then(accepted, failed)
  })
  return standing
}

/** `ask: true`: by a frame, also where being connected should be enough. */
export function subscribe(connection: ChannelConnection, subscription: Subscription, ask?: boolean): void {
  subscription.standing = askToStand(connection, subscription, ask)
  bringUp(connection, subscription, subscription.members)
}

export function takeDown(subscription: Subscription): void {
  subscription.cancelRetry?.()
  Object.assign(subscription, { standing: undefined, confirm: undefined, place: undefined })
}

function failSubscription(connection: ChannelConnection, subscription: Subscription, error: LiveError): void {
  // Asked through a socket that another one has replaced meanwhile.
  if (error.code === 'connection_lost') subscribe(connection, subscription)
  // The silence of a server that answers no such frame says nothing.
  else if (error.code !== 'timeout' || isReplying(connection))
    refuseSubscription(connection, subscription, error)
}

function refuseSubscription(
  connection: ChannelConnection,
  subscription: Subscription,
  error: LiveError,
): void {
  takeDown(subscription)
  subscription.isRefused = true
  emitSignal(connection, subscription.members, { type: 'down', error })
  reportSynced(connection)
  // The answer came, and nobody knows what it says: that may be cured.
  // Nor is a suspicion more than that.
  if (!error.retryable && !error.maybeDelivered && error.code !== 'invalid_frame') return
  const leastMs = Math.min(MIN_RETRY_MS * 2 ** subscription.refusals++, RETRY_MS)
  subscription.cancelRetry = connection.environment.setTimer(
    () => {
      if (!subscription.standing && connection.current) subscribe(connection, subscription)
    },
    Math.max(error.retryAfterMs ?? RETRY_MS, leastMs),
  )
}

/** Brings members up to date, except where that is under way, or down. */
export function bringUp(
  connection: ChannelConnection,
  subscription: Subscription,
  members: readonly Member[],
): void {
  for (const member of members) {
    if (subscription.standing === undefined || isWaiting(subscription, member)) continue
    member.waitsFor = subscription.standing
    connection.channels.awaited = [subscription, member]
    goLive(connection, subscription, member).catch((error) => connection.reportError(connection.name, error))
  }
}

function isWaiting({ standing }: Subscription, { waitsFor }: Member): boolean {
  return standing !== undefined && waitsFor === standing
}

/** One with a position is caught up by `sync`; another one, or if that fails, is live when the subscription stands. */
async function goLive(
  connection: ChannelConnection,
  subscription: Subscription,
  member: Member,
): Promise<void> {
  const { at, standing } = subscription
  const isOver = () => subscription.standing !== standing || !isWaiting(subscription, member)
  const cursor = member.listener.cursor()
  let answer: Fields = {}
  if (at && cursor?.seq !== undefined) {
    answer = await syncChannel(connection, at, cursor)
    if (isOver()) return
  }
  const position = toCursor(answer)
  const isSameHistory = (position?.epoch ?? cursor?.epoch) === (cursor?.epoch ?? position?.epoch)
  const missed = isSameHistory ? missedIn(answer) : undefined
  const stood = missed ? undefined : await standing
  inSlices(connection, missed ?? [], {
    isOver,
    onSlice(frames) {
      const events = eventsIn(connection, subscription, frames)
      if (events.length > 0) emitSignal(connection, [member], { type: 'events', events })
    },
    onEnd() {
      member.waitsFor = undefined
      const cursor = position ?? stood ?? subscription.place
      emitSignal(connection, [member], { type: 'live', resumed: missed !== undefined, cursor })
      // The answer came later on the wire than the confirmation would have.
      if (missed) subscription.confirm?.()
      reportSynced(connection)
    },
  })
}

/** What came after the cursor; `undefined` if the server cannot tell all of it. */
function missedIn({ complete, events }: Fields): readonly unknown[] | undefined {
  return complete === true && Array.isArray(events) ? events : undefined
}

function eventsIn(
  connection: ChannelConnection,
  { at }: Subscription,
  frames: readonly unknown[],
): readonly LiveEvent[] {
  return frames.flatMap((one) => {
    const frame = readFrame(connection, one)
    const event = frame && decodeEvent(connection, frame)
    return event ? [eventFor(at, event, connection.protocol)] : []
  })
}

/** Asks where the channels stand, for those who know how far they have come. Nobody waits for it. */
export function askHeads(connection: ChannelConnection): void {
  for (const { at, members, standing } of connection.channels.subscriptions.values()) {
    if (!(at && standing)) continue
    for (const member of members) {
      const cursor = member.listener.cursor()
      if (cursor?.seq === undefined) continue
      void syncChannel(connection, at, cursor).then((answer) =>
        tellHead(connection, [member], toCursor(answer)),
      )
    }
  }
}

/** One frame for all channels that ask in the same turn. Empty where the server cannot tell. */
async function syncChannel(
  connection: ChannelConnection,
  { kind: { sync, field }, id }: Place,
  cursor: Cursor,
): Promise<Fields> {
  const { tables, answers } = connection.channels.batches.get(sync) ?? createBatch(connection, sync)
  const positions = tables.get(field) ?? new Map<string, Cursor>()
  tables.set(field, positions.set(id, earlier(positions.get(id), cursor)))
  return fieldsOf(entryOf(fieldsOf((await answers)[field]), id))
}

function createBatch(connection: ChannelConnection, type: string): SyncBatch {
  const { batches } = connection.channels
  const tables = new Map<string, Map<string, Cursor>>()
  let send = () => {}
  const answers = new Promise<Fields>((resolve) => {
    const takeReply = (reply: unknown) => resolve(fieldsOf(reply))
    send = () => {
      if (batches.get(type) !== batch) return
      batches.delete(type)
      const asked = [...tables].map(([field, positions]) => [field, Object.fromEntries(positions)] as const)
      const name = [...tables.values()].flatMap((positions) => [...positions.keys()]).join()
      const data = Object.fromEntries(asked)
      request(connection, { type, data, control: true, name }).then(takeReply, takeReply)
    }
  })
  const batch = { tables, answers, send }
  batches.set(type, batch)
  queueMicrotask(send)
  return batch
}

/** Two views of one channel stand at different points: what comes after the earlier one serves both. */
function earlier(one: Cursor | undefined, other: Cursor): Cursor {
  return one && one.epoch === other.epoch && (one.seq ?? 0) <= (other.seq ?? 0) ? one : other
}

/** Tells when every channel stands: as a rule with the one that was asked for last, so all are not looked at for each. */
export function reportSynced({ channels, current, raise }: ChannelConnection): void {
  if (channels.awaited && isWaiting(...channels.awaited)) return
  channels.awaited = undefined
  for (const subscription of channels.subscriptions.values()) {
    for (const member of subscription.members) {
      if (!isWaiting(subscription, member)) continue
      channels.awaited = [subscription, member]
      return
    }
  }
  if (current) raise({ type: 'settled', attempt: current.attempt, step: 'sync' })
}
