'use client'
import { useCallback, useEffect, useSyncExternalStore } from 'react'
import type { Id } from '../model/data/types.ts'
import { draftKey, readDraft, subscribeToDrafts, writeDraft } from '../model/session/drafts.ts'
import { useChatState } from './useChat.ts'

/** What this page has typed while nobody was known; it is theirs who turns out to be here. */
const early = new Set<string>()

/** What one typed in a room and did not send; survives a change of room and a reload, and is nobody else's. */
export function useDraft(roomId: Id): readonly [draft: string, setDraft: (draft: string) => void] {
  const userId = useChatState(({ currentUser }) => currentUser()?.id)
  const isKnown = userId !== undefined
  const nobodys = draftKey('', roomId)
  const key = isKnown ? draftKey(userId, roomId) : nobodys
  const draft = useSyncExternalStore(
    subscribeToDrafts,
    () => readDraft(key),
    () => '',
  )
  const setDraft = useCallback(
    (text: string) => {
      if (!isKnown) early.add(key)
      writeDraft(key, text)
    },
    [key, isKnown],
  )
  useEffect(() => {
    if (!isKnown || !early.delete(nobodys)) return
    const text = readDraft(nobodys)
    writeDraft(nobodys, '')
    if (text !== '') writeDraft(key, text)
  }, [key, isKnown, nobodys])
  return [draft, setDraft]
}
