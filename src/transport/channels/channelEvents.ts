/** Which events belong to a channel, and what it hears of them. Pure. */
import type { ChannelSpec, Cursor, LiveEvent } from '../port.ts'
import { type DecodedEvent, fieldsOf, textOf } from '../protocol.ts'

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
  { key }: ChannelSpec,
  { frame, payload }: DecodedEvent,
  keyField: string,
): LiveEvent {
  const isForeign = key[keyField] === undefined && frame[keyField] !== undefined
  return { type: frame.type, payload, ...(isForeign ? undefined : toCursor(frame)) }
}

/** A number that cannot be counted on from (`1e999`, 2^53, a fraction) is none: the event counts as unnumbered. */
export function toCursor(value: unknown): Cursor | undefined {
  const { seq, epoch } = fieldsOf(value)
  if (typeof seq !== 'number' || !Number.isSafeInteger(seq) || seq < 0) return undefined
  return typeof epoch === 'string' ? { seq, epoch } : { seq }
}

/** Two specs of the same endpoint with the same name share a subscription. */
export function channelName({ subscribe, key }: ChannelSpec): string {
  const fields = Object.entries(key).map(([field, id]) => [field, String(id)])
  return JSON.stringify([subscribe, fields.sort()])
}
