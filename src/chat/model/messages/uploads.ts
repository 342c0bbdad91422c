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
import type { RoomParams } from '../session/roomParams.ts'
import type { MessageDraft, SendVariables } from './draft.ts'

export type Sending = SendContext<RoomParams, SendVariables> & { readonly whenLive: () => Promise<void> }
type IdentityPort = ChatContext['manager']['port']['identity']

interface Parts {
  readonly identity: IdentityPort
  readonly upload: ChatContext['upload']
  readonly inDoubt: LiveError
}

export interface Uploads {
  /** Resolves with what `turn` brings, its files having become attachments. What is done stays done, also where the rest fails. */
  run(turn: Promise<MessageDraft>, sending: Sending): Promise<MessageDraft>
  /** Ends the upload of this message, or its wait for it: it has failed then. False: it has none to come, or not on this page. */
  cancel(clientId: string): boolean
}

const isAttachment = fitsOf(Attachment) as (value: unknown) => value is ChatAttachment

export function createUploads({ manager, upload }: Pick<ChatContext, 'manager' | 'upload'>): Uploads {
  const { identity } = manager.port
  const inDoubt = new LiveError('user_changed', 'Somebody else may have signed in')
  const parts: Parts = { identity, upload, inDoubt }
  /** What ends the uploads of a message. */
  const running = new Map<string, () => void>()

  async function become(file: File, sending: Sending): Promise<ChatAttachment> {
    if (typeof file?.name !== 'string') throw lost()
    for (;;) {
      await whenSure(identity)
      const era = eraOf(identity)
      await sending.whenLive()
      // Somebody else may have come with every wait.
      if (eraOf(identity) !== era) continue
      try {
        return await attempt(file, sending, parts)
      } catch (error) {
        if (error !== inDoubt) throw error
      }
    }
  }

  async function run(turn: Promise<MessageDraft>, sending: Sending): Promise<MessageDraft> {
    const { clientId } = sending
    const ending = new AbortController()
    const { signal } = ending
    const end = () => ending.abort(new LiveError('aborted', 'The upload was cancelled'))
    const unlink = linked(sending.signal, end)
    running.set(clientId, end)
    const own = { ...sending, signal }
    const upload = async () => inOrder(await turn, own, (file) => become(file, own))
    return unlessAborted(signal, upload).finally(() => {
      unlink()
      running.delete(clientId)
    })
  }

  return {
    run,
    cancel(clientId) {
      const end = running.get(clientId)
      end?.()
      return end !== undefined
    },
  }
}

/** @throws inDoubt where it may be somebody else who is here */
async function attempt(
  file: File,
  { signal: given, show }: Sending,
  { identity, upload, inDoubt }: Parts,
): Promise<ChatAttachment> {
  const ending = new AbortController()
  const { signal } = ending
  let isOver = false
  const stop = identity?.subscribe((isOther) => {
    if (isOther || !identity.isSure) ending.abort(inDoubt)
  })
  const unlink = linked(given, (reason) => ending.abort(reason))
  const onProgress = (done: number, all = 1) => {
    const share = Math.floor((done / all) * 100) / 100
    if (share >= 0 && !isOver) show(Math.min(share, 1))
  }
  try {
    return await unlessAborted(signal, () => {
      show(0)
      return uploaded(file, () => upload?.(file, { signal, onProgress }))
    })
  } finally {
    isOver = true
    stop?.()
    unlink()
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

/** Returns what ends it. */
function linked(signal: AbortSignal | undefined, end: (reason: unknown) => void): () => void {
  const tell = () => end(signal?.reason)
  signal?.addEventListener('abort', tell)
  if (signal?.aborted) tell()
  return () => signal?.removeEventListener('abort', tell)
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
