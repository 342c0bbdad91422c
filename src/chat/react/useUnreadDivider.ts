'use client'
import { useCallback, useMemo, useState } from 'react'
import { compareKeys, type OrderKey } from '../../query/index.ts'
import { orderOf } from '../messages.ts'
import { type ChatMessage, type Id, type ReadState, sameId } from '../types.ts'
import { useChat } from './ChatProvider.tsx'

/** What was unread when the room was opened. */
interface Opened {
  readonly pointer: Id | null
  readonly unread: number
  /** The newest message then; none of those that came later count. */
  readonly upTo: OrderKey | undefined
}

interface Divider {
  readonly roomId: Id
  /** `undefined`: nothing was unread, or the divider was cleared. */
  readonly opened: Opened | undefined
  /** It stands behind this place, `null` for the very beginning; `undefined` while that is not loaded. */
  readonly after?: OrderKey | null | undefined
}

interface History {
  readonly messages: readonly ChatMessage[]
  readonly isLoading: boolean
}

/** Frozen when the room is opened: a line that moved while one reads would be no help. */
export function useUnreadDivider(
  roomId: Id,
  state: ReadState | undefined,
  { messages, isLoading }: History,
): { readonly firstUnreadId: Id | null; readonly clearDivider: () => void } {
  const { context } = useChat()
  const me = context.currentUser()?.id
  const [kept, setKept] = useState<Divider>()
  let divider = kept && sameId(kept.roomId, roomId) ? kept : undefined
  if (!divider && state && !isLoading) divider = { roomId, opened: openedWith(state, messages) }
  if (divider?.opened && divider.after === undefined) {
    const after = placeOf(divider.opened, messages, me)
    if (after !== undefined) divider = { ...divider, after }
  }
  if (divider && divider !== kept) setKept(divider)
  const after = divider?.after

  const firstUnreadId = useMemo(() => {
    if (after === undefined) return null
    const isUnread = (message: ChatMessage) =>
      isOthers(message, me) && (after === null || compareKeys(orderOf(message), after) > 0)
    return messages.find(isUnread)?.id ?? null
  }, [after, messages, me])
  const clearDivider = useCallback(() => setKept({ roomId, opened: undefined }), [roomId])
  return { firstUnreadId, clearDivider }
}

function openedWith(state: ReadState, messages: readonly ChatMessage[]): Opened | undefined {
  if (state.unread_count === 0) return undefined
  const newest = messages.findLast(({ local }) => !local)
  const upTo = newest && orderOf(newest)
  return { pointer: state.last_read_message_id, unread: state.unread_count, upTo }
}

/** Behind the message one had read to; where that is gone, as many messages before the end as were unread. */
function placeOf(
  { pointer, unread, upTo }: Opened,
  messages: readonly ChatMessage[],
  me: Id | undefined,
): OrderKey | null | undefined {
  const read = messages.find(({ id }) => sameId(id, pointer))
  if (read) return orderOf(read)
  const counted = messages.filter(
    (message) => isOthers(message, me) && upTo !== undefined && compareKeys(orderOf(message), upTo) <= 0,
  )
  const first = counted.at(-unread)
  if (!first) return undefined
  const before = messages[messages.indexOf(first) - 1]
  return before ? orderOf(before) : null
}

function isOthers({ local, sender }: ChatMessage, me: Id | undefined): boolean {
  return !local && !sameId(sender.id, me)
}
