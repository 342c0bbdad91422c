/** What one gives to be sent. */
import type { ChatAttachment, Id } from '../data/types.ts'

export interface MessageDraft {
  readonly content: string
  readonly reply_to_id?: Id
  /** To go with it, by the `upload` of the chat; the text may be empty then. */
  readonly files?: readonly File[]
  /** What is uploaded already. */
  readonly attachments?: readonly ChatAttachment[]
  /** Further fields of the message, sent and shown as they are. */
  readonly extra?: Readonly<Record<string, unknown>>
  /** Changed in place after it was first written down. For the library itself; it is not sent. */
  readonly isEdited?: boolean
}

/** `'Hello'` is short for `{ content: 'Hello' }`. */
export type SendVariables = string | MessageDraft

export const draftOf = (variables: SendVariables): MessageDraft =>
  typeof variables === 'string' ? { content: variables } : variables
