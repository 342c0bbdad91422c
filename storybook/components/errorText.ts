/** What went wrong, for people: in the server's words where it has some. The message of an error is for developers. */
import { isLiveError, type LiveErrorCode } from '../../src/index.ts'

const SENTENCES: Partial<Record<LiveErrorCode, string>> = {
  timeout: 'The server does not answer.',
  connection_lost: 'The connection was lost.',
  connection_failed: 'There is no connection.',
  disconnected: 'There is no connection.',
  expired: 'It waited too long for a connection.',
  queue_full: 'Too much is waiting already.',
  aborted: 'The upload was cancelled.',
}

export function errorText(error: Error): string {
  if (!isLiveError(error)) return error.message
  const { message } = (error.cause ?? {}) as { readonly message?: unknown }
  if (error.code === 'rejected' && typeof message === 'string') return message
  return SENTENCES[error.code] ?? error.message
}
