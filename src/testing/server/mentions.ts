/** Who a text calls by name. */
import { type Key, keyOf, type UserRecord } from './records.ts'

/** Keys of the users whose `@username` stands in the text as a word of its own; upper and lower case are the same. */
export function findMentions(content: string, users: Iterable<UserRecord>): Key[] {
  if (!content.includes('@')) return []
  const names = new Set(
    [...content.matchAll(/(?<![\p{L}\p{N}_])@([\p{L}\p{N}_.-]+)/gu)].flatMap(([, name = '']) => [
      name.toLowerCase(),
      // "@bob." ends a sentence; the dot is not part of the name.
      withoutEnd(name).toLowerCase(),
    ]),
  )
  const keys: Key[] = []
  for (const user of users) if (names.has(user.username.toLowerCase())) keys.push(keyOf(user.id))
  return keys
}

/** Not a pattern like `/[.-]+$/`: on a long run of dots that is no end it takes seconds. */
function withoutEnd(name: string): string {
  let length = name.length
  while ('.-'.includes(name.charAt(length - 1) || ' ')) length -= 1
  return name.slice(0, length)
}
