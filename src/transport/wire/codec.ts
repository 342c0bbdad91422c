/** How frames become socket messages and back. Nothing else sees raw messages. */
import type { SocketData } from '../environment.ts'

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
    if (!mayBeUnsafe(text)) return JSON.parse(text)
    try {
      return JSON.parse(text, keepInteger(onRounded))
    } catch (error) {
      // A reviver is called as deep as the value is nested; whoever is beside it is to have the digits all the same.
      if (error instanceof RangeError) return JSON.parse(text.replace(TOKEN, quoteUnsafe))
      throw error
    }
  },
}

const DIGITS = 16

/**
 * 2^53 has sixteen digits, and so many in a row cannot be missed by whoever looks at every sixteenth character. Anything
 * else is parsed without a reviver, which is several times as fast.
 */
function mayBeUnsafe(text: string): boolean {
  const isDigit = (at: number) => {
    const code = text.charCodeAt(at)
    return code >= 48 && code <= 57
  }
  for (let at = DIGITS - 1; at < text.length; at += DIGITS) {
    let count = 0
    for (let before = at; isDigit(before); before--) count++
    if (count > 0) for (let after = at + 1; isDigit(after); after++) count++
    if (count >= DIGITS) return true
  }
  return false
}

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
