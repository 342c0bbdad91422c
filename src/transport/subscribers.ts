/** Who listens to which type of event, across all connections. */
import type { ChannelEvent } from './channelEvents.ts'
import type { ManagerContext } from './context.ts'
import type { Frame } from './protocol.ts'

type Handler = (payload: unknown, frame: Frame) => void

interface Subscriber {
  readonly handler: Handler
  /** `undefined`: every connection. */
  readonly endpoint: string | undefined
}

export interface Subscribers {
  add(type: string, handler: Handler, endpoint: string | undefined): () => void
  receive(endpoint: string, events: readonly ChannelEvent[]): void
}

export function createSubscribers(context: ManagerContext): Subscribers {
  const byType = new Map<string, Set<Subscriber>>()
  return {
    add: (type, handler, endpoint) => {
      const subscriber: Subscriber = { handler, endpoint }
      const subscribers = byType.get(type) ?? new Set()
      byType.set(type, subscribers.add(subscriber))
      return () => {
        subscribers.delete(subscriber)
        if (subscribers.size === 0 && byType.get(type) === subscribers) byType.delete(type)
      }
    },
    receive: (endpoint, events) => {
      for (const { frame, payload } of events) {
        for (const subscriber of byType.get(frame.type) ?? []) {
          if (subscriber.endpoint !== undefined && subscriber.endpoint !== endpoint) continue
          try {
            subscriber.handler(payload, frame)
          } catch (error) {
            // One broken handler must not keep the event from the others.
            context.reportError(endpoint, error)
          }
        }
      }
    },
  }
}
