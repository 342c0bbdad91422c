/** How much one client may ask of the server. What is over is refused or closed, and never anybody else's trouble. */
import { DEFAULT_LIMITS as KIT_LIMITS, type LiveServerLimits } from '../../server/options.ts'

export interface ServerLimits
  extends Pick<
    LiveServerLimits,
    'framesPerSecond' | 'burst' | 'bufferedBytes' | 'subscriptions' | 'connectionsPerUser'
  > {
  /** Bytes of one message (its characters, where a mount counts no bytes). More closes with 1009. @default 262144 */
  readonly messageBytes: number
}

const { framesPerSecond, burst, bufferedBytes, subscriptions, connectionsPerUser } = KIT_LIMITS

export const DEFAULT_LIMITS: ServerLimits = {
  messageBytes: KIT_LIMITS.messageLength,
  framesPerSecond,
  burst,
  bufferedBytes,
  subscriptions,
  connectionsPerUser,
}
