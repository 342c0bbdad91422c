'use client'
import { useCallback, useSyncExternalStore } from 'react'
import type { Id } from '../types.ts'

const listeners = new Set<() => void>()
// For browsers that refuse storage (private mode, quota): the draft then lives as long as the page.
const memory = new Map<string, string>()

/** What was typed in a room and not sent; survives a change of room and a reload. */
export function useDraft(roomId: Id): readonly [draft: string, setDraft: (draft: string) => void] {
  const key = `querywire.draft.${roomId}`
  const draft = useSyncExternalStore(
    subscribe,
    () => read(key),
    () => '',
  )
  const setDraft = useCallback((text: string) => write(key, text), [key])
  return [draft, setDraft]
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

function read(key: string): string {
  try {
    return globalThis.localStorage.getItem(key) ?? memory.get(key) ?? ''
  } catch {
    return memory.get(key) ?? ''
  }
}

function write(key: string, text: string): void {
  memory.set(key, text)
  try {
    if (text === '') globalThis.localStorage.removeItem(key)
    else globalThis.localStorage.setItem(key, text)
  } catch {
    // Kept in memory, see above.
  }
  for (const listener of listeners) listener()
}
