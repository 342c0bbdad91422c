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
  for (const shape of shapes) {
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
  const name = nameIn(fields, event.frame, payload)
  // What it does not carry may be any.
  if (name === undefined) return [...named.values()].flat().filter(({ spec }) => isMatch(spec, event))
  return named.get(name) ?? NONE
}

function nameIn(fields: readonly string[], frame: Fields, payload: Fields): string | undefined {
  const idOf = (field: string) => textOf(frame[field] ?? payload[field])
  // Most have one, and no list is made for it.
  if (fields.length === 1) return idOf(fields[0] as string)
  const ids = fields.map(idOf)
  return ids.includes(undefined) ? undefined : idsName(ids as string[])
}
