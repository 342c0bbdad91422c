/** The last of what one has written in a room that is not sent yet, or could not be. Asks the server nothing. */
import { useMutationState, useQueryClient } from '@tanstack/react-query'
import { type SendVariables, useChat } from '../../../src/chat/index.ts'
import type { Id } from '../messageRows.ts'

export interface Waiting {
  readonly content: string
  readonly hasFailed: boolean
}

export function useWaiting(roomId: Id): Waiting | undefined {
  const { sendMessage } = useChat()
  const queryClient = useQueryClient()
  const { mutationKey } = sendMessage(roomId)
  const waiting = useMutationState({
    filters: {
      mutationKey,
      predicate: ({ state }) => {
        if (state.status !== 'pending' && state.status !== 'error') return false
        // What somebody else had written in this page is nobody's business.
        const { clientId } = Object(state.context) as { readonly clientId?: string }
        return clientId === undefined || sendMessage.statusOf(queryClient, clientId) !== undefined
      },
    },
    select: ({ state }): Waiting => ({
      content: contentOf(state.variables as SendVariables),
      hasFailed: state.status === 'error',
    }),
  })
  return waiting.at(-1)
}

const contentOf = (variables: SendVariables): string =>
  typeof variables === 'string' ? variables : variables.content
