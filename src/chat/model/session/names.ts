/**
 * Messages that the server has not named yet. Their rows have temporary ids, which never leave the client: whatever is to
 * happen to one waits for its name, or happens to what is still unsent.
 */

import type { MutationControls, SendContext } from '../../../query/index.ts'
import type { QueryClient } from '../../../query/tanstack.ts'
import { LiveError } from '../../../transport/index.ts'
import type { Id } from '../data/types.ts'

const TEMPORARY = 'local:'
/** Names remembered, for whoever still holds the temporary one. */
const MAX_NAMES = 1_000

export const temporaryId = (clientId: string): string => TEMPORARY + clientId

export function clientIdIn(id: Id): string | undefined {
  const text = String(id)
  return text.startsWith(TEMPORARY) ? text.slice(TEMPORARY.length) : undefined
}

type Sends = Pick<MutationControls<never, never, never>, 'statusOf' | 'isUnsent'>
type Naming<Variables> = Pick<SendContext<unknown, Variables>, 'queryClient' | 'amend'>

export interface Names {
  named(clientId: string, id: Id): void
  /** What the server calls it, as far as is known. */
  known(id: Id): Id | undefined
  /** What the server calls it, once it does. @throws LiveError `rejected` (`not_sent`) if it never will */
  nameOf(id: Id, queryClient: QueryClient): Promise<Id>
  /** The client id of one that can be changed in place. */
  unsent(id: Id, queryClient: QueryClient): string | undefined
}

export function createNames(sends: () => Sends): Names {
  const names = new Map<string, Id>()

  function known(id: Id): Id | undefined {
    const clientId = clientIdIn(id)
    return clientId === undefined ? id : names.get(clientId)
  }

  return {
    known,
    named(clientId, id) {
      names.set(clientId, id)
      if (names.size > MAX_NAMES) names.delete(names.keys().next().value ?? '')
    },
    nameOf: (id, queryClient) =>
      new Promise((resolve, reject) => {
        const clientId = clientIdIn(id) ?? ''
        const look = () => {
          const name = known(id)
          const status = sends().statusOf(queryClient, clientId)
          if (name === undefined && (status === 'queued' || status === 'sending')) return
          stop()
          if (name !== undefined) resolve(name)
          else
            reject(new LiveError('rejected', 'The message it is about was not sent', { reason: 'not_sent' }))
        }
        const stop = queryClient.getMutationCache().subscribe(look)
        look()
      }),
    unsent(id, queryClient) {
      const clientId = clientIdIn(id)
      return clientId !== undefined && sends().isUnsent(queryClient, clientId) ? clientId : undefined
    },
  }
}

/** With the server's name for the message, which is kept with the mutation. */
export async function withName<Variables extends { readonly message_id: Id }>(
  names: Names,
  variables: Variables,
  { queryClient, amend }: Naming<Variables>,
): Promise<Variables> {
  if (clientIdIn(variables.message_id) === undefined) return variables
  const named = { ...variables, message_id: await names.nameOf(variables.message_id, queryClient) }
  amend(named)
  return named
}
