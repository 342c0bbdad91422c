'use client'
import { useCallback, useMemo } from 'react'
import { compareKeys, type OrderKey } from '../../../query/index.ts'
import { type ChatMessage, type Id, type ReadState, sameId } from '../../model/data/types.ts'
import type { PlaceOf } from '../../model/session/context.ts'
import { useChatContext } from '../useChat.ts'
import { useVisit } from '../visit/useVisit.ts'

/** What was unread when the room was opened. */
interface Opened {
  readonly pointer: Id | null
  readonly unread: number
  /** The newest message then; none of those that came later count. */
  readonly upTo: OrderKey | undefined
}

interface Divider {
  /** `undefined`: nothing was unread, or the divider was cleared. */
  readonly opened: Opened | undefined
  /** It stands behind this place, `null` for the very beginning; `undefined` while that is not loaded. */
  readonly after?: OrderKey | null | undefined
}

interface History {
  readonly messages: readonly ChatMessage[]
  readonly isLoading: boolean
  readonly placeOf: PlaceOf
}

/** Frozen when the room is opened: a line that moved while one reads would be no help. */
export function useUnreadDivider(
  roomId: Id,
  state: ReadState | undefined,
  history: History,
): { readonly firstUnreadId: Id | null; readonly clearDivider: () => void } {
  const { messages, isLoading, placeOf } = history
  const me = useChatContext().currentUser()?.id
  const [kept, keep] = useVisit<Divider>(String(roomId))
  let divider = kept
  if (!divider && state && !isLoading) divider = { opened: openedWith(state, history) }
  if (divider?.opened && divider.after === undefined) {
    const after = startOf(divider.opened, history, me)
    if (after !== undefined) divider = { ...divider, after }
  }
  if (divider && divider !== kept) keep(divider)
  const after = divider?.after

  const firstUnreadId = useMemo(() => {
    if (after === undefined) return null
    const isRead = ({ id, local }: ChatMessage) =>
      !local && after !== null && compare(placeOf(id), after) <= 0
    const isUnread = (message: ChatMessage) =>
      isOthers(message, me) && (after === null || compare(placeOf(message.id), after) > 0)
    // From the end: what was read is most of it.
    return messages.slice(messages.findLastIndex(isRead) + 1).find(isUnread)?.id ?? null
  }, [after, messages, me, placeOf])
  const clearDivider = useCallback(() => keep({ opened: undefined }), [keep])
  return { firstUnreadId, clearDivider }
}

function openedWith(state: ReadState, { messages, placeOf }: History): Opened | undefined {
  if (state.unread_count === 0) return undefined
  const newest = messages.findLast(({ local }) => !local)
  const upTo = newest && placeOf(newest.id)
  return { pointer: state.last_read_message_id, unread: state.unread_count, upTo }
}

/** Behind the message one had read to; where that is gone, as many messages before the end as were unread. */
function startOf(
  { pointer, unread, upTo }: Opened,
  { messages, placeOf }: History,
  me: Id | undefined,
): OrderKey | null | undefined {
  const read = messages.find(({ id }) => sameId(id, pointer))
  if (read) return placeOf(read.id)
  const counted = messages.filter(
    (message) => isOthers(message, me) && compare(placeOf(message.id), upTo) <= 0,
  )
  const first = counted.at(-unread)
  if (!first) return undefined
  const before = messages[messages.indexOf(first) - 1]
  return before ? placeOf(before.id) : null
}

function compare(place: OrderKey | undefined, other: OrderKey | undefined): number {
  return place && other ? compareKeys(place, other) : Number.NaN
}

function isOthers({ local, sender }: ChatMessage, me: Id | undefined): boolean {
  return !local && !sameId(sender?.id, me)
}
