/**
 * Reads what a snapshot request or function answered. Accepted: an array of items; an object whose one array holds
 * them, with `has_older`, `has_newer`, `as_of`, `epoch` beside it; for a value, anything.
 */
import { LiveError } from '../transport/errors.ts'
import type { Cursor, Id } from '../transport/port.ts'
import type { Definition } from './definition.ts'
import type { ItemSpec } from './items.ts'
import { compareKeys, type TimelinePage, type TimelinePageParam } from './pages.ts'

export interface Snapshot<Item> {
  readonly items: readonly Item[]
  readonly hasOlder: boolean | undefined
  readonly hasNewer: boolean
  /** The server keeps no history: what is loaded stays, and this adds nothing. */
  readonly partial: boolean
}

/** `partial: true` tells a timeline that the back end has no history to ask for. */
export const NO_HISTORY = { items: [], partial: true } as const

export function readSnapshot<Item>({ name, isItem }: Definition, answer: unknown): Snapshot<Item> {
  const fields = isRecord(answer) ? answer : { items: answer }
  const items = fields.items ?? Object.values(fields).find(Array.isArray)
  if (!Array.isArray(items)) {
    throw new LiveError(
      'invalid_frame',
      `The snapshot of "${name}" holds no array of items; answer with an array, or with an object that has one`,
    )
  }
  return {
    items: items.filter(isItem),
    hasOlder: booleanOf(fields.has_older ?? fields.hasOlder),
    hasNewer: booleanOf(fields.has_newer ?? fields.hasNewer) ?? false,
    partial: fields.partial === true,
  }
}

export function positionOf(answer: unknown): Cursor | undefined {
  if (!isRecord(answer)) return undefined
  const seq = answer.as_of ?? answer.asOf
  const { epoch } = answer
  if (typeof seq !== 'number' || !Number.isSafeInteger(seq)) return undefined
  return { seq, ...(typeof epoch === 'string' && { epoch }) }
}

export interface PageRequest {
  readonly param: TimelinePageParam
  readonly limit: number
}

export function toPage<Item>(
  { order, id }: ItemSpec<Item>,
  snapshot: Snapshot<Item>,
  { param, limit, position }: PageRequest & { readonly position: Cursor | undefined },
): TimelinePage<Item> {
  const items = [...snapshot.items].sort((a, b) => compareKeys(order(a), order(b)))
  const oldest = items[0]
  const newest = items.at(-1)
  const hasNewer = snapshot.hasNewer && !('before' in param)
  const hasOlder = 'after' in param || (snapshot.hasOlder ?? items.length >= limit)
  const before = oldest === undefined ? cursorOf(param) : id(oldest)
  const after = newest === undefined ? cursorOf(param) : id(newest)
  return {
    items,
    hasOlder: hasOlder && before !== undefined,
    hasNewer: hasNewer && after !== undefined,
    before,
    after,
    low: hasOlder && oldest !== undefined ? order(oldest) : undefined,
    high: hasNewer && newest !== undefined ? order(newest) : undefined,
    asOf: position?.seq,
    epoch: position?.epoch,
    unseen: 0,
  }
}

function cursorOf(param: TimelinePageParam): Id | undefined {
  if ('before' in param) return param.before
  if ('after' in param) return param.after
  return undefined
}

function booleanOf(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
