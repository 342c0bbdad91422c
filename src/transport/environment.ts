/**
 * The one place where the transport touches the outside world: sockets, clocks, timers, randomness and the browser's
 * online and visibility signals. Everything else gets an `Environment`, so a test can hand in a fake one.
 */
import { nanoid } from 'nanoid'
import { LiveError } from './errors.ts'

/** What travels in one socket message. */
export type SocketData = string | ArrayBuffer

/** The part of the standard `WebSocket` that is used; `ws` fits as well. */
export interface Socket {
  readonly readyState: number
  /** Bytes handed over but not yet on the network. */
  readonly bufferedAmount: number
  binaryType: string
  onopen: ((event: never) => void) | null
  onmessage: ((event: { readonly data: unknown }) => void) | null
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null
  onerror: ((event: never) => void) | null
  send(data: SocketData): void
  close(code?: number, reason?: string): void
}

export type SocketConstructor = new (url: string, protocols?: string[]) => Socket

export type EnvironmentSignal = 'online' | 'offline' | 'visible' | 'hidden' | 'pageshow'

/** What is dialled, before a token is put on it. */
export interface DialOrigin {
  readonly endpoint: string
  readonly url: string
  /** Whom the token names. */
  readonly principal: string | undefined
  /** The first message is to be credentials. */
  readonly hasAuthFrame: boolean
}

export interface Environment {
  /** `origin`: for whoever keeps sockets for several. */
  createSocket(url: string, protocols: readonly string[], origin?: DialOrigin): Socket
  /** Monotonic milliseconds. Durations are measured with this, never with the wall clock, which jumps. */
  now(): number
  /** Milliseconds since 1970. */
  wallNow(): number
  /** Any delay: one that no timer can hold must not run at once, and `Infinity` never. */
  setTimer(callback: () => void, delayMs: number): () => void
  /** A task of its own, as soon as others had their turn, also in a hidden tab. @default `setTimer(callback, 0)` */
  defer?(callback: () => void): () => void
  /** Whether a task that began then, by `now()`, has lasted long enough. @default after 5 ms */
  isOver?(startedAt: number): boolean
  /** The next animation frame, or about 16 ms where none comes (hidden tab, no DOM). */
  requestFrame(callback: () => void): () => void
  /** Uniform in [0, 1). */
  random(): number
  /** Globally unique. */
  createId(): string
  /** False only when the device knows that it has no network. */
  isOnline(): boolean
  subscribe(listener: (signal: EnvironmentSignal) => void): () => void
}

export interface BrowserEnvironmentOptions {
  /** For Node below 22, or to add headers: the class of the `ws` package. @default globalThis.WebSocket */
  readonly WebSocket?: unknown
}

const NO_WEBSOCKET =
  'No WebSocket here: pass `environment: browserEnvironment({ WebSocket })` with that of the package ws'
const NO_CRYPTO =
  'No crypto.getRandomValues here: in React Native, install react-native-get-random-values and import it first'
const FRAME_MS = 16
/** A visible page can still stop painting (occluded window); past this the timer takes over. */
const LATE_FRAME_MS = 50
/** Beyond this, timers overflow. */
const MAX_TIMER_MS = 2_147_483_647

/**
 * The real thing: for browsers, workers, Node and server rendering. Globals are looked up when used, so creating one
 * on a server without `WebSocket` is fine as long as nothing connects.
 *
 * @throws LiveError `misconfigured` where there is no `crypto.getRandomValues`
 */
export function browserEnvironment(options: BrowserEnvironmentOptions = {}): Environment {
  const { document, crypto } = globalThis as Partial<typeof globalThis>
  if (!crypto?.getRandomValues) throw new LiveError('misconfigured', NO_CRYPTO)
  return {
    createSocket: (url, protocols) => {
      const Constructor = (options.WebSocket ?? globalThis.WebSocket) as SocketConstructor | undefined
      if (!Constructor) throw new LiveError('misconfigured', NO_WEBSOCKET)
      return new Constructor(url, [...protocols])
    },
    now: () => performance.now(),
    wallNow: () => Date.now(),
    setTimer,
    defer,
    requestFrame: (callback) => requestFrameOrTimer(callback, document),
    random: () => Math.random(),
    createId: () => nanoid(),
    isOnline: () => globalThis.navigator?.onLine !== false,
    subscribe: (listener) => subscribeToSignals(listener, document),
  }
}

/** A longer one would run at once, so it is waited for in parts. */
function setTimer(callback: () => void, delayMs: number): () => void {
  let timer: ReturnType<typeof setTimeout>
  const wait = (leftMs: number) => {
    timer =
      leftMs > MAX_TIMER_MS
        ? setTimeout(wait, MAX_TIMER_MS, leftMs - MAX_TIMER_MS)
        : setTimeout(callback, leftMs)
  }
  wait(delayMs)
  return () => clearTimeout(timer)
}

/** Timers of a hidden tab are held back for a second, or a minute; messages are not. */
function defer(callback: () => void): () => void {
  if (typeof MessageChannel !== 'function') return setTimer(callback, 0)
  const { port1, port2 } = new MessageChannel()
  const cancel = () => {
    port1.onmessage = null
    port1.close()
  }
  port1.onmessage = () => {
    cancel()
    callback()
  }
  port2.postMessage(null)
  return cancel
}

function requestFrameOrTimer(callback: () => void, document: Document | undefined): () => void {
  if (!document || document.visibilityState === 'hidden') return setTimer(callback, FRAME_MS)
  const run = () => {
    cancel()
    callback()
  }
  const frame = requestAnimationFrame(run)
  const cancelTimer = setTimer(run, LATE_FRAME_MS)
  const cancel = () => {
    cancelAnimationFrame(frame)
    cancelTimer()
  }
  return cancel
}

const SIGNALS = ['online', 'offline', 'pageshow', 'visibilitychange'] as const

function subscribeToSignals(
  listener: (signal: EnvironmentSignal) => void,
  document: Document | undefined,
): () => void {
  // Node has neither; Bun, workers and React Native have one without the other.
  if (typeof globalThis.addEventListener !== 'function') return () => undefined
  const forward = ({ type }: Event) =>
    listener(
      type === 'visibilitychange' ? (document?.visibilityState ?? 'visible') : (type as EnvironmentSignal),
    )
  // Captured, for not every browser lets `visibilitychange` rise from the document to the window.
  for (const type of SIGNALS) globalThis.addEventListener(type, forward, true)
  return () => {
    for (const type of SIGNALS) globalThis.removeEventListener(type, forward, true)
  }
}
