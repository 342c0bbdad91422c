/** What other people call an address, before it becomes a link in one's own page. */
import type { ChatAttachment } from '../data/types.ts'

const SCHEMES: ReadonlySet<string> = new Set(['http:', 'https:', 'blob:'])

/** For `href` and `src`: the address of an attachment that runs nothing, or `undefined`. Read as browsers read it. */
export function attachmentUrl({ url }: Pick<ChatAttachment, 'url'>): string | undefined {
  try {
    return url.trim() !== '' && SCHEMES.has(new URL(url, 'https://a.invalid').protocol) ? url : undefined
  } catch {
    return undefined
  }
}
