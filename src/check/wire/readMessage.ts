/** A message of the socket, as frames. */
import { type Frame, isFrame } from '../frames.ts'

export interface ReadMessage {
  readonly frames: readonly Frame[]
  /** What was neither a frame nor an array of frames. */
  readonly unreadable: readonly unknown[]
}

const MAX_SHOWN = 500
/** The client takes no frame that is nested deeper; what goes through it here by recursion does not either. */
const MAX_DEPTH = 200

export function readMessage(text: string): ReadMessage {
  const value = parse(text)
  // Told as it is: whoever wrote the server recognises it.
  if (value === undefined || isTooDeep(value)) return { frames: [], unreadable: [text.slice(0, MAX_SHOWN)] }
  const items: readonly unknown[] = Array.isArray(value) ? (value as unknown[]) : [value]
  return { frames: items.filter(isFrame), unreadable: items.filter((item) => !isFrame(item)) }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Level by level, because a walk by recursion ends where the stack does. */
function isTooDeep(value: unknown): boolean {
  let level: object[] = [value].filter(isObject)
  for (let depth = 0; level.length > 0; depth++) {
    if (depth >= MAX_DEPTH) return true
    level = level.flatMap((each) => Object.values(each).filter(isObject))
  }
  return false
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
