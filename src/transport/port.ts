/**
 * The port: all that `src/query` ever sees of a connection. It speaks of requests, channels, cursors and decoded
 * events; it knows nothing of sockets, frames, reconnects or which frame carries what.
 */
import { LiveError } from './errors.ts'

/** Ids on the wire are strings or numbers; they are compared by `String(id)`. */
export type Id = string | number

/** A position in one channel's ordered history. One value: `seq` means nothing under another `epoch`. */
export interface Cursor {
  readonly seq?: number | undefined
  readonly epoch?: string | undefined
}

/** One decoded, validated server event. `seq` is present where the server numbers the events of a channel. */
export interface LiveEvent extends Cursor {
  readonly type: string
  readonly payload: unknown
}

/** Which events make up a channel. Two specs with equal fields share one subscription. */
export interface ChannelSpec {
  /** Connection that carries it; the manager's default endpoint when absent. */
  readonly endpoint?: string | undefined
  /** Fields an event must match, e.g. `{ room_id: 7 }`. A field that the event does not carry matches; `{}` takes every event of the endpoint. */
  readonly key: Readonly<Record<string, Id>>
  /** `false`: being connected to the endpoint is the subscription (an endpoint per room). `true`: subscribe frames ask for it. */
  readonly subscribe: boolean
}

export type ChannelSignal =
  /** One batch (all events of one socket message), in arrival order. Not yet ordered by `seq`, not deduplicated. */
  | { readonly type: 'events'; readonly events: readonly LiveEvent[] }
  /**
   * The subscription stands. `resumed: true`: everything after the cursor that was asked for has been delivered in
   * `events` before this signal; where it stood already, nothing has happened to it. `resumed: false`: nothing is known
   * about what happened before now, so a snapshot taken earlier may miss events. `cursor` is where the server says the
   * channel stands, if it says so.
   */
  | { readonly type: 'live'; readonly resumed: boolean; readonly cursor?: Cursor | undefined }
  /** Where the server says that the channel stands. What the listener lacks of that is still under way, or lost. */
  | { readonly type: 'head'; readonly cursor: Cursor }
  /**
   * No events arrive until the next `live`. `error`: what waits for it waits in vain, because the connection gave up (auth,
   * attempts) and nobody dials until `connect()`, or because somebody else is signed in. A `down` without one ends that.
   */
  | { readonly type: 'down'; readonly error?: LiveError | undefined }

export interface ChannelListener {
  /** Where the listener stands; read at every (re)subscription and `resync()`. `undefined`: nothing to resume from. */
  cursor(): Cursor | undefined
  onSignal(signal: ChannelSignal): void
}

export interface Channel {
  /** Asks for everything after `listener.cursor()` on the standing subscription; answered by `events`, then `live`. */
  resync(): void
  /**
   * Idempotent. The subscription ends when its last channel closes. `idleMs`: for so long nobody has used it, which counts
   * towards how long the connection outlives it.
   */
  close(idleMs?: number): void
}

export interface PortRequestOptions {
  readonly endpoint?: string | undefined
  readonly signal?: AbortSignal | undefined
  readonly timeoutMs?: number | undefined
  /** Sent again after a reconnect if it was in flight. @default false */
  readonly idempotent?: boolean | undefined
  /** The server has read it and not answered, so far: a pong says so, which this asks for. May be called again. */
  readonly onRead?: (() => void) | undefined
  readonly guard?: Guard | undefined
  /**
   * Called before the promise resolves, where the reply says of which position it is: in its envelope, or in what the server
   * sent as its payload, whatever the schema makes of that.
   */
  readonly onPosition?: ((position: Cursor) => void) | undefined
}

/**
 * Asked right before the frame is written, each time: an error, and it never is. Frames with one wait until it is known
 * whose connection it is.
 */
export type Guard = () => LiveError | undefined

/** `volatile`: dropped when offline. `latest`: coalesced with a waiting frame of the same key. `reliable`: queued in order. */
export type Delivery = 'reliable' | 'volatile' | { readonly latest: string }

export interface PortSendOptions {
  readonly endpoint?: string | undefined
  /** @default 'reliable' */
  readonly delivery?: Delivery | undefined
  readonly guard?: Guard | undefined
}

/** Who is here, as ids as text; what is not known is absent. A token may name a user otherwise than the server does. */
export interface Identity {
  /** The claim `sub` or `user_id` of the token. */
  readonly token?: string
  /** The id of the user in `welcome`. */
  readonly user?: string
}

/** Every way in which somebody is known. */
export const IDENTITY_KINDS = ['token', 'user'] as const satisfies readonly (keyof Identity)[]

export interface IdentityPort {
  /** As far as it is known. */
  readonly who: Identity
  /** Grows with every change of user, and with everything that may turn out to be one. */
  readonly era: number
  /** False from new credentials on until a token or a greeting has told whose they are. */
  readonly isSure: boolean
  /** `isOther`: somebody else than before, or nobody; otherwise more is known of the same one, or it is in doubt. */
  subscribe(listener: (isOther: boolean) => void): () => void
}

/** Time as the query layer needs it; the manager's `Environment` satisfies it. */
export interface PortClock {
  /** Monotonic milliseconds. */
  now(): number
  /** Milliseconds since 1970. */
  wallNow(): number
  /** Globally unique. */
  createId(): string
  setTimer(callback: () => void, delayMs: number): () => void
  /** Calls back at the next animation frame, or after about 16 ms where none comes (hidden tab, no DOM). */
  requestFrame(callback: () => void): () => void
}

export interface LivePort {
  readonly clock: PortClock
  /** Absent where there is nobody to be told apart. */
  readonly identity?: IdentityPort
  /** Settles exactly once. Waits for the connection; rejects with a `LiveError`. Resolves with the reply's payload. */
  request(type: string, data: unknown, options?: PortRequestOptions): Promise<unknown>
  /**
   * A frame that expects no reply. Resolves when it was written to the socket; rejects with a `LiveError` when it
   * never can be. Frames of one endpoint keep their order, and follow the subscriptions opened before them.
   */
  send(type: string, data: unknown, options?: PortSendOptions): Promise<void>
  /**
   * How the server greets on the present connection, or on the next one: the fields of `welcome`, or nothing where it
   * does not. Rejects where the connection gives up; opens none by itself.
   */
  greeting?(endpoint?: string): Promise<Readonly<Record<string, unknown>> | undefined>
  /** Signals never arrive during the call itself. */
  open(spec: ChannelSpec, listener: ChannelListener): Channel
  /**
   * The server may have ended the subscription on its own, or would grant now what it refused: it is asked again, for
   * all who have this channel open, and dials where the connection gave up. Nothing happens where nobody has it open.
   * `onlyDown`: nor where it stands.
   */
  renew(spec: ChannelSpec, onlyDown?: boolean): void
  /** Somebody else is there for events of this type: the protocol declares it, or a subscriber takes them. */
  hears?(type: string): boolean
  /** Inspector entries of the query layer (gaps, resets, folds) join the transport's one log. `onError` hears of an `error` in one. */
  report(entry: { readonly type: string; readonly [field: string]: unknown }): void
  /** For an error that is made of what the server said: without the secrets that the transport knows of. */
  clean?<T>(error: T): T
}

/** The program is wrong, and there is no call to reject. */
export function reportMistake({ report }: Pick<LivePort, 'report'>, message: string): void {
  report({ type: 'error', error: new LiveError('misconfigured', message) })
}

/** Of which position an answer says that it is. */
export function positionOf(answer: unknown): Cursor | undefined {
  const { as_of, asOf, epoch } = Object(answer)
  const seq = as_of ?? asOf
  if (!Number.isSafeInteger(seq)) return undefined
  return { seq, epoch: typeof epoch === 'string' ? epoch : undefined }
}

/** Deeper than this nothing is read: whoever copies, compares, checks or prints a value calls himself for every level. */
const MAX_DEPTH = 200

export function isTooDeep(value: unknown, left = MAX_DEPTH): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (left === 0) return true
  // Runs for every frame: an array of its values would cost more than looking at them.
  for (const name in value) {
    if (isTooDeep((value as Readonly<Record<string, unknown>>)[name], left - 1)) return true
  }
  return false
}

/** How often something is done, whoever asks for it: a few times at once, then one by one. */
export interface Pace {
  /** When what was done is paid off, by the clock that does not jump. */
  paidAt: number
}

const BURST = 5

/** How many milliseconds it has to wait; 0: it is done now, and counts. */
export function waitOf(pace: Pace, clock: Pick<PortClock, 'now'>, restMs: number): number {
  const now = clock.now()
  pace.paidAt = Math.max(pace.paidAt, now)
  const waitMs = pace.paidAt - now - (BURST - 1) * restMs
  if (waitMs > 0) return waitMs
  pace.paidAt += restMs
  return 0
}
