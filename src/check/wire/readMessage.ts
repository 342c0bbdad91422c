/** A message of the socket, as frames. */
import { type Frame, isFrame } from '../frames.ts'

export interface ReadMessage {
  readonly frames: readonly Frame[]
  readonly isArray: boolean
  /** What was neither a frame nor an array of frames. */
  readonly unreadable: readonly unknown[]
}

const MAX_SHOWN = 500

export function readMessage(text: string): ReadMessage {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // Told as it is: whoever wrote the server recognises it.
    return { frames: [], isArray: false, unreadable: [text.slice(0, MAX_SHOWN)] }
  }
  const isArray = Array.isArray(value)
  const items: readonly unknown[] = isArray ? (value as unknown[]) : [value]
  return { frames: items.filter(isFrame), isArray, unreadable: items.filter((item) => !isFrame(item)) }
}
