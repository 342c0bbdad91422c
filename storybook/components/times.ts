/** Points in time as people read them, in the reader's own language and time zone. What is no time reads as nothing. */
const clock = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' })
const weekday = new Intl.DateTimeFormat(undefined, { weekday: 'long' })
const shortWeekday = new Intl.DateTimeFormat(undefined, { weekday: 'short' })
const date = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'long', year: 'numeric' })
const shortDate = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' })
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'short' })
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })

const DAY_MS = 86_400_000

/** Date, time, and hours and minutes of the zone; the fraction of a second is read by nobody. */
const ISO = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d(?::\d\d)?)(?:[.,]\d+)?(?:Z|([+-]\d\d):?(\d\d)?)?$/i

/** To the second. One without a zone is UTC, as Python means it; JavaScript would take it for local time. */
export function dateOf(timestamp: string): Date {
  const [, day, time, hours = '+00', minutes = '00'] = ISO.exec(timestamp) ?? []
  return new Date(day ? `${day}T${time}${hours}:${minutes}` : timestamp)
}

export const timeText = (timestamp: string): string => written(clock, dateOf(timestamp))

export const exactText = (timestamp: string): string => written(exact, dateOf(timestamp))

/** "Today", "Yesterday", a weekday within a week, a date before that. */
export function dayText(timestamp: string, now = new Date()): string {
  const then = dateOf(timestamp)
  const days = daysBetween(then, now)
  if (days < 2) return capitalised(relative.format(-days, 'day'))
  return written(days < 7 ? weekday : date, then)
}

/** Short, for a list: a time today, a weekday within a week, a date before that. */
export function recentText(timestamp: string, now = new Date()): string {
  const then = dateOf(timestamp)
  const days = daysBetween(then, now)
  if (days < 1) return written(clock, then)
  return written(days < 7 ? shortWeekday : shortDate, then)
}

/** A format throws where there is no time. */
const written = (format: Intl.DateTimeFormat, time: Date) =>
  Number.isNaN(time.getTime()) ? '' : format.format(time)

/** Calendar days; rounded, because a day may have 23 or 25 hours. A server's clock may be ahead: never negative. */
const daysBetween = (then: Date, now: Date) =>
  Math.max(0, Math.round((midnightOf(now) - midnightOf(then)) / DAY_MS))

/** The first moment of its day, or of one that is so many days later. */
export const midnightOf = (time: Date, daysLater = 0) =>
  new Date(time.getFullYear(), time.getMonth(), time.getDate() + daysLater).getTime()

const capitalised = (text: string) => text.charAt(0).toLocaleUpperCase() + text.slice(1)
