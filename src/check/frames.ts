/** Reading what came over the wire, without trusting any of it. */
import { type Frame, fieldsOf, isFrame, isRecord, payloadOf, textOf } from '../transport/protocol.ts'

export type { Frame }
export { fieldsOf, isFrame, isRecord, payloadOf, textOf }

export type Fields = Readonly<Record<string, unknown>>

export const isSame = (a: unknown, b: unknown): boolean => textOf(a) !== undefined && textOf(a) === textOf(b)

/** The payload's own fields; none where it is no object. */
export const payloadFields = (frame: Frame): Fields => fieldsOf(payloadOf(frame))

export const listOf = (value: unknown): readonly Fields[] =>
  Array.isArray(value) ? value.filter((item): item is Fields => isRecord(item)) : []

/** An integer from 0 to 2^53 − 1. */
export const isNumber = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0

/** Equal as JSON, whatever the order of the fields. */
export function isEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => isEqual(item, b[index]))
  }
  if (!isRecord(a) || !isRecord(b)) return false
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => isEqual(a[key], b[key]))
}

/** The message of an event, or of a reply: `{message}` or the payload itself. */
export function messageIn(value: unknown): Fields {
  const fields = fieldsOf(value)
  return isRecord(fields.message) ? fields.message : fields
}

const MAX_TEXT = 4000

/** What a report shows of a frame: all of it, unless it is very large. */
export function shown(value: unknown): unknown {
  if (value === undefined) return null
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length <= MAX_TEXT ? value : `${text.slice(0, MAX_TEXT)}… (${text.length} characters)`
}
