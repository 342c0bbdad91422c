/**
 * A banner while there is no connection: after a grace of five seconds, and gone as soon as there is one again. It says why,
 * when that is known, how much waits to be sent, and when the next attempt is; one may try now.
 */
import { useChat, useConnectionIndicator } from '../../src/chat/index.ts'
import type { WebSocketManager, WebSocketStatus } from '../../src/index.ts'
import './ConnectionIndicator.css'
import { causeOf, connectionText } from './connection/connectionText.ts'
import { NextAttempt } from './connection/NextAttempt.tsx'
import { TryNow } from './connection/TryNow.tsx'
import { useLastKnown } from './connection/useLastKnown.ts'
import { useOnline } from './connection/useOnline.ts'
import { useUnsentCount } from './connection/useUnsentCount.ts'

export function ConnectionIndicator() {
  const { showIndicator, status } = useConnectionIndicator()
  // Attempts that get nowhere say less than the server did when it went.
  const cause = useLastKnown(causeOf(status.error), status.isConnected)
  const isOnline = useOnline()
  return (
    <div className="qw-connection" data-state={showIndicator ? status.state : undefined}>
      {/* Always there, empty: a live region must exist before it has something to say. */}
      <div className="qw-connection-text" role="status" aria-label="Connection">
        {showIndicator && <Said text={connectionText(status, { cause, isOnline })} />}
      </div>
      {showIndicator && <Ways status={status} />}
    </div>
  )
}

function Said({ text }: { readonly text: string }) {
  const count = useUnsentCount()
  return (
    <>
      <span>{text}</span>
      {count > 0 && <span>{count === 1 ? '1 message waits' : `${count} messages wait`}</span>}
    </>
  )
}

/** Outside of what is read out by itself: a second is no news. */
function Ways({ status }: { readonly status: WebSocketStatus }) {
  const { manager } = useChat()
  const { isDisconnected, nextAttemptAt } = status
  return (
    <>
      {!isDisconnected && <NextAttempt at={nextAttemptAt} />}
      <TryNow
        label={isDisconnected ? 'Try again' : 'Try now'}
        isTrying={!isDisconnected && nextAttemptAt === null}
        onTry={() => connectAll(manager)}
      />
    </>
  )
}

/** Those that are not there; none longer than whoever uses it wants it. */
function connectAll({ store, connect }: WebSocketManager): void {
  for (const [endpoint, { state }] of Object.entries(store.getState().connections))
    if (state !== 'CONNECTED') connect(endpoint, { hold: false })
}
