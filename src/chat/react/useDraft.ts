'use client'
import { useCallback, useSyncExternalStore } from 'react'
import { useStore } from 'zustand'
import type { Id } from '../types.ts'
import { useChat } from './ChatProvider.tsx'

const listeners = new Set<() => void>()
// For browsers that refuse storage (private mode, quota): the draft then lives as long as the page.
const memory = new Map<string, string>()

/** What one typed in a room and did not send; survives a change of room and a reload, and is nobody else's. */
export function useDraft(roomId: Id): readonly [draft: string, setDraft: (draft: string) => void] {
  const { store, context } = useChat()
  const userId = useStore(store, () => context.currentUser()?.id ?? '')
  const key = `querywire.draft.${userId}.${roomId}`
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
