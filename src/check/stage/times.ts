/** Times of the wire: ISO 8601 in UTC, with milliseconds. */
import { isRecord } from '../frames.ts'

const TIME_FIELDS = new Set([
  'timestamp',
  'edited_at',
  'deleted_at',
  'last_activity_at',
  'joined_at',
  'read_at',
  'last_seen_at',
])
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\d*(Z|\+00:?00)$/
const MAX_DEPTH = 12

/** The first that is none, in words. A pong's own `timestamp` is whatever the ping had. */
export function wrongTimes(value: unknown, depth = 0): string | undefined {
  if (depth > MAX_DEPTH) return undefined
  if (Array.isArray(value)) return firstOf(value, depth)
  if (!isRecord(value) || value.type === 'pong') return undefined
  for (const [name, field] of Object.entries(value)) {
    const isTime = TIME_FIELDS.has(name) && typeof field === 'string'
    if (isTime && !ISO.test(field)) {
      return `${name} is "${field.slice(0, 60)}", and not ISO 8601 in UTC with milliseconds, like 2024-01-15T10:30:00.000Z`
    }
    // What is the application's own may have times of its own.
    if (name === 'metadata' || name === 'attachments') continue
    const wrong = wrongTimes(field, depth + 1)
    if (wrong) return wrong
  }
  return undefined
}

function firstOf(values: readonly unknown[], depth: number): string | undefined {
  for (const value of values) {
    const wrong = wrongTimes(value, depth + 1)
    if (wrong) return wrong
  }
  return undefined
}
