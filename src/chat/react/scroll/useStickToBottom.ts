'use client'
import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react'
import type { ChatMessage } from '../../model/data/types.ts'
import { keyOf } from '../../model/messages/messages.ts'
import { type Keeper, keepPlace } from './keepPlace.ts'

interface Shown {
  readonly room: string | undefined
  readonly first: string | undefined
  readonly last: string | undefined
}

// Rendering on a server has no layout to wait for.
const useBeforePaint = typeof document === 'undefined' ? useEffect : useLayoutEffect

/**
 * Keeps a plain scrolling list where its reader wants it: at the end if that is where they are, and else exactly where
 * they are, whatever is put in front, grows, loads or goes.
 */
export function useStickToBottom(messages: readonly ChatMessage[]): {
  readonly endRef: RefObject<HTMLDivElement | null>
  /** What `endRef` holds, for effects: a list may appear later than its messages. */
  readonly end: HTMLElement | null
  readonly scrollToBottom: (behavior?: ScrollBehavior) => void
} {
  const endRef = useRef<HTMLDivElement | null>(null)
  const keeper = useRef<Keeper>(undefined)
  const shown = useRef<Shown>(undefined)
  const [end, setEnd] = useState<HTMLElement | null>(null)
  useBeforePaint(() => {
    // React 18 renders once more for a state that is set to what it is, and this runs after every render.
    if (endRef.current !== end) setEnd(endRef.current)
  })

  useBeforePaint(() => {
    const scroller = scrollerOf(end)
    if (!scroller) return
    const kept = keepPlace(scroller)
    keeper.current = kept
    return () => {
      kept.stop()
      // Another list, or the same one after it was hidden: where the reader was before says nothing of it.
      keeper.current = shown.current = undefined
    }
  }, [end])

  useBeforePaint(() => {
    if (!keeper.current) return
    const before = shown.current
    const now = shownBy(messages)
    shown.current = now
    const isOwn = messages.at(-1)?.local !== undefined && now.last !== before?.last
    if (now.room !== before?.room || isOwn) keeper.current.toEnd()
    keeper.current.adjust(now.first !== before?.first && now.last === before?.last)
  }, [messages, end])

  const scrollToBottom = useCallback((behavior?: ScrollBehavior) => keeper.current?.toEnd(behavior), [])

  return { endRef, end, scrollToBottom }
}

function shownBy(messages: readonly ChatMessage[]): Shown {
  const first = messages[0]
  const last = messages.at(-1)
  return { room: last && String(last.room_id), first: first && keyOf(first), last: last && keyOf(last) }
}

export function scrollerOf(element: HTMLElement | null): HTMLElement | null {
  for (let node = element?.parentElement ?? null; node; node = node.parentElement) {
    const { overflowY } = getComputedStyle(node)
    if (overflowY === 'auto' || overflowY === 'scroll') return node
  }
  return null
}
