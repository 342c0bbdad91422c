/** The last of what one has written in a room that is not sent yet, or could not be. Asks the server nothing. */

import { useMutationState } from '@tanstack/react-query'
import { type SendVariables, useChat } from '../../../src/chat/index.ts'
import { contentText } from '../attachments/attachmentTexts.ts'
import type { Id } from '../messageRows.ts'

export interface Waiting {
  readonly content: string
  readonly hasFailed: boolean
}

export function useWaiting(roomId: Id): Waiting | undefined {
  const { mutationKey } = useChat().sendMessage(roomId)
  const waiting = useMutationState({
    filters: {
      mutationKey,
      predicate: ({ state }) => state.status === 'pending' || state.status === 'error',
    },
    select: ({ state }): Waiting => ({
      content: contentOf(state.variables as SendVariables),
      hasFailed: state.status === 'error',
    }),
  })
  return waiting.at(-1)
}

const contentOf = (variables: SendVariables): string =>
  typeof variables === 'string'
    ? variables
    : contentText({
        ...variables,
        attachments: [...(variables.attachments ?? []), ...(variables.files ?? [])],
      })
