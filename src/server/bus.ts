/** Tells other processes what they could read themselves. A hint: the log is the truth, and losing one costs time only. */
import type { Head } from './store.ts'

export type BusNotice =
  /** The channel stands there now, or beyond. */
  | { readonly type: 'moved'; readonly channel: string; readonly head: Head }
  /** What this user had of the channel is over. */
  | { readonly type: 'revoked'; readonly channel: string; readonly user: string }
  /** For those who have subscribed the channel, but one connection: a frame that is stored nowhere. Without one: for all. */
  | {
      readonly type: 'passing'
      readonly channel?: string
      readonly text: string
      readonly except?: string
      /** The process that has told its own already. */
      readonly from: string
    }
  /** What a plugin tells itself in the other processes. */
  | { readonly type: 'told'; readonly plugin: string; readonly message: unknown; readonly from: string }

export interface Bus {
  /** To all processes; whether this one hears itself makes no difference. */
  publish(notice: BusNotice): void | Promise<void>
  /** Returns how to stop. */
  subscribe(listener: (notice: BusNotice) => void): () => void
}

/** For one process: servers in it that share one hear each other. */
export function localBus(): Bus {
  const listeners = new Set<(notice: BusNotice) => void>()
  return {
    publish: (notice) => {
      for (const listener of [...listeners]) listener(notice)
    },
    subscribe: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
