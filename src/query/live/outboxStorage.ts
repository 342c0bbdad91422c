/** What is given to `live.persistOutbox`. */
import type { Id } from '../../transport/port.ts'
import type { Outbox } from '../optimistic/outbox.ts'
import type { LiveClient } from './records.ts'

export interface OutboxOptions {
  /**
   * Who is signed in, as soon as the page knows: what they left is shown and sent before any server has answered. The id that
   * the server uses. @default `user` of `createLive` (`currentUser` of a chat), else whom the token or the greeting names
   */
  readonly user?: Id | (() => Id | undefined) | undefined
  /** How many sends are kept for a user. What comes then is sent all the same. @default 1000 */
  readonly maxSends?: number | undefined
  /** Of all that is kept for a user, by an estimate. @default 10_000_000 */
  readonly maxBytes?: number | undefined
  /** What is older is not sent any more: it fails (`expired`). @default seven days */
  readonly maxAgeMs?: number | undefined
}

/** Made by `querywire/outbox`. */
export interface OutboxStorage {
  /** For the library itself. */
  open(client: LiveClient, options: OutboxOptions): Outbox
}
