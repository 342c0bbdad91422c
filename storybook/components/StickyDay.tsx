/** While one scrolls, and a moment longer, which day one is in. Decoration: every day is written where it begins. */
import type { ChatMessage } from '../../src/chat/index.ts'
import type { MessageRow } from './messageRows.ts'
import { dayText } from './times.ts'
import { useToday } from './useToday.ts'

export interface StickyDayProps {
  readonly row: MessageRow<ChatMessage> | undefined
  readonly isShown: boolean
}

export function StickyDay({ row, isShown }: StickyDayProps) {
  const today = useToday()
  const day = row && dayText(row.message.timestamp, today)
  if (!day) return null
  return (
    <div className="qw-sticky-day" aria-hidden="true" data-shown={isShown || undefined}>
      <span>{day}</span>
    </div>
  )
}
