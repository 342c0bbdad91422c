/** One send as it is kept, and what can be read of it. */
import { inWords, isLiveError, LiveError, type LiveErrorCode } from '../transport/errors.ts'
import type { Identity } from '../transport/port.ts'

/** Of the records that this version writes. It reads older ones, and leaves newer ones to those who know them. */
export const VERSION = 1

interface Named {
  /** `v` and `id` are there in every version. */
  readonly v: number
  /** Its client id. */
  readonly id: string
  /** Grows in the order in which they were made, over all pages. */
  readonly order: number
  /** Since when it is what it is; milliseconds since 1970. */
  readonly at: number
  /** It comes out of a cache that was stored as a whole, by a former version: others may have a copy of it. */
  readonly isAdopted?: boolean | undefined
}

/** What is still to be done, or failed. */
export interface Kept extends Named {
  readonly status: 'pending' | 'failed'
  /** Of the mutation, as it stands in keys. */
  readonly name: string
  readonly params: unknown
  readonly variables: unknown
  /** Grows with every change of the variables. */
  readonly revision: number
  readonly who: Identity
  /** Those of one channel go out in their order. */
  readonly channel: string
  readonly submittedAt: number
  readonly attempts: number
  /** It may have been handed to a socket. Written down before it is. */
  readonly wasSent: boolean
  readonly error?: StoredError | undefined
  /** The page that has it in hand, for as long as it says so. */
  readonly owner?: string | undefined
  readonly until: number
  readonly bytes: number
}

/** What is over, for a while: pages that were away are told how it ended. Nothing of what it said. */
export interface Ended extends Named {
  readonly status: 'sent' | 'discarded'
}

/** Of storage, which may hold what a newer version wrote. */
export type OutboxRecord = Kept | Ended

export const isReadable = ({ v }: OutboxRecord): boolean => v <= VERSION

export function isKept(record: OutboxRecord | undefined): record is Kept {
  return record !== undefined && isReadable(record) && 'variables' in record
}

export const isPending = (record: OutboxRecord | undefined): record is Kept =>
  isKept(record) && record.status === 'pending'

export interface StoredError {
  readonly code?: LiveErrorCode | undefined
  readonly message: string
  readonly reason?: string | undefined
  readonly retryable?: boolean | undefined
  readonly maybeDelivered?: boolean | undefined
}

/** Cloning an error keeps its message and nothing else. */
export function storedError(error: unknown): StoredError {
  const message = inWords(() => Object(error).message ?? error)
  if (!isLiveError(error)) return { message }
  const { code, reason, retryable, maybeDelivered } = error
  return { code, message, reason, retryable, maybeDelivered }
}

export function errorOf({ code, message, ...details }: StoredError = { message: 'It failed' }): Error {
  return code ? new LiveError(code, message, details) : new Error(message)
}

const isBlob = (value: unknown): value is Blob => typeof Blob === 'function' && value instanceof Blob

/** Whether there is anything in it that text cannot hold. */
export function hasFiles(value: unknown, seen = new Set<unknown>()): boolean {
  if (typeof value !== 'object' || value === null || seen.has(value)) return false
  seen.add(value)
  if (isBlob(value)) return true
  return Object.values(value).some((part) => hasFiles(part, seen))
}

/** About how many bytes it takes. */
export function sizeOf(value: unknown, seen = new Set<unknown>()): number {
  if (typeof value === 'string') return value.length * 2
  if (typeof value !== 'object' || value === null || seen.has(value)) return 8
  seen.add(value)
  if (isBlob(value)) return value.size
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return value.byteLength
  const parts = value instanceof Map || value instanceof Set ? [...value] : Object.entries(value)
  let bytes = 16
  for (const part of parts.flat()) bytes += sizeOf(part, seen)
  return bytes
}
