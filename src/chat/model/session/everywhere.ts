/** What is heard over any connection: a chat may have one per room. Opens none. */
import type { WebSocketManager, WebSocketState } from '../../../transport/index.ts'

export function subscribeEverywhere<Payload>(
  manager: WebSocketManager,
  type: string,
  handler: (payload: Payload) => void,
): () => void {
  const stops = new Map<string, () => void>()
  function follow({ connections }: WebSocketState): void {
    for (const endpoint of Object.keys(connections)) {
      if (!stops.has(endpoint)) stops.set(endpoint, manager.subscribe(type, handler, { endpoint }))
    }
    for (const [endpoint, stop] of stops) {
      if (endpoint in connections) continue
      stop()
      stops.delete(endpoint)
    }
  }
  follow(manager.store.getState())
  const stopFollowing = manager.store.subscribe(follow)
  return () => {
    stopFollowing()
    for (const stop of stops.values()) stop()
  }
}
