/** Servers send what they tell of bare, or in a field that is named after it. Pure. */
import type { ChatMessage, ChatRoom } from './types.ts'

interface Told {
  readonly room: ChatRoom
  readonly message: ChatMessage
}

/** `undefined` where it is neither. */
export function toldIn<Name extends keyof Told>(data: unknown, name: Name): Told[Name] | undefined {
  const inner = ((data ?? {}) as Partial<Told>)[name]
  const candidate = typeof inner === 'object' && inner !== null ? inner : data
  return typeof candidate === 'object' && candidate !== null && 'id' in candidate
    ? (candidate as Told[Name])
    : undefined
}
