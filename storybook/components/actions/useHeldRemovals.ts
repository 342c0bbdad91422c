/**
 * Removing without a question: what is removed can be brought back for a while, and is gone when that is over, when one
 * leaves the room, or the page. Knows messages by their keys.
 */
import { useCallback, useEffect, useRef, useState } from 'react'
import { type ChatMessage, keyOf } from '../../../src/chat/index.ts'

const HOLD_MS = 5_000

interface Held {
  readonly message: ChatMessage
  readonly timer: ReturnType<typeof setTimeout>
}

/** `remove` stays the same from one rendering to the next. */
export function useHeldRemovals(remove: (message: ChatMessage) => void) {
  const held = useRef(new Map<string, Held>())
  const [heldKeys, setHeldKeys] = useState<ReadonlySet<string>>(new Set())

  const release = useCallback((key: string): ChatMessage | undefined => {
    const entry = held.current.get(key)
    clearTimeout(entry?.timer)
    held.current.delete(key)
    setHeldKeys(new Set(held.current.keys()))
    return entry?.message
  }, [])

  useEffect(() => {
    const entries = held.current
    const removeAll = () => {
      for (const key of [...entries.keys()]) {
        const message = release(key)
        if (message) remove(message)
      }
    }
    addEventListener('pagehide', removeAll)
    return () => {
      removeEventListener('pagehide', removeAll)
      removeAll()
    }
  }, [release, remove])

  const hold = useCallback(
    (message: ChatMessage) => {
      const key = keyOf(message)
      if (held.current.has(key)) return
      const timer = setTimeout(() => {
        release(key)
        remove(message)
      }, HOLD_MS)
      held.current.set(key, { message, timer })
      setHeldKeys(new Set(held.current.keys()))
    },
    [release, remove],
  )
  const restore = useCallback((message: ChatMessage) => void release(keyOf(message)), [release])
  return { heldKeys, hold, restore }
}
