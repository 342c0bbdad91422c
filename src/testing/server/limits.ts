/** How much one client may ask of the server. What is over is refused or closed, and never anybody else's trouble. */

export interface ServerLimits {
  /** Bytes of one message (its characters, where a mount counts no bytes). More closes with 1009. @default 262144 */
  readonly messageBytes: number
  /**
   * What a connection may go on sending, in frames per second; each KiB counts as a frame more. What is over is refused as
   * `rate_limited`; who does not stop is closed with 4029. @default 200
   */
  readonly framesPerSecond: number
  /** What it may send at once, in frames, counted in the same way. @default 2000 */
  readonly burst: number
  /** What may wait for a slow reader, where the mount can tell. More closes with 1013. @default 4194304 */
  readonly bufferedBytes: number
  /** Rooms that one connection may subscribe. @default 1000 */
  readonly subscriptions: number
  /** The newest one over is closed with 4029. @default 100 */
  readonly connectionsPerUser: number
}

export const DEFAULT_LIMITS: ServerLimits = {
  messageBytes: 262_144,
  framesPerSecond: 200,
  burst: 2000,
  bufferedBytes: 4_194_304,
  subscriptions: 1000,
  connectionsPerUser: 100,
}
