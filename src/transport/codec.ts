/** How frames become socket messages and back. Nothing else sees raw messages. */
import type { SocketData } from './environment.ts'

export interface Codec {
  encode(value: unknown): SocketData
  /** One frame or an array of them. What it throws puts the message into quarantine. */
  decode(data: unknown): unknown
}

export const jsonCodec: Codec = {
  encode: (value) => JSON.stringify(value),
  decode: (data) =>
    JSON.parse(typeof data === 'string' ? data : new TextDecoder().decode(data as ArrayBuffer)),
}

/** Bytes on the wire, near enough for limits: counting UTF-8 exactly would cost an encoding per frame. */
export function byteLength(data: SocketData): number {
  return typeof data === 'string' ? data.length : data.byteLength
}
