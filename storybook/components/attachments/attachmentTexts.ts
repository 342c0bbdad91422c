/** Attachments in words. */

const UNITS = ['B', 'kB', 'MB', 'GB'] as const

/** In the units that people count files in: thousands. */
export function sizeText(bytes: number): string {
  const at = bytes < 1 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), UNITS.length - 1)
  const number = bytes / 1_000 ** at
  return `${at > 0 && number < 10 ? number.toFixed(1) : Math.round(number)} ${UNITS[at]}`
}

interface Told {
  readonly content: string
  readonly attachments?: readonly { readonly name: string }[] | null | undefined
}

/** What a message says, for where there is one line: without any text, what comes with it. */
export function contentText({ content, attachments }: Told): string {
  const [first] = attachments ?? []
  if (content.trim() !== '' || !first) return content
  const others = (attachments?.length ?? 0) - 1
  return `📎 ${first.name}${others > 0 ? ` and ${others} more` : ''}`
}
