'use client'
import { useCallback, useMemo, useState } from 'react'
import { type ChatMessage, type Id, type ReadState, sameId } from '../types.ts'
import { useChat } from './ChatProvider.tsx'

interface Divider {
  readonly roomId: Id
  /** Where one had read to when the room was opened; `undefined`: all of it, or the divider was cleared. */
  readonly after: Id | null | undefined
}

/** Frozen when the room is opened: a line that moved while one reads would be no help. */
export function useUnreadDivider(
  roomId: Id,
  state: ReadState | undefined,
  { messages, hasOlder }: { readonly messages: readonly ChatMessage[]; readonly hasOlder: boolean },
): { readonly firstUnreadId: Id | null; readonly clearDivider: () => void } {
  const { context } = useChat()
  const [kept, setKept] = useState<Divider>()
  let divider = kept
  if (state && (!kept || !sameId(kept.roomId, roomId))) {
    divider = { roomId, after: state.unread_count > 0 ? state.last_read_message_id : undefined }
    setKept(divider)
  }
  const after = divider && sameId(divider.roomId, roomId) ? divider.after : undefined

  const firstUnreadId = useMemo(() => {
    if (after === undefined) return null
    const at = messages.findIndex(({ id }) => sameId(id, after))
    // Read up to something older than what is loaded, or nothing at all: where the line belongs is not known yet.
    if (at < 0 && (after !== null || hasOlder)) return null
    const me = context.currentUser()?.id
    return messages.slice(at + 1).find(({ sender }) => !sameId(sender.id, me))?.id ?? null
  }, [after, messages, hasOlder, context])
  const clearDivider = useCallback(() => setKept({ roomId, after: undefined }), [roomId])
  return { firstUnreadId, clearDivider }
}
