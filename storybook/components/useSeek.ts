/** Shows a message that one asks for: scrolls to it where it is loaded, and marks it for a moment. Gives it the focus. */
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react'
import type { ChatMessage } from '../../src/chat/index.ts'
import type { Id, MessageRows } from './messageRows.ts'

const MARKED_MS = 2_500

interface Options {
  /** It is where the list opens. */
  readonly around?: Id | undefined
  /** What is not loaded is shown by somebody else. */
  readonly onJumpTo?: ((messageId: Id) => void) | undefined
}

interface List {
  readonly scrollRef: { readonly current: HTMLElement | null }
  readonly showRow: (index: number) => void
}

export function useSeek(rows: MessageRows<ChatMessage>, list: List, { around, onJumpTo }: Options) {
  const [sought, setSought] = useState<Id | undefined>(around)
  const toFocus = useRef<Id>(undefined)
  const shown = useRef({ rows, list, onJumpTo })
  useLayoutEffect(() => {
    shown.current = { rows, list, onJumpTo }
  })
  const key = sought === undefined ? undefined : rows.keyAt(rows.indexOf(sought))
  useEffect(() => {
    if (key === undefined) return
    const timer = setTimeout(() => setSought(undefined), MARKED_MS)
    return () => clearTimeout(timer)
  }, [key])
  useLayoutEffect(() => {
    if (toFocus.current === undefined) return
    const selector = `[data-message-id="${CSS.escape(String(toFocus.current))}"]`
    const article = shown.current.list.scrollRef.current?.querySelector<HTMLElement>(selector)
    // Scrolling renders again, until it is there.
    if (!article) return
    toFocus.current = undefined
    article.focus({ preventScroll: true })
  })
  const seek = useCallback((messageId: Id) => {
    const { rows, list, onJumpTo } = shown.current
    const index = rows.indexOf(messageId)
    if (index < 0) return onJumpTo?.(messageId)
    setSought(messageId)
    toFocus.current = messageId
    list.showRow(index)
  }, [])
  return { soughtKey: key, seek }
}
