/** The manager of components that stand under no provider. */
import { LiveError } from '../errors.ts'
import { createWebSocketManager } from '../manager/createWebSocketManager.ts'
import type { WebSocketManager } from '../manager/managerTypes.ts'
import type { Protocol } from '../protocol.ts'

let current: WebSocketManager | undefined

/** Hooks without a `WebSocketProvider` use this manager. Call it once, before rendering. */
export function setDefaultManager<P extends Protocol>(manager: WebSocketManager<P> | undefined): void {
  current = manager as unknown as WebSocketManager | undefined
}

/** Where the environment names a server, no set-up is needed at all. @throws LiveError when there is none */
export function defaultManager(): WebSocketManager {
  current ??= managerFromEnv()
  return current
}

function managerFromEnv(): WebSocketManager {
  const manager = createWebSocketManager()
  if (manager.hasUrl) return manager
  throw new LiveError(
    'misconfigured',
    'No WebSocket manager: render <WebSocketProvider manager={…}> (or the chat’s <ChatProvider>) above, call setDefaultManager(…), or set NEXT_PUBLIC_WS_URL',
  )
}
