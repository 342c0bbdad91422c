/** What an outbox needs of wherever it is kept. Few words, so that any storage can be put behind them. */
import type { OutboxRecord } from './record.ts'

export interface OutboxStore {
  /**
   * Hands everything that is kept of this user to `change`, and keeps what that returns, instead: all of it or nothing, and
   * no page reads or writes in between. Records that stay as they are come back as the same objects. Rejects where it was
   * not kept.
   */
  change(user: string, change: (kept: readonly OutboxRecord[]) => readonly OutboxRecord[]): Promise<unknown>
  /** `false`: what is kept is written as text, which holds no files. Sends with files are not kept then, and say so. @default true */
  readonly keepsFiles?: boolean
  /**
   * Tells the other pages that something has changed, as a `BroadcastChannel` of this name. Without it, and without `lock`,
   * this page is taken for the only one.
   */
  channel?(name: string, heard: () => void): OutboxChannel
  /**
   * Resolves once nobody else holds the lock of this name, with what lets go of it, as `navigator.locks` does: a page that is
   * gone holds none. Without it, a page that says nothing for a minute is taken for gone.
   */
  lock?(name: string, signal: AbortSignal): Promise<() => void>
}

export interface OutboxChannel {
  tell(): void
  close(): void
}
