'use client'
import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react'
import { keyOf } from '../messages.ts'
import type { ChatMessage } from '../types.ts'

/** Within this distance of the end the reader counts as being there. Pixels. */
const NEAR_END_PX = 80

interface Shown {
  readonly end: HTMLElement | null
  readonly room: string | undefined
  readonly first: string | undefined
  readonly last: string | undefined
  readonly scrollHeight: number
}

const NOTHING: Shown = { end: null, room: undefined, first: undefined, last: undefined, scrollHeight: 0 }

// Rendering on a server has no layout to wait for.
const useBeforePaint = typeof document === 'undefined' ? useEffect : useLayoutEffect

/**
 * Keeps a plain scrolling list where its reader wants it: at the end if that is where they are, and else exactly where
 * they are when older messages are put in front.
 */
export function useStickToBottom(messages: readonly ChatMessage[]): {
  readonly endRef: RefObject<HTMLDivElement | null>
  /** What `endRef` holds, for effects: a list may appear later than its messages. */
  readonly end: HTMLElement | null
  readonly scrollToBottom: (behavior?: ScrollBehavior) => void
} {
  const endRef = useRef<HTMLDivElement | null>(null)
  const isAtEnd = useRef(true)
  const shown = useRef<Shown>(NOTHING)
  const [end, setEnd] = useState<HTMLElement | null>(null)
  useBeforePaint(() => setEnd(endRef.current))

  useEffect(() => {
    const scroller = scrollerOf(end)
    if (!scroller) return
    const onScroll = () => {
      isAtEnd.current = isNearEnd(scroller)
    }
    scroller.addEventListener('scroll', onScroll, { passive: true })
    return () => scroller.removeEventListener('scroll', onScroll)
  }, [end])

  useBeforePaint(() => {
    const scroller = scrollerOf(end)
    if (!scroller) return
    const before = shown.current
    const first = messages[0]
    const last = messages.at(-1)
    const now: Shown = {
      end,
      room: last && String(last.room_id),
      first: first && keyOf(first),
      last: last && keyOf(last),
      scrollHeight: scroller.scrollHeight,
    }
    shown.current = now
    // Another list, or another room in it: where the reader was before says nothing of this one.
    if (now.end !== before.end || now.room !== before.room) isAtEnd.current = true
    const isOwn = last?.local !== undefined && now.last !== before.last
    if (isAtEnd.current || isOwn) scroller.scrollTop = scroller.scrollHeight
    // Browsers that anchor by themselves do not do it at the very top, which is where history is loaded.
    else if (now.first !== before.first && now.last === before.last && scroller.scrollTop < 1) {
      scroller.scrollTop += now.scrollHeight - before.scrollHeight
    }
  }, [messages, end])

  const scrollToBottom = useCallback((behavior: ScrollBehavior = 'auto') => {
    isAtEnd.current = true
    const scroller = scrollerOf(endRef.current)
    scroller?.scrollTo({ top: scroller.scrollHeight, behavior })
  }, [])

  return { endRef, end, scrollToBottom }
}

export function isNearEnd({ scrollHeight, scrollTop, clientHeight }: HTMLElement): boolean {
  return scrollHeight - scrollTop - clientHeight <= NEAR_END_PX
}

export function scrollerOf(element: HTMLElement | null): HTMLElement | null {
  for (let node = element?.parentElement ?? null; node; node = node.parentElement) {
    const { overflowY } = getComputedStyle(node)
    if (overflowY === 'auto' || overflowY === 'scroll') return node
  }
  return null
}
