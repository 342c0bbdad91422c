/** Which message an element of the list belongs to. The same function from one rendering to the next. */
import { useCallback, useLayoutEffect, useRef } from 'react'
import type { ChatMessage } from '../../src/chat/index.ts'
import { type Id, isBy, type MessageRows } from './messageRows.ts'

export function useRowsByElement(rows: MessageRows<ChatMessage>, currentUserId: Id | undefined) {
  const shown = useRef({ rows, currentUserId })
  useLayoutEffect(() => {
    shown.current = { rows, currentUserId }
  }, [rows, currentUserId])
  return useCallback((element: Element) => {
    const { dataset } = element.closest<HTMLElement>('[data-index]') ?? {}
    const row = shown.current.rows.at(Number(dataset?.index ?? -1))
    return row && { message: row.message, isOwn: isBy(row.message, shown.current.currentUserId) }
  }, [])
}
