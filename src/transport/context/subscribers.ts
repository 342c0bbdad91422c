/** Who listens to which type of event, across all connections. */
import type { DecodedEvent, Frame } from '../protocol.ts'

interface Subscriber {
  readonly handler: (payload: unknown, frame: Frame) => void
  /** None: every connection. */
  readonly endpoint: string | null | undefined
}

export interface Subscribers {
  subscribe(type: string, subscriber: Subscriber): () => void
  /** Somebody listens to this type. */
  hears(type: string): boolean
  deliver(endpoint: string, events: readonly DecodedEvent[]): void
}

export function createSubscribers(onError: (endpoint: string, error: unknown) => void): Subscribers {
  const byType = new Map<string, Set<Subscriber>>()
  const tell = (all: ReadonlySet<Subscriber>, of: string, { frame, payload }: DecodedEvent) => {
    for (const { handler, endpoint } of all) {
      if ((endpoint ?? of) !== of) continue
      try {
        handler(payload, frame)
      } catch (error) {
        // One broken handler must not keep the event from the others.
        onError(of, error)
      }
    }
  }
  return {
    subscribe: (type, subscriber) => {
      const subscribers = byType.get(type) ?? new Set()
      byType.set(type, subscribers.add(subscriber))
      return () => {
        if (subscribers.delete(subscriber) && subscribers.size === 0) byType.delete(type)
      }
    },
    hears: (type) => byType.has(type),
    deliver: (endpoint, events) => {
      for (const event of events) {
        const subscribers = byType.get(event.frame.type)
        if (subscribers) tell(subscribers, endpoint, event)
      }
    },
  }
}
