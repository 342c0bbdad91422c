/** What is said of a connection that is not there. Knows no React. */
import { type ConnectionProblem, WebSocketCloseCode, type WebSocketStatus } from '../../../src/index.ts'

export interface Circumstances {
  /** What the other side has said of it. */
  readonly cause: string | undefined
  /** As far as the device knows. */
  readonly isOnline: boolean
}

const CAUSES: Readonly<Record<number, string>> = {
  [WebSocketCloseCode.UNAUTHORIZED]: 'You are signed out',
  [WebSocketCloseCode.INVALID_TOKEN]: 'You are signed out',
  [WebSocketCloseCode.FORBIDDEN]: 'You may not connect here',
  [WebSocketCloseCode.GOING_AWAY]: 'The server is being restarted',
  1012: 'The server is being restarted',
  1013: 'The server has too much to do',
  4029: 'This was too much at once for the server',
}

/** Where it is not the network. */
export const causeOf = (problem: ConnectionProblem | null): string | undefined => CAUSES[problem?.code ?? 0]

/** Without the number of the attempt, and without the time: a live region would read out every one of them. */
export function connectionText(status: WebSocketStatus, { cause, isOnline }: Circumstances): string {
  const { isConnecting, isReconnecting, isDisconnected, lastConnectedAt, error } = status
  if (isDisconnected) {
    // The reason is of whoever refused it, the application included: what to do may be in it.
    const why = [causeOf(error), error?.reason].filter(Boolean).join('. ')
    return why ? `Not connected: ${why}` : 'Not connected.'
  }
  if (isConnecting) return 'Connecting…'
  if (!isOnline) return 'You are offline. Reconnecting when that changes…'
  if (cause) return `${cause}. Reconnecting…`
  return isReconnecting && lastConnectedAt === null
    ? 'No connection yet. Trying again…'
    : 'Connection lost. Reconnecting…'
}
