/** Times as servers write them, without losing what a `Date` has no digits for. Pure. */
import { compareKeys, type OrderKey } from '../../../query/index.ts'

/** Date, time, fraction, hours and minutes of the zone. Python writes a fraction only where there is one, and often no zone. */
const ISO = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(?:[.,](\d{1,30})\d*)?(?:Z|([+-]\d\d):?(\d\d)?)?$/i

/**
 * Whole seconds in milliseconds, then the digits of the fraction as text, be they three or nine. A time without a zone
 * is UTC: taken for local time, some would not exist and others come twice. Of a fraction, thirty digits count. What is no
 * time at all is ordered as text.
 */
function timeKey(time: string): OrderKey {
  const [, date, clock, fraction = '', hours = '+00', minutes = '00'] = ISO.exec(time) ?? []
  const at = Date.parse(date ? `${date}T${clock}${hours}:${minutes}` : time)
  return [Number.isNaN(at) ? time : at, fraction.replace(/0+$/, '')]
}

export function compareTimes(a: string, b: string): number {
  return compareKeys(timeKey(a), timeKey(b))
}

const keys = new WeakMap<object, OrderKey>()

/** The key of an item, which is never changed in place: reading a time costs more than the rest of a comparison. */
export function timeKeyOf(item: object, time: string): OrderKey {
  const known = keys.get(item)
  if (known) return known
  const key = timeKey(time)
  keys.set(item, key)
  return key
}
