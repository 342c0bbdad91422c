/** What a row shows of files that are on their way. */
import type { OptimisticContext } from '../../../query/index.ts'
import type { ChatAttachment } from '../data/types.ts'
import type { MessageDraft } from './sendMessage.ts'

/** By what ends with the message: two messages with the same file have a picture each. */
const previews = new WeakMap<AbortSignal, Map<File, string>>()

/** For as long as the message is shown from here. Nothing where there are no such addresses. */
function previewOf(file: File, signal: AbortSignal): string {
  const isPicture = /^image\//.test(file?.type) && typeof Blob === 'function' && file instanceof Blob
  if (!isPicture || signal.aborted || !URL.createObjectURL) return ''
  const known = previews.get(signal) ?? new Map<File, string>()
  previews.set(signal, known)
  const url = known.get(file) ?? URL.createObjectURL(file)
  if (known.size === 0)
    signal.addEventListener('abort', () => {
      for (const each of known.values()) URL.revokeObjectURL(each)
    })
  known.set(file, url)
  return url
}

type Shown = Pick<OptimisticContext, 'clientId' | 'shown' | 'signal'>

/** Of a message that is still to be sent: the files that are up, then those that are not. */
export function shownFiles({ files, attachments = [] }: MessageDraft, { clientId, shown, signal }: Shown) {
  if (!files?.length) return attachments.length > 0 ? { attachments: [...attachments] } : {}
  const uploads: Record<string, number> = {}
  const waiting = files.map((file, at): ChatAttachment => {
    const id = `${clientId}/${attachments.length + at}`
    uploads[id] = at === 0 ? Number(shown ?? 0) : 0
    const { name = '', type: mime_type = '', size = 0 } = Object(file)
    return { id, name, mime_type, size, url: previewOf(file, signal) }
  })
  return { attachments: [...attachments, ...waiting], uploads }
}
