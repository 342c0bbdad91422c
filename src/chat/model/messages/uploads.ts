/**
 * Files of messages that are sent: how they become attachments, one after the other, for their author only. Knows nothing of how they
 * are uploaded, and of what is shown meanwhile.
 */
import { Attachment } from '../../../frames/index.ts'
import type { SendContext } from '../../../query/index.ts'
import { LiveError } from '../../../transport/index.ts'
import { fitsOf } from '../data/fit.ts'
import type { ChatAttachment } from '../data/types.ts'
import type { ChatContext } from '../session/context.ts'
import type { MessageDraft, SendVariables } from './draft.ts'

type Sending = SendContext<unknown, SendVariables> & { readonly whenLive: () => Promise<void> }
type IdentityPort = ChatContext['manager']['port']['identity']

export interface Uploads {
  /** Resolves with the draft, its files having become attachments. What is done stays done, also where the rest fails. */
  run(draft: MessageDraft, sending: Sending): Promise<MessageDraft>
  /** Ends the upload of this message, which has failed then. False: none is under way. */
  cancel(clientId: string): boolean
}

const isAttachment = fitsOf(Attachment) as (value: unknown) => value is ChatAttachment

export function createUploads({ manager, upload }: Pick<ChatContext, 'manager' | 'upload'>): Uploads {
  const { identity } = manager.port
  const running = new Map<string, AbortController>()
  const inDoubt = new LiveError('user_changed', 'Somebody else may have signed in')

  /** @throws inDoubt where it may be somebody else who is here */
  async function attempt(file: File, { clientId, signal, show }: Sending): Promise<ChatAttachment> {
    const ending = new AbortController()
    const end = () => ending.abort(aborted())
    const stop = identity?.subscribe((isOther) => {
      if (isOther || !identity.isSure) ending.abort(inDoubt)
    })
    signal?.addEventListener('abort', end)
    if (signal?.aborted) end()
    running.set(clientId, ending)
    const onProgress = (done: number, all = 1) => {
      const share = Math.floor((done / all) * 100) / 100
      if (share >= 0 && running.get(clientId) === ending) show(Math.min(share, 1))
    }
    try {
      show(0)
      const how = { signal: ending.signal, onProgress }
      return await unlessAborted(ending.signal, () => uploaded(file, () => upload?.(file, how)))
    } finally {
      stop?.()
      signal?.removeEventListener('abort', end)
      running.delete(clientId)
    }
  }

  async function become(file: File, sending: Sending): Promise<ChatAttachment> {
    if (typeof file?.name !== 'string') throw lost()
    for (;;) {
      await whenSure(identity)
      const era = eraOf(identity)
      await sending.whenLive()
      // Somebody else may have come with every wait.
      if (eraOf(identity) !== era) continue
      try {
        return await attempt(file, sending)
      } catch (error) {
        if (error !== inDoubt) throw error
      }
    }
  }

  return {
    run: (draft, sending) => inOrder(draft, sending, (file) => become(file, sending)),
    cancel(clientId) {
      const ending = running.get(clientId)
      ending?.abort(aborted())
      return ending !== undefined
    },
  }
}

async function inOrder(
  draft: MessageDraft,
  { amend }: Sending,
  become: (file: File) => Promise<ChatAttachment>,
): Promise<MessageDraft> {
  let now = draft
  for (let file = now.files?.[0]; file; file = now.files?.[0]) {
    const attachment = await become(file)
    now = withUploaded(now, attachment)
    // Its text may have been changed meanwhile.
    amend((latest) => withUploaded(latest as MessageDraft, attachment))
  }
  return now
}

/** In doubt it equals none. */
const eraOf = (identity: IdentityPort) => (identity?.isSure === false ? Number.NaN : identity?.era)

/** Resolves once it is known who is here. */
const whenSure = (identity: IdentityPort) =>
  new Promise<void>((resolve) => {
    if (identity?.isSure !== false) return resolve()
    const stop = identity.subscribe(() => {
      if (!identity.isSure) return
      stop()
      resolve()
    })
  })

function withUploaded(draft: MessageDraft, attachment: ChatAttachment): MessageDraft {
  const { files, attachments = [], ...rest } = draft
  const left = files?.slice(1) ?? []
  return { ...rest, attachments: [...attachments, attachment], ...(left.length > 0 && { files: left }) }
}

/** Whatever is made of the signal: nobody waits any longer. */
function unlessAborted<Result>(signal: AbortSignal, run: () => Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const end = () => reject(signal.reason)
    signal.addEventListener('abort', end)
    if (signal.aborted) end()
    else run().then(resolve, reject)
  })
}

const aborted = () => new LiveError('aborted', 'The upload was cancelled')

const lost = () =>
  new LiveError(
    'upload_failed',
    'There is no file any more: what kept this send keeps no files. Attach it again',
    {
      reason: 'no_file',
      retryable: false,
    },
  )

async function uploaded({ name }: File, run: () => unknown): Promise<ChatAttachment> {
  let result: unknown
  try {
    result = await run()
  } catch (cause) {
    const { message, reason } = textsOf(cause)
    throw new LiveError('upload_failed', `"${name}" was not uploaded: ${message}`, { cause, reason })
  }
  if (isAttachment(result)) return result
  const message = '"upload" resolves with { id, name, mime_type, size, url }, and has not'
  throw new LiveError('misconfigured', message)
}

/** What was thrown may be anything, and need not have a text. */
function textsOf(cause: unknown): { readonly message: string; readonly reason?: string | undefined } {
  try {
    const { message = cause, reason } = Object(cause)
    return { message: String(message), reason: typeof reason === 'string' ? reason : undefined }
  } catch {
    return { message: 'no reason given' }
  }
}
