/** Which events belong to a channel, and what it hears of them. Pure. */
import type { ChannelSpec, LiveEvent } from './port.ts'
import { type Frame, isRecord } from './protocol.ts'

/** A validated event and the frame it came in. */
export interface ChannelEvent {
  readonly frame: Frame
  readonly payload: unknown
}

/** A field that the event does not carry matches. Ids are compared as text. */
export function isMatch(spec: ChannelSpec, { frame, payload }: ChannelEvent): boolean {
  for (const field in spec.key) {
    const value = frame[field] ?? (isRecord(payload) ? payload[field] : undefined)
    if (value !== undefined && value !== null && String(value) !== String(spec.key[field])) return false
  }
  return true
}

/** Numbers that belong to one room mean nothing in a channel of all rooms. */
export function eventFor(spec: ChannelSpec, { frame, payload }: ChannelEvent, keyField: string): LiveEvent {
  const { type, seq, epoch } = frame
  const isForeign = spec.key[keyField] === undefined && frame[keyField] !== undefined
  if (isForeign || typeof seq !== 'number') return { type, payload }
  return typeof epoch === 'string' ? { type, payload, seq, epoch } : { type, payload, seq }
}

/** Under which name the channel takes part in `sync`, if it can. */
export function syncKeyOf(spec: ChannelSpec, keyField: string): string | undefined {
  const key = spec.key[keyField]
  return key === undefined ? undefined : String(key)
}

/** Two specs of the same endpoint with the same name share a subscription. */
export function nameOf(spec: ChannelSpec): string {
  const fields = Object.entries(spec.key).map(([field, value]) => [field, String(value)])
  return JSON.stringify([spec.subscribe, ...fields.sort()])
}
