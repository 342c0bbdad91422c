/** A banner while there is no connection: after a grace of five seconds, and gone as soon as there is one again. */
import { useChat, useConnectionIndicator } from '../../src/chat/index.ts'
import type { WebSocketStatus } from '../../src/index.ts'
import './ConnectionIndicator.css'

export function ConnectionIndicator() {
  const { showIndicator, status } = useConnectionIndicator()
  const { manager } = useChat()
  return (
    <div className="qw-connection" role="status" aria-label="Connection">
      {showIndicator && (
        <div className="qw-connection-banner" data-state={status.state}>
          {!status.isDisconnected && <span className="qw-spinner" aria-hidden="true" />}
          <span>{connectionText(status)}</span>
          {status.isDisconnected && (
            <button type="button" className="qw-button" onClick={() => manager.connect()}>
              Try again
            </button>
          )}
        </div>
      )}
    </div>
  )
}

/** Without the number of the attempt: a live region would read out every one of them. */
function connectionText({ isConnecting, isReconnecting, lastConnectedAt, error }: WebSocketStatus): string {
  if (isReconnecting && lastConnectedAt === null) return 'No connection yet. Trying again…'
  if (isReconnecting) return 'Connection lost. Reconnecting…'
  if (isConnecting) return 'Connecting…'
  return error?.reason ? `Not connected: ${error.reason}` : 'Not connected.'
}
