'use client'
import { useCallback, useEffect, useSyncExternalStore } from 'react'
import { useStore } from 'zustand'
import type { Id } from '../types.ts'
import { useChat } from './ChatProvider.tsx'

const listeners = new Set<() => void>()
// For browsers that refuse storage (private mode, quota): the draft then lives as long as the page.
const memory = new Map<string, string>()
/** What this page has typed while nobody was known; it is theirs who turns out to be here. */
const early = new Set<string>()

/** What one typed in a room and did not send; survives a change of room and a reload, and is nobody else's. */
export function useDraft(roomId: Id): readonly [draft: string, setDraft: (draft: string) => void] {
  const { store, context } = useChat()
  const userId = useStore(store, () => context.currentUser()?.id)
  const isKnown = userId !== undefined
  const nobodys = keyFor('', roomId)
  const key = isKnown ? keyFor(userId, roomId) : nobodys
  const draft = useSyncExternalStore(
    subscribe,
    () => read(key),
    () => '',
  )
  const setDraft = useCallback(
    (text: string) => {
      if (!isKnown) early.add(key)
      write(key, text)
    },
    [key, isKnown],
  )
  useEffect(() => {
    if (!isKnown || !early.delete(nobodys)) return
    const text = read(nobodys)
    write(nobodys, '')
    if (text !== '') write(key, text)
  }, [key, isKnown, nobodys])
  return [draft, setDraft]
}

/** Encoded, so that no two pairs of ids read the same. */
function keyFor(userId: Id, roomId: Id): string {
  return `querywire.draft/${encodeURIComponent(userId)}/${encodeURIComponent(roomId)}`
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  // What another tab has typed.
  globalThis.addEventListener?.('storage', listener)
  return () => {
    listeners.delete(listener)
    globalThis.removeEventListener?.('storage', listener)
  }
}

function read(key: string): string {
  try {
    return memory.get(key) ?? globalThis.localStorage.getItem(key) ?? ''
  } catch {
    return memory.get(key) ?? ''
  }
}

function write(key: string, text: string): void {
  try {
    if (text === '') globalThis.localStorage.removeItem(key)
    else globalThis.localStorage.setItem(key, text)
    memory.delete(key)
  } catch {
    memory.set(key, text)
  }
  for (const listener of listeners) listener()
}
