/** While one scrolls, which day one is in. Decoration: every day is written where it begins. */
import type { ChatMessage } from '../../src/chat/index.ts'
import type { MessageRow } from './messageRows.ts'
import { dayText } from './times.ts'

export function StickyDay({ row }: { readonly row: MessageRow<ChatMessage> | undefined }) {
  if (!row) return null
  return (
    <div className="qw-sticky-day" aria-hidden="true">
      <span>{dayText(row.message.timestamp)}</span>
    </div>
  )
}
