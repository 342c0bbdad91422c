/**
 * Changes that were not taken: by then one may write something else, or be in another room, so they stay among the mutations
 * until there is a composer to put them into. One's own only, and each once.
 */
import { useMutationState, useQueryClient } from '@tanstack/react-query'
import { useEffect, useEffectEvent } from 'react'
import { useChat } from '../../../src/chat/index.ts'
import type { Id } from '../messageRows.ts'

export interface RefusedEdit {
  readonly messageId: Id
  readonly content: string
  readonly error: Error
}

export function useRefusedEdits(roomId: Id, onRefused: (edit: RefusedEdit) => void): void {
  const { editMessage } = useChat()
  const queryClient = useQueryClient()
  const { mutationKey } = editMessage(roomId)
  const refused = useMutationState({
    filters: { mutationKey, status: 'error' },
    select: ({ state: { variables, context, error } }) => ({ variables, error, ...Object(context) }),
  })
  const isOwn = ({ clientId }: { readonly clientId: string }) =>
    editMessage.statusOf(queryClient, clientId) === 'failed'
  const nextId: string | undefined = refused.find(isOwn)?.clientId
  const take = useEffectEvent((clientId: string | undefined) => {
    const edit = refused.find((one) => one.clientId === clientId)
    // Taken already, by an effect that ran twice, or by another composer of this room.
    if (!edit || !isOwn(edit)) return
    editMessage.discard(queryClient, edit.clientId)
    onRefused({ messageId: edit.variables.message_id, content: edit.variables.content, error: edit.error })
  })
  useEffect(() => take(nextId), [nextId])
}
