'use client'
import { type RefObject, useEffect } from 'react'
import type { ChatMessage } from '../types.ts'
import { isNearEnd, scrollerOf } from './useStickToBottom.ts'

/** Calls back when the newest message is on screen in a window that somebody looks at; as often as that may have changed. */
export function useSeenAtEnd(
  endRef: RefObject<HTMLElement | null>,
  messages: readonly ChatMessage[],
  onSeen: (() => void) | undefined,
): void {
  useEffect(() => {
    const scroller = scrollerOf(endRef.current)
    if (!scroller || !onSeen || messages.length === 0) return
    const page = scroller.ownerDocument
    const check = () => {
      if (isNearEnd(scroller) && page.hasFocus()) onSeen()
    }
    check()
    scroller.addEventListener('scroll', check, { passive: true })
    page.defaultView?.addEventListener('focus', check)
    return () => {
      scroller.removeEventListener('scroll', check)
      page.defaultView?.removeEventListener('focus', check)
    }
  }, [endRef, messages, onSeen])
}
