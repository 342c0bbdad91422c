import { useChat, useConnectionIndicator } from 'querywire/chat'

/** After five seconds without a connection; gone as soon as there is one again. */
export function Connection() {
  const { showIndicator, status } = useConnectionIndicator()
  const { manager } = useChat()

  return (
    <div role="status">
      {showIndicator && (status.isReconnecting ? 'Connection lost. Reconnecting…' : 'Not connected.')}
      {showIndicator && status.isDisconnected && (
        <button type="button" onClick={() => manager.connect()}>
          Try again
        </button>
      )}
    </div>
  )
}
