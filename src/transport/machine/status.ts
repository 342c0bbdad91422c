/** What is told of a connection, and several of them in one line. Pure. */
import { entryOf } from '../protocol.ts'

/** What the application sees. */
export type ConnectionState = 'IDLE' | 'CONNECTING' | 'CONNECTED' | 'RECONNECTING' | 'DISCONNECTED' | 'FAILED'

/** Why the connection is not what it should be, as `useWebSocketStatus().error` shows it. */
export interface ConnectionProblem {
  /** A close code; 1006 where there was no close frame. */
  readonly code: number
  readonly reason: string
}

export interface ConnectionStatus {
  readonly state: ConnectionState
  /** Why it is not connected; `null` while it is. */
  readonly error: ConnectionProblem | null
  /** Which retry is under way; 0 while connected. */
  readonly reconnectAttempts: number
  /** When it is tried again, in wall-clock milliseconds; `null` where nothing is waited for. */
  readonly nextAttemptAt: number | null
  /** Wall-clock milliseconds. */
  readonly lastConnectedAt: number | null
  readonly isAuthenticated: boolean
  readonly latencyMs: number | null
  /** Frames that wait to be sent. */
  readonly queued: number
}

/** By endpoint; what stands beside them speaks for all. */
export interface WebSocketState extends ConnectionStatus {
  readonly connections: Readonly<Record<string, ConnectionStatus>>
}

export const IDLE_STATUS: ConnectionStatus = {
  state: 'IDLE',
  error: null,
  reconnectAttempts: 0,
  nextAttemptAt: null,
  lastConnectedAt: null,
  isAuthenticated: false,
  latencyMs: null,
  queued: 0,
}

const BADNESS = {
  IDLE: 0,
  CONNECTED: 1,
  CONNECTING: 2,
  RECONNECTING: 3,
  DISCONNECTED: 4,
  FAILED: 5,
} as const satisfies Record<ConnectionState, number>

/** The default endpoint speaks for all while it is in use; otherwise the one in the worst state does. */
export function summarize(
  connections: Readonly<Record<string, ConnectionStatus>>,
  endpoint?: string,
): ConnectionStatus {
  const spokesman = endpoint !== undefined && entryOf(connections, endpoint)
  if (spokesman) return spokesman
  return Object.values(connections).reduce(
    (worst, status) => (BADNESS[status.state] > BADNESS[worst.state] ? status : worst),
    IDLE_STATUS,
  )
}
