/** The one place where tabs touch the browser: its locks, its channels, and whether somebody looks. A test brings its own. */

export interface TabsChannel {
  post(message: unknown): void
  close(): void
}

export interface LockRequest {
  /** From whoever has it. @default false: waits */
  readonly steal?: boolean
  onHeld(): void
  /** Somebody has taken it away. */
  onStolen?(): void
}

/** `sleep`: the page freezes, goes into the back/forward cache or ends; `wake`: it is back. */
export type PageSignal = 'visible' | 'hidden' | 'sleep' | 'wake'

export interface TabsBrowser {
  /** Everybody else who has opened it hears what is posted, in order. */
  openChannel(name: string, onMessage: (message: unknown) => void): TabsChannel
  /** One at a time has it. Returns what gives it back, or stops waiting. */
  lock(name: string, request: LockRequest): () => void
  /** Whether one lock is with whoever has the other one. */
  isHeldBy(name: string, other: string): Promise<boolean>
  isHidden(): boolean
  subscribe(listener: (signal: PageSignal) => void): () => void
}

const SIGNALS: Readonly<Record<string, PageSignal>> = {
  freeze: 'sleep',
  pagehide: 'sleep',
  resume: 'wake',
  pageshow: 'wake',
}

/**
 * `undefined` where there are no tabs, or none that can be told apart: on servers, in React Native, in old browsers, over http,
 * and where a page may store nothing.
 */
export function tabsBrowser(): TabsBrowser | undefined {
  const { document, navigator, BroadcastChannel, WorkerGlobalScope } = globalThis as Partial<
    typeof globalThis
  > & {
    readonly WorkerGlobalScope?: unknown
  }
  if (!BroadcastChannel || !(document || WorkerGlobalScope)) return undefined
  let locks: LockManager | undefined
  try {
    locks = navigator?.locks
    // Without cookies Firefox throws (mozilla/fxa#2347).
    new BroadcastChannel('').close()
  } catch {
    return undefined
  }
  if (!locks) return undefined
  return {
    openChannel: (name, onMessage) => {
      const channel = new BroadcastChannel(name)
      channel.onmessage = ({ data }) => onMessage(data)
      return { post: (message) => channel.postMessage(message), close: () => channel.close() }
    },
    lock: (name, request) => requestLock(locks, name, request),
    async isHeldBy(name, other) {
      const { held = [] } = await locks.query()
      const holderOf = (wanted: string) => held.find((lock) => lock.name === wanted)?.clientId
      const holder = holderOf(name)
      return holder !== undefined && holder === holderOf(other)
    },
    isHidden: () => document?.visibilityState === 'hidden',
    subscribe(listener) {
      const look = () => listener(document?.visibilityState === 'hidden' ? 'hidden' : 'visible')
      const hear = ({ type }: Event) => {
        const signal = SIGNALS[type]
        if (signal) listener(signal)
      }
      globalThis.addEventListener?.('visibilitychange', look, true)
      for (const type in SIGNALS) globalThis.addEventListener?.(type, hear, true)
      return () => {
        globalThis.removeEventListener?.('visibilitychange', look, true)
        for (const type in SIGNALS) globalThis.removeEventListener?.(type, hear, true)
      }
    },
  }
}

function requestLock(locks: LockManager, name: string, { steal, onHeld, onStolen }: LockRequest): () => void {
  const waiting = new AbortController()
  let isOver = false
  let giveBack = () => waiting.abort()
  locks
    .request(name, steal ? { steal } : { signal: waiting.signal }, () => {
      if (isOver) return undefined
      return new Promise<void>((resolve) => {
        giveBack = resolve
        onHeld()
      })
    })
    .catch(() => {
      if (!isOver) onStolen?.()
    })
  return () => {
    isOver = true
    giveBack()
  }
}
