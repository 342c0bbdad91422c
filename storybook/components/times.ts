/** Points in time as people read them, in the reader's own language and time zone. */
const clock = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' })
const weekday = new Intl.DateTimeFormat(undefined, { weekday: 'long' })
const shortWeekday = new Intl.DateTimeFormat(undefined, { weekday: 'short' })
const date = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'long', year: 'numeric' })
const shortDate = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' })
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'short' })
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })

const DAY_MS = 86_400_000

export const timeText = (timestamp: string): string => clock.format(new Date(timestamp))

export const exactText = (timestamp: string): string => exact.format(new Date(timestamp))

/** "Today", "Yesterday", a weekday within a week, a date before that. */
export function dayText(timestamp: string, now = new Date()): string {
  const then = new Date(timestamp)
  const days = daysBetween(then, now)
  if (days < 2) return capitalised(relative.format(-days, 'day'))
  return days < 7 ? weekday.format(then) : date.format(then)
}

/** Short, for a list: a time today, a weekday within a week, a date before that. */
export function recentText(timestamp: string, now = new Date()): string {
  const then = new Date(timestamp)
  const days = daysBetween(then, now)
  if (days < 1) return clock.format(then)
  return days < 7 ? shortWeekday.format(then) : shortDate.format(then)
}

/** Calendar days; rounded, because a day may have 23 or 25 hours. A server's clock may be ahead: never negative. */
const daysBetween = (then: Date, now: Date) =>
  Math.max(0, Math.round((midnightOf(now) - midnightOf(then)) / DAY_MS))

const midnightOf = (time: Date) => new Date(time.getFullYear(), time.getMonth(), time.getDate()).getTime()

const capitalised = (text: string) => text.charAt(0).toLocaleUpperCase() + text.slice(1)
