/** What happens to the records of a user. Pure: each of these runs between reading them all and writing what has changed. */
import { LiveError } from '../transport/errors.ts'
import {
  type Ended,
  isKept,
  isPending,
  isReadable,
  type Kept,
  type OutboxRecord,
  storedError,
  VERSION,
} from './record.ts'

export type Records = Map<string, OutboxRecord>

/** The page that does it, and when. */
export interface Hand {
  readonly me: string
  /** Milliseconds since 1970. */
  readonly now: number
}

export interface Limits {
  readonly maxSends: number
  readonly maxBytes: number
  readonly maxAgeMs: number
}

/** For so long a page has a record in hand without saying so again. Milliseconds. */
export const CLAIM_MS = 60_000
/** Pages that were away for longer learn the end of a send from the server alone. Milliseconds. */
const TOLD_MS = 120_000

/** Where a send stands, for one page. */
export type Standing =
  | { readonly is: 'mine'; readonly record: Kept; readonly isNew: boolean }
  | { readonly is: 'theirs' | 'failed'; readonly record: Kept }
  | { readonly is: 'sent' | 'discarded' | 'gone' }
  | { readonly is: 'refused'; readonly why: 'too_many' | 'too_large' }

function standingOf(records: Records, id: string, me: string): Standing {
  const record = records.get(id)
  if (!record) return { is: 'gone' }
  if (!isKept(record)) return { is: record.status === 'sent' ? 'sent' : 'discarded' }
  if (record.status === 'failed') return { is: 'failed', record }
  return record.owner === me ? { is: 'mine', record, isNew: false } : { is: 'theirs', record }
}

/** Of a send that is made here. */
export type Fresh = Omit<Kept, 'v' | 'order' | 'at' | 'status' | 'revision' | 'owner' | 'until'>

/** `isRetry`: somebody wants it tried again. */
export function enter(
  records: Records,
  fresh: Fresh,
  { me, now, isRetry, limits }: Hand & { readonly isRetry: boolean; readonly limits: Limits },
): Standing {
  const standing = standingOf(records, fresh.id, me)
  const inHand = { at: now, owner: me, until: now + CLAIM_MS }
  if (isRetry && 'record' in standing && standing.record.owner === undefined) {
    const { revision } = standing.record
    const record: Kept = {
      ...standing.record,
      ...fresh,
      ...inHand,
      revision,
      status: 'pending',
      error: undefined,
    }
    return { is: 'mine', record: put(records, record), isNew: false }
  }
  if (standing.is !== 'gone') return standing
  const why = excess(records, fresh, limits)
  if (why) return { is: 'refused', why }
  const record: Kept = {
    ...fresh,
    ...inHand,
    v: VERSION,
    status: 'pending',
    order: nextOrder(records),
    revision: 0,
  }
  return { is: 'mine', record: put(records, record), isNew: true }
}

/** Out of a cache of a former version, where it had failed. */
export function adoptFailed(
  records: Records,
  fresh: Fresh,
  { error, ...hand }: Hand & { readonly limits: Limits; readonly error: unknown },
): Standing {
  const standing = enter(records, fresh, { ...hand, isRetry: false })
  if (standing.is !== 'mine') return standing
  fail(records, fresh.id, { ...hand, error, attempts: fresh.attempts })
  return standingOf(records, fresh.id, hand.me)
}

/**
 * Before it is handed to a socket. `behind`: one that was made earlier is still to go to the same channel. `isAhead`: those
 * that have gone from here already. What was left, and cannot be sent from here, may be nobody's for ever.
 */
export function takeTurn(
  records: Records,
  { id, variables, who }: Pick<Kept, 'id' | 'variables' | 'who'>,
  {
    me,
    now,
    isAhead,
    canSend,
  }: Hand & Pick<Tidying, 'canSend'> & { readonly isAhead: (id: string) => boolean },
): 'go' | 'behind' | 'taken' | 'gone' {
  const standing = standingOf(records, id, me)
  if (standing.is === 'gone') return 'gone'
  if (standing.is !== 'mine') return 'taken'
  const { record } = standing
  const isLeft = ({ owner, until }: Kept) => owner === undefined || now - until > CLAIM_MS
  const isBefore = (other: OutboxRecord) =>
    isPending(other) &&
    other.channel === record.channel &&
    other.order < record.order &&
    (other.owner === me ? !isAhead(other.id) : canSend(other) || !isLeft(other))
  if ([...records.values()].some(isBefore)) return 'behind'
  put(records, { ...record, variables, who, wasSent: true, until: now + CLAIM_MS })
  return 'go'
}

/** Out of its turn, by a page that could not wait any longer. False where that has it in hand no more. */
export function markSent(records: Records, id: string, me: string): boolean {
  const standing = standingOf(records, id, me)
  if (standing.is !== 'mine') return false
  put(records, { ...standing.record, wasSent: true })
  return true
}

export function fail(
  records: Records,
  id: string,
  { me, now, error, attempts }: Hand & { readonly error: unknown; readonly attempts: number },
): void {
  const record = records.get(id)
  if (!isPending(record) || record.owner !== me) return
  put(records, {
    ...record,
    status: 'failed',
    at: now,
    owner: undefined,
    error: storedError(error),
    attempts,
  })
}

/** Its words were changed, by whoever has it in hand; or it failed, and anybody may. */
export function amend(
  records: Records,
  { id, variables, bytes }: Pick<Kept, 'id' | 'variables' | 'bytes'>,
  me: string,
): number | undefined {
  const record = records.get(id)
  if (!isKept(record) || (record.status === 'pending' && record.owner !== me)) return undefined
  return put(records, { ...record, variables, bytes, revision: record.revision + 1 }).revision
}

/** For another page to go on with. */
export function release(records: Records, ids: ReadonlySet<string> | undefined, { me, now }: Hand): void {
  for (const record of records.values()) {
    if (isPending(record) && record.owner === me && ids?.has(record.id) !== false)
      put(records, { ...record, owner: undefined, until: now })
  }
}

/** Whatever became of it, it is the last that becomes of it. */
export function end(records: Records, { id, status, at }: Pick<Ended, 'id' | 'status' | 'at'>): void {
  const record = records.get(id)
  if (isKept(record)) put(records, ended(record, status, at))
}

/** All of them, those of newer versions too. */
export function endAll(records: Records, now: number): void {
  for (const record of records.values()) put(records, ended(record, 'discarded', now))
}

const ended = ({ id, order, isAdopted }: OutboxRecord, status: Ended['status'], at: number): Ended => ({
  v: VERSION,
  id,
  order: Number(order) || 0,
  at,
  status,
  ...(isAdopted && { isAdopted }),
})

export interface Tidying extends Hand {
  readonly limits: Limits
  /** Whoever had it in hand has let go of it, or is gone. */
  readonly isFree: (record: Kept) => boolean
  /** This page would know how to send it, and may. */
  readonly canSend: (record: Kept) => boolean
}

/** Takes over what was left, says again what it has in hand, and lets go of what is too old. */
export function tidy(records: Records, tidying: Tidying): void {
  for (const record of [...records.values()]) {
    if (!isReadable(record)) continue
    const next = isKept(record) ? tidied(record, tidying) : remembered(record, tidying)
    if (!next) records.delete(record.id)
    else if (next !== record) put(records, next)
  }
}

function remembered(record: OutboxRecord, { now, limits }: Tidying): OutboxRecord | undefined {
  return now - record.at > (record.isAdopted ? limits.maxAgeMs : TOLD_MS) ? undefined : record
}

function tidied(kept: Kept, { me, now, limits, isFree, canSend }: Tidying): OutboxRecord {
  // The clock was set back since.
  const record = kept.until > now + CLAIM_MS ? { ...kept, until: now + CLAIM_MS } : kept
  const isOld = now - record.at > limits.maxAgeMs
  if (record.owner === me && record.status === 'pending')
    return record.until - now < CLAIM_MS / 2 ? { ...record, until: now + CLAIM_MS } : record
  if (record.status === 'failed') return isOld ? ended(record, 'discarded', now) : record
  if (!isFree(record) || !(isOld || canSend(record))) return record
  if (!isOld) return { ...record, owner: me, until: now + CLAIM_MS }
  const error = new LiveError('expired', `"${record.name}" was not sent: it was kept for too long`)
  return { ...record, status: 'failed', at: now, owner: undefined, error: storedError(error) }
}

function put<R extends OutboxRecord>(records: Records, record: R): R {
  records.set(record.id, record)
  return record
}

const nextOrder = (records: Records) =>
  Math.max(0, ...[...records.values()].map(({ order }) => Number(order) || 0)) + 1

function excess(records: Records, { bytes }: Fresh, { maxSends, maxBytes }: Limits) {
  const others = [...records.values()].filter((record) => 'variables' in record) as Kept[]
  if (others.length >= maxSends) return 'too_many'
  const total = others.reduce((sum, other) => sum + (Number(other.bytes) || 0), bytes)
  return total > maxBytes ? 'too_large' : undefined
}
