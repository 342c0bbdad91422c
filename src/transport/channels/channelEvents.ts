/** Which events belong to a channel, and what it hears of them. Pure. */
import type { ChannelSpec, Cursor, LiveEvent } from '../port.ts'
import { type ChannelFrames, type DecodedEvent, fieldsOf, type Protocol, textOf } from '../protocol.ts'

/** A channel as frames name it. */
export interface Place {
  readonly kind: ChannelFrames
  readonly id: string
}

/** Of the first kind that is named. */
export function placeIn({ kinds }: Protocol, fields: Readonly<Record<string, unknown>>): Place | undefined {
  for (const kind of kinds) {
    const id = textOf(fields[kind.key])
    if (id !== undefined) return { kind, id }
  }
  return undefined
}

/** Two kinds may use one id. */
export const placeName = (place: Place | undefined): string | undefined =>
  place && `${place.kind.key}/${place.id}`

/** A field that the event does not carry matches. Ids are compared as text. */
export function isMatch({ key }: ChannelSpec, { frame, payload }: DecodedEvent): boolean {
  for (const field in key) {
    const id = key[field]
    if (textOf(frame[field] ?? fieldsOf(payload)[field] ?? id) !== String(id)) return false
  }
  return true
}

/** Numbers that belong to one room mean nothing in a channel of all rooms. */
export function eventFor(
  place: Place | undefined,
  { frame, payload }: DecodedEvent,
  protocol: Protocol,
): LiveEvent {
  const { type } = frame
  const cursor = !place && placeIn(protocol, frame) ? undefined : toCursor(frame)
  // A copy of fields costs more than all the rest of it.
  if (!cursor) return { type, payload }
  const { seq, epoch } = cursor
  return epoch === undefined ? { type, payload, seq } : { type, payload, seq, epoch }
}

/** A number that cannot be counted on from (`1e999`, 2^53, a fraction) is none: the event counts as unnumbered. */
export function toCursor(value: unknown): Cursor | undefined {
  const { seq, epoch } = fieldsOf(value)
  if (typeof seq !== 'number' || !Number.isSafeInteger(seq) || seq < 0) return undefined
  return typeof epoch === 'string' ? { seq, epoch } : { seq }
}

/** Two specs of the same endpoint with the same name share a subscription. */
export function channelName(spec: ChannelSpec): string {
  return shapeName(spec) + idsNameOf(spec)
}

/** Of all that are named by the same fields. */
export function shapeName(spec: ChannelSpec): string {
  return JSON.stringify([spec.subscribe, fieldsIn(spec)])
}

export const fieldsIn = ({ key }: ChannelSpec): string[] => Object.keys(key).sort()

/** By which ids, among those of its shape. */
export const idsNameOf = (spec: ChannelSpec): string =>
  idsName(fieldsIn(spec).map((field) => String(spec.key[field])))

export function idsName(ids: readonly string[]): string {
  const [only = ''] = ids
  return ids.length > 1 ? JSON.stringify(ids) : only
}
