/** Which events belong to a channel, and what it hears of them. Pure. */
import type { ChannelSpec, LiveEvent } from './port.ts'
import { type Frame, isRecord } from './protocol.ts'

/** A validated event and the frame it came in. */
export interface ChannelEvent {
  readonly frame: Frame
  readonly payload: unknown
}

/** A field that the event does not carry matches. Ids are compared as text. */
export function isMatch({ key }: ChannelSpec, { frame, payload }: ChannelEvent): boolean {
  return Object.keys(key).every((field) => {
    const value = frame[field] ?? (isRecord(payload) ? payload[field] : undefined) ?? key[field]
    return String(value) === String(key[field])
  })
}

/** Numbers that belong to one room mean nothing in a channel of all rooms. */
export function eventFor(
  { key }: ChannelSpec,
  { frame, payload }: ChannelEvent,
  keyField: string,
): LiveEvent {
  const { type, seq, epoch } = frame
  const isForeign = key[keyField] === undefined && frame[keyField] !== undefined
  if (isForeign || typeof seq !== 'number') return { type, payload }
  return typeof epoch === 'string' ? { type, payload, seq, epoch } : { type, payload, seq }
}

/** Two specs of the same endpoint with the same name share a subscription. */
export function nameOf({ subscribe, key }: ChannelSpec): string {
  return JSON.stringify([
    subscribe,
    ...Object.keys(key)
      .sort()
      .map((field) => [field, String(key[field])]),
  ])
}
