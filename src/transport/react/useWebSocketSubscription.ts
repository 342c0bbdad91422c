'use client'
import { useEffect, useInsertionEffect, useRef } from 'react'
import type { EventHandler, SubscribeOptions } from '../manager/managerTypes.ts'
import type { EventName, EventPayload, RegisteredProtocol } from '../protocol.ts'
import { useManager } from './WebSocketProvider.tsx'

type Rest = [deps?: readonly unknown[], options?: SubscribeOptions]

/**
 * Calls `handler` for every event of the type while mounted, and holds the connection it comes from. The newest handler is
 * called, so an inline one is fine: it may change with every render without subscribing again.
 *
 * `deps` changes nothing, and may be left out: no handler sees old values, so there is nothing that a change of one would
 * have to renew. It is taken for code that lists them as for `useEffect`. It subscribes anew when `type`, the endpoint or
 * the manager is another one, and only then.
 */
export function useWebSocketSubscription<T extends EventName<RegisteredProtocol>>(
  type: T,
  handler: EventHandler<EventPayload<RegisteredProtocol, T>>,
  ...rest: Rest
): void
export function useWebSocketSubscription<Payload = unknown>(
  type: string,
  handler: EventHandler<Payload>,
  ...rest: Rest
): void
export function useWebSocketSubscription(
  type: string,
  handler: EventHandler<never>,
  ...[, options]: Rest
): void {
  const endpoint = options?.endpoint
  const manager = useManager()
  const latest = useRef(handler)
  useInsertionEffect(() => {
    latest.current = handler
  })
  useEffect(() => {
    const source = endpoint ?? manager.endpoint
    const unsubscribe = manager.subscribe(
      type,
      (payload, frame) => latest.current(payload as never, frame),
      source === undefined ? {} : { endpoint: source },
    )
    // With no endpoint anywhere it listens to whatever others hold open.
    const release = source === undefined ? undefined : manager.acquire(source)
    return () => {
      unsubscribe()
      release?.()
    }
  }, [manager, type, endpoint])
}
