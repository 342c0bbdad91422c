/** Where drafts are: in the browser's storage, by user and room, or in memory where it refuses. Knows no React. */
import type { Id } from '../data/types.ts'

const listeners = new Set<() => void>()
// For browsers that refuse storage (private mode, quota): the draft then lives as long as the page.
const memory = new Map<string, string>()

/** Encoded, so that no two pairs of ids read the same. */
export function draftKey(userId: Id, roomId: Id): string {
  return `${prefixOf(userId)}${encoded(roomId)}`
}

const prefixOf = (userId: Id) => `querywire.draft/${encoded(userId)}/`

/** Half of a character has no encoding; `%u` is in no other. */
function encoded(id: Id): string {
  const halves = (half: string) => `%u${half.charCodeAt(0).toString(16)}`
  return String(id)
    .split(/(\p{Cs})/u)
    .map((part) => (isWellFormed(part) ? encodeURIComponent(part) : halves(part)))
    .join('')
}

export const isWellFormed = (text: string): boolean => !/\p{Cs}/u.test(text)

export function subscribeToDrafts(listener: () => void): () => void {
  listeners.add(listener)
  // What another tab has typed.
  globalThis.addEventListener?.('storage', listener)
  return () => {
    listeners.delete(listener)
    globalThis.removeEventListener?.('storage', listener)
  }
}

export function readDraft(key: string): string {
  try {
    return memory.get(key) ?? globalThis.localStorage.getItem(key) ?? ''
  } catch {
    return memory.get(key) ?? ''
  }
}

export function writeDraft(key: string, text: string): void {
  try {
    if (text === '') globalThis.localStorage.removeItem(key)
    else globalThis.localStorage.setItem(key, text)
    memory.delete(key)
  } catch {
    memory.set(key, text)
  }
  for (const listener of listeners) listener()
}

export function forgetDrafts(userId: Id): void {
  const isOwn = (key: string) => key.startsWith(prefixOf(userId))
  for (const key of [...memory.keys(), ...storedKeys()].filter(isOwn)) {
    memory.delete(key)
    writeDraft(key, '')
  }
}

function storedKeys(): string[] {
  try {
    return Object.keys(globalThis.localStorage)
  } catch {
    // No storage, nothing stored.
    return []
  }
}
