/**
 * What can go wrong between server and client, decided by a seeded generator. Decides only: the outbox carries it out.
 */
import type { ErrorBody } from '../../../server/requestError.ts'

export interface Rejection {
  /** @default 'rate_limited' */
  readonly code?: string
  readonly message?: string
  readonly retryAfterMs?: number
  readonly retryable?: boolean
  /** How many frames of the type are refused. @default 1 */
  readonly times?: number
}

/** Knobs that a test or a story turns while the server runs. */
export interface FaultSettings {
  /** Delay of every frame to a client. Frames of one connection keep their order. @default 0 */
  latencyMs: number
  /** Probability, 0 to 1, that an event never arrives. It keeps its number, so the client can tell. @default 0 */
  drop: number
  /** Probability that an event arrives twice. @default 0 */
  duplicate: number
  /**
   * Probability that an event arrives after the one that follows it: the next numbered one, or the next of its type
   * where there are no numbers; 50 ms late if none follows. @default 0
   */
  reorder: number
  /** Whether replies are dropped, duplicated and reordered too. @default false */
  includeReplies: boolean
  /** Added to the server's clock. @default 0 */
  skewClockMs: number
}

type Fate = 'deliver' | 'drop' | 'duplicate' | 'hold'

export interface FaultPlan {
  readonly settings: FaultSettings
  fateOf(kind: 'event' | 'reply' | 'control'): Fate
  rejectNext(type: string, rejection?: Rejection): void
  /** The refusal that is due for a frame of this type, used up by asking. */
  takeRejection(type: string): ErrorBody | undefined
  /** Whether a frame of any type is to be refused. */
  rejectsAny(): boolean
  refuseNext(code: number, times: number): void
  refuseUntil(timeMs: number, code: number): void
  /** The close code for a connection that comes now, if it is to be refused. */
  takeRefusal(nowMs: number): number | undefined
}

export function createFaultPlan(random: () => number): FaultPlan {
  const settings: FaultSettings = {
    latencyMs: 0,
    drop: 0,
    duplicate: 0,
    reorder: 0,
    includeReplies: false,
    skewClockMs: 0,
  }
  const rejections = new Map<string, Rejection[]>()
  const refusals: number[] = []
  let outage = { untilMs: Number.NEGATIVE_INFINITY, code: 0 }
  // Nothing is drawn for a probability of zero, so turning one knob does not shift what another one hits.
  const hits = (probability: number) => probability > 0 && random() < probability
  return {
    settings,
    fateOf: (kind) => {
      if (kind === 'control' || (kind === 'reply' && !settings.includeReplies)) return 'deliver'
      if (hits(settings.drop)) return 'drop'
      if (hits(settings.duplicate)) return 'duplicate'
      return hits(settings.reorder) ? 'hold' : 'deliver'
    },
    rejectNext: (type, rejection = {}) => {
      const waiting = rejections.get(type) ?? []
      for (let time = 0; time < (rejection.times ?? 1); time++) waiting.push(rejection)
      rejections.set(type, waiting)
    },
    takeRejection: (type) => {
      const rejection = rejections.get(type)?.shift()
      return rejection && errorBodyOf(rejection)
    },
    rejectsAny: () => [...rejections.values()].some(({ length }) => length > 0),
    refuseNext: (code, times) => {
      for (let time = 0; time < times; time++) refusals.push(code)
    },
    refuseUntil: (untilMs, code) => {
      outage = { untilMs, code }
    },
    takeRefusal: (nowMs) => (nowMs < outage.untilMs ? outage.code : refusals.shift()),
  }
}

function errorBodyOf({ code = 'rate_limited', message, retryAfterMs, retryable }: Rejection): ErrorBody {
  return {
    code,
    message: message ?? `Refused with ${code}`,
    retryable: retryable ?? (code === 'rate_limited' || code === 'unavailable'),
    ...(retryAfterMs === undefined ? {} : { retry_after_ms: retryAfterMs }),
  }
}
