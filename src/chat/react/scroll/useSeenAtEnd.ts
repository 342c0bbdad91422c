'use client'
import { useEffect, useRef } from 'react'
import type { ChatMessage } from '../../model/data/types.ts'
import { useVisit } from '../visit/useVisit.ts'
import { isNearEnd } from './keepPlace.ts'
import { scrollerOf } from './useStickToBottom.ts'

/**
 * Whether the newest message is on screen in a window that somebody looks at. Calls back when it is: once, so that a
 * message that was marked as unread since is not read again by the next scroll event.
 */
export function useSeenAtEnd(
  end: HTMLElement | null,
  messages: readonly ChatMessage[],
  onSeen: (() => void) | undefined,
): boolean {
  const seen = useRef<string>(undefined)
  const last = messages.findLast(({ local }) => !local)
  const newest = last && `${last.room_id} ${last.id}`
  const [isSeen = false, setIsSeen] = useVisit<boolean>(String(last?.room_id))
  // A state that is set to what it is renders once more all the same.
  const known = useRef(isSeen)
  useEffect(() => {
    known.current = isSeen
  })
  useEffect(() => {
    const tell = (now: boolean) => {
      if (now !== known.current) setIsSeen(now || undefined)
    }
    const scroller = scrollerOf(end)
    if (!scroller || !onSeen || newest === undefined) return tell(false)
    const page = scroller.ownerDocument
    const check = () => {
      const isSeenNow = isNearEnd(scroller) && page.hasFocus()
      tell(isSeenNow)
      if (!isSeenNow || seen.current === newest) return
      seen.current = newest
      onSeen()
    }
    check()
    const view = page.defaultView
    scroller.addEventListener('scroll', check, { passive: true })
    view?.addEventListener('focus', check)
    view?.addEventListener('blur', check)
    return () => {
      scroller.removeEventListener('scroll', check)
      view?.removeEventListener('focus', check)
      view?.removeEventListener('blur', check)
    }
  }, [end, newest, onSeen, setIsSeen])
  return isSeen
}
