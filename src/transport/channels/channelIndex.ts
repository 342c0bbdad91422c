/** Which subscriptions an event concerns: found by the ids that it carries, however many there are. Runs nothing. */
import { type DecodedEvent, fieldsOf, type Protocol, textOf } from '../protocol.ts'
import { isMatch, nameOf, placeIn } from './channelEvents.ts'
import type { ChannelRegistry, ChannelShape, Subscription } from './channelRegistry.ts'

/** An event that names a channel of one kind is not of another kind's. Its envelope says it, or else its payload. */
export function* concerned(
  { subscriptions, shapes }: ChannelRegistry,
  event: DecodedEvent,
  protocol: Protocol,
): Iterable<Subscription> {
  const payload = fieldsOf(event.payload)
  const kind = (placeIn(protocol, event.frame) ?? placeIn(protocol, payload))?.kind
  for (const shape of shapes.values()) {
    if (kind && shape.kind && kind !== shape.kind) continue
    const ids = shape.fields.map((field) => textOf(event.frame[field] ?? payload[field]))
    // What it does not carry may be any.
    if (ids.includes(undefined)) yield* matching(subscriptions, shape, event)
    else {
      const found = subscriptions.get(nameOf(shape.name, ids as string[]))
      if (found) yield found
    }
  }
}

function* matching(
  subscriptions: ChannelRegistry['subscriptions'],
  shape: ChannelShape,
  event: DecodedEvent,
): Iterable<Subscription> {
  for (const each of subscriptions.values()) if (each.shape === shape && isMatch(each.spec, event)) yield each
}
