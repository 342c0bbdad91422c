'use client'
import { useEffect, useRef } from 'react'
import type { ChatMessage } from '../types.ts'
import { isNearEnd, scrollerOf } from './useStickToBottom.ts'

/**
 * Calls back when the newest message is on screen in a window that somebody looks at: once, so that a message that was
 * marked as unread since is not read again by the next scroll event.
 */
export function useSeenAtEnd(
  end: HTMLElement | null,
  messages: readonly ChatMessage[],
  onSeen: (() => void) | undefined,
): void {
  const seen = useRef<string>(undefined)
  const last = messages.findLast(({ local }) => !local)
  const newest = last && `${last.room_id} ${last.id}`
  useEffect(() => {
    const scroller = scrollerOf(end)
    if (!scroller || !onSeen || newest === undefined) return
    const page = scroller.ownerDocument
    const check = () => {
      if (seen.current === newest || !isNearEnd(scroller) || !page.hasFocus()) return
      seen.current = newest
      onSeen()
    }
    check()
    scroller.addEventListener('scroll', check, { passive: true })
    page.defaultView?.addEventListener('focus', check)
    return () => {
      scroller.removeEventListener('scroll', check)
      page.defaultView?.removeEventListener('focus', check)
    }
  }, [end, newest, onSeen])
}
