/** How many of one's messages wait to be sent, in all rooms. */
import { useMutationState } from '@tanstack/react-query'
import { useChat } from '../../../src/chat/index.ts'

export function useUnsentCount(): number {
  const { mutationKey } = useChat().sendMessage('')
  // Without the room at its end: of all rooms.
  return useMutationState({
    filters: { mutationKey: mutationKey.slice(0, -1), status: 'pending' },
    select: () => true,
  }).length
}
