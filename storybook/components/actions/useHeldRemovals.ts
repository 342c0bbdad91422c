/**
 * Removing without a question: what is removed can be brought back for a while, and is gone when that is over, or when one
 * leaves the room. What a page does not come to do is done by the next one, for its author only. Knows messages by their keys.
 */
import { type RefObject, useCallback, useEffect, useRef, useState } from 'react'
import { type Chat, type ChatMessage, keyOf, useChat } from '../../../src/chat/index.ts'
import { type Id, isSame } from '../messageRows.ts'
import { useCurrentUser } from '../useCurrentUser.ts'
import { type HeldRemoval, strikeOut, writeDown, writtenDown } from './heldRemovals.ts'

const HOLD_MS = 5_000
/** Another tab may hold it, and bring it back until the last moment. */
const OTHERS_MS = 1_000

type Remove = (removal: HeldRemoval) => void

interface Held {
  readonly removal: HeldRemoval
  readonly timer: ReturnType<typeof setTimeout>
}

/** `remove` stays the same from one rendering to the next. */
export function useHeldRemovals(roomId: Id, remove: Remove) {
  const held = useRef(new Map<string, Held>())
  const [heldKeys, setHeldKeys] = useState<ReadonlySet<string>>(new Set())
  const finish = useFinish(remove)

  const release = useCallback((key: string): HeldRemoval | undefined => {
    const entry = held.current.get(key)
    clearTimeout(entry?.timer)
    held.current.delete(key)
    setHeldKeys(new Set(held.current.keys()))
    return entry?.removal
  }, [])

  const hold = useCallback(
    (message: ChatMessage) => {
      const key = keyOf(message)
      if (held.current.has(key)) return
      const { sender, id: messageId } = message
      const removal = { authorId: sender.id, roomId, messageId, dueAt: Date.now() + HOLD_MS }
      const timer = setTimeout(() => {
        release(key)
        finish(removal)
      }, HOLD_MS)
      writeDown(removal)
      held.current.set(key, { removal, timer })
      setHeldKeys(new Set(held.current.keys()))
    },
    [roomId, release, finish],
  )
  const restore = useCallback(
    (message: ChatMessage) => {
      const removal = release(keyOf(message))
      if (removal) strikeOut(removal)
    },
    [release],
  )
  useLeftOver(roomId, finish)
  useEnding(held, { release, finish })
  usePageHide(held, remove)
  return { heldKeys, hold, restore }
}

const isHere = (chat: Chat, { authorId }: HeldRemoval): boolean => {
  const user = chat.currentUser()
  return user !== undefined && isSame(user.id, authorId)
}

/** Once, and by its author: with anybody else here it stays written down. */
function useFinish(remove: Remove): Remove {
  const chat = useChat()
  return useCallback(
    (removal) => {
      if (isHere(chat, removal) && strikeOut(removal)) remove(removal)
    },
    [chat, remove],
  )
}

/** What was written down before one came here. */
function useLeftOver(roomId: Id, finish: Remove): void {
  const authorId = useCurrentUser()?.id
  useEffect(() => {
    if (authorId === undefined) return
    const timers = writtenDown(authorId, roomId).map((removal) => {
      const leftMs = Math.min(removal.dueAt - Date.now(), HOLD_MS)
      return setTimeout(finish, leftMs + OTHERS_MS, removal)
    })
    return () => {
      for (const timer of timers) clearTimeout(timer)
    }
  }, [authorId, roomId, finish])
}

interface Ending {
  readonly release: (key: string) => HeldRemoval | undefined
  readonly finish: Remove
}

/** Out of the room; or somebody else is here now, and has nothing to bring back. */
function useEnding(held: RefObject<Map<string, Held>>, { release, finish }: Ending): void {
  const authorId = useCurrentUser()?.id
  // biome-ignore lint/correctness/useExhaustiveDependencies: another author is the reason
  useEffect(() => {
    const entries = held.current
    return () => {
      for (const key of [...entries.keys()]) {
        const removal = release(key)
        if (removal) finish(removal)
      }
    }
  }, [held, authorId, release, finish])
}

/** Whether anything still leaves a page that goes away nobody knows: what it asks for stays written down. */
function usePageHide(held: RefObject<Map<string, Held>>, remove: Remove): void {
  const chat = useChat()
  useEffect(() => {
    const removeAll = () => {
      for (const { removal } of held.current.values()) if (isHere(chat, removal)) remove(removal)
    }
    addEventListener('pagehide', removeAll)
    return () => removeEventListener('pagehide', removeAll)
  }, [held, chat, remove])
}
