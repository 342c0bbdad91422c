/** What keeps sends beyond this page, as much of it as they see. How it is done comes with the storage. */
import type { PendingMutation } from './pendingMutation.ts'

/** One that can be handed over: where it goes, and how it is sent from here. */
export interface Carried<Result> {
  readonly pending: PendingMutation
  /** The channel, as text. */
  readonly channel: string
  /** Sends it. `mark` is awaited before each attempt, when nothing but the attempt is to come. */
  readonly send: (mark: () => Promise<void>) => Promise<Result>
}

export interface Outbox {
  /** Keeps it until it has ended, and sends it where and when this page is to. `undefined`: another page has sent it. */
  carry<Result>(carried: Carried<Result>): Promise<Result | undefined>
  /** There is more that this page knows how to send. */
  look(): void
  /** Removes what is kept of whoever is here. */
  forget(): Promise<void>
  /** Lets go of everything, for others to go on with. */
  stop(): void
}
