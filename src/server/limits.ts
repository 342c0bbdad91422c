/** How much one client may ask of the server. What is over is refused or closed, and never anybody else's trouble. */

export interface LiveServerLimits {
  /** Characters of one message; with `attach`, its bytes. More closes with 1009. @default 262144 */
  readonly messageLength: number
  /**
   * What a connection may go on sending, in frames per second; each KiB counts as a frame more. What is over is refused as
   * `rate_limited`; who does not stop is closed with 4029. @default 200
   */
  readonly framesPerSecond: number
  /** What it may send at once, in frames, counted in the same way. @default 2000 */
  readonly burst: number
  /** Frames of one connection that wait for their answer. More are refused as `unavailable`. @default 1000 */
  readonly unanswered: number
  /** What may wait for a slow reader, in bytes. More closes with 1013. @default 4194304 */
  readonly bufferedBytes: number
  /** Channels that one connection may subscribe. @default 1000 */
  readonly subscriptions: number
  /** Events in the answer to one `sync`; channels that do not fit are told to take a snapshot. @default 10000 */
  readonly syncEvents: number
  /**
   * How long, in milliseconds, events of a channel may wait for one another where many come or many listen; they travel as one
   * array then. The first, and one that is alone, never waits. @default 100
   */
  readonly batchMs: number
  /** The newest one over is closed with 4029. @default 100 */
  readonly connectionsPerUser: number
  /**
   * How long, in milliseconds, a request, a rule of `channels` or `authenticate` may take. The answer is `unavailable` then, and
   * a token that cannot be checked closes with 1013. What it commits later counts all the same. @default 30000
   */
  readonly handlerMs: number
  /** How long a connection may stay without a token. @default 10000 */
  readonly signInMs: number
  /** A connection that says nothing for so long, no `ping` either, is closed. @default 150000 */
  readonly silenceMs: number
}

export const DEFAULT_LIMITS: LiveServerLimits = {
  messageLength: 262_144,
  framesPerSecond: 200,
  burst: 2_000,
  unanswered: 1_000,
  bufferedBytes: 4_194_304,
  subscriptions: 1_000,
  syncEvents: 10_000,
  batchMs: 100,
  connectionsPerUser: 100,
  handlerMs: 30_000,
  signInMs: 10_000,
  silenceMs: 150_000,
}
