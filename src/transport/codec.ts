/** How frames become socket messages and back. Nothing else sees raw messages. */
import type { SocketData } from './environment.ts'

export interface Codec {
  encode(value: unknown): SocketData
  /**
   * One frame or an array of them. What it throws puts the message into quarantine. `onRounded` is to be called where an
   * integer could not be kept.
   */
  decode(data: unknown, onRounded?: () => void): unknown
}

export const jsonCodec: Codec = {
  encode: (value) => JSON.stringify(value),
  decode: (data, onRounded) => {
    const text = typeof data === 'string' ? data : new TextDecoder().decode(data as ArrayBuffer)
    if (!MAY_BE_UNSAFE.test(text)) return JSON.parse(text)
    try {
      return JSON.parse(text, keepInteger(onRounded))
    } catch (error) {
      // A reviver is called as deep as the value is nested; whoever is beside it is to have the digits all the same.
      if (error instanceof RangeError) return JSON.parse(text.replace(TOKEN, quoteUnsafe))
      throw error
    }
  },
}

/** 2^53 has sixteen digits. Anything else is parsed without a reviver, which is several times as fast. */
const MAY_BE_UNSAFE = /\d{16}/

/** Ids of 64 bits: neighbours would be one and the same number, so such an integer becomes its text. */
const keepInteger = (onRounded?: () => void) => (_key: string, value: unknown, at?: { source?: string }) => {
  if (!Number.isInteger(value) || Number.isSafeInteger(value)) return value
  const { source } = at ?? {}
  if (source === undefined) onRounded?.()
  return source && /^-?\d+$/.test(source) ? source : value
}

/** A text or a number, of which nothing is said before it is parsed. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g

const quoteUnsafe = (token: string) =>
  /^-?\d{16,}$/.test(token) && !Number.isSafeInteger(Number(token)) ? `"${token}"` : token

/** Bytes on the wire, near enough for limits: counting UTF-8 exactly would cost an encoding per frame. */
export function measure(codec: Codec, frame: unknown): number {
  try {
    const data = codec.encode(frame)
    return typeof data === 'string' ? data.length : data.byteLength
  } catch {
    // It fails again, and is reported, when it is written.
    return 1
  }
}
