/** How long to wait before the n-th reconnect. Pure; the randomness is handed in. */

export interface ReconnectOptions {
  /** Nominal delay before the first retry. @default 1000 */
  readonly intervalMs: number
  /** Factor from one delay to the next. @default 1.5 */
  readonly decay: number
  /** Retries in a row before the connection is `FAILED`. @default Infinity: it comes back whenever the server does */
  readonly maxAttempts: number
  /** Jitter included. @default 15_000, and 30_000 where any of these options is given */
  readonly maxIntervalMs: number
  /** 0: the exact schedule. 0.5: between half and twice the nominal delay. @default 0.5 */
  readonly jitter: number
}

/**
 * The jitter is even in the exponent, so the nominal delay is the median, until it meets the longest one. It ends there and
 * is not cut off there: clients that were all cut off would come back together.
 */
export function backoffMs(options: ReconnectOptions, retry: number, random: number): number {
  const nominal = Math.max(1, Math.min(options.maxIntervalMs, options.intervalMs * options.decay ** retry))
  const spread = 1 - Math.min(options.jitter, 0.9)
  const least = nominal * spread
  return least * (Math.min(options.maxIntervalMs, nominal / spread) / least) ** random
}
