/** Which subscriptions an event concerns: found by the ids that it carries, however many there are. Runs nothing. */
import { type DecodedEvent, fieldsOf, type Protocol, textOf } from '../protocol.ts'
import { idsName, isMatch, placeIn } from './channelEvents.ts'
import type { ChannelRegistry, ChannelShape, Subscription } from './channelRegistry.ts'

type Fields = Readonly<Record<string, unknown>>

const NONE: readonly Subscription[] = []

/** An event that names a channel of one kind is not of another kind's. Its envelope says it, or else its payload. */
export function concerned(
  { shapes }: ChannelRegistry,
  event: DecodedEvent,
  protocol: Protocol,
): readonly Subscription[] {
  const payload = fieldsOf(event.payload)
  const hasKinds = protocol.kinds.length > 1
  const kind = hasKinds ? (placeIn(protocol, event.frame) ?? placeIn(protocol, payload))?.kind : undefined
  let found = NONE
  for (const shape of shapes.values()) {
    if (kind && shape.kind && kind !== shape.kind) continue
    const own = ofShape(shape, event, payload)
    found = found.length === 0 ? own : found.concat(own)
  }
  return found
}

function ofShape(
  { fields, named }: ChannelShape,
  event: DecodedEvent,
  payload: Fields,
): readonly Subscription[] {
  const ids = fields.map((field) => textOf(event.frame[field] ?? payload[field]))
  // What it does not carry may be any.
  if (ids.includes(undefined)) return [...named.values()].flat().filter(({ spec }) => isMatch(spec, event))
  return named.get(idsName(ids as string[])) ?? NONE
}
