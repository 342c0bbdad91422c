/** Whom a text calls by name. */

/** The names after an `@` that stand in the text as words of their own, in lower case. */
export function callsIn(content: string): string[] {
  if (!content.includes('@')) return []
  const names = [...content.matchAll(/(?<![\p{L}\p{N}_])@([\p{L}\p{N}_.-]+)/gu)].flatMap(([, name = '']) => [
    name.toLowerCase(),
    // "@bob." ends a sentence; the dot is not part of the name.
    withoutEnd(name).toLowerCase(),
  ])
  return [...new Set(names)]
}

/** Not a pattern like `/[.-]+$/`: on a long run of dots that is no end it takes seconds. */
function withoutEnd(name: string): string {
  let length = name.length
  while ('.-'.includes(name.charAt(length - 1) || ' ')) length -= 1
  return name.slice(0, length)
}
