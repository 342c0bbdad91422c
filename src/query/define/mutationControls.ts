/** What a definition of a mutation offers beside its options: to start, retry, amend and discard without a hook. */
import type { PendingMutation } from '../optimistic/pendingMutation.ts'
import { amendVariables, findPending } from '../optimistic/pendingMutations.ts'
import { isUnsent, type SendStatus, statusOf } from '../optimistic/sendState.ts'
import type { QueryClient } from '../tanstack.ts'
import type { LiveMutationOptions } from './queryOptions.ts'
import { clientOf, type Registry } from './registry.ts'
import type { Given } from './sound.ts'

/** What a definition offers beside its options. */
export interface MutationControls<P, Variables, Result> {
  /** Starts without a hook, e.g. from an event handler that must not wait. Resolves like `mutateAsync`. */
  start(queryClient: QueryClient, variables: Variables, ...params: Given<P>): Promise<Result>
  /** Tries a failed one again, under the same client id. */
  retry(queryClient: QueryClient, clientId: string): Promise<void>
  /**
   * Forgets one that failed or waits: what it showed goes with it, and what was not written yet never is. What was
   * written may be done all the same, and then shows like anybody else's.
   */
  discard(queryClient: QueryClient, clientId: string): void
  /** Whether it failed, or waits and was never on its way: then it can be amended. */
  isUnsent(queryClient: QueryClient, clientId: string): boolean
  /** Changes an unsent one in place: it keeps its client id. */
  amend(queryClient: QueryClient, clientId: string, change: (variables: Variables) => Variables): void
  /** `undefined`: there is none. */
  statusOf(queryClient: QueryClient, clientId: string): SendStatus | undefined
}

export function mutationControls<P, Variables, Result>(
  registry: Registry,
  name: string,
  optionsFor: (params?: P) => LiveMutationOptions<Result, Variables>,
): MutationControls<P, Variables, Result> {
  const find = (queryClient: QueryClient, clientId: string): PendingMutation | undefined => {
    const client = clientOf(registry, queryClient)
    return client && findPending(client.pendingMutations, name, clientId)
  }
  return {
    start(queryClient, variables, ...[params]) {
      // Connected first: who watches the cache must see the mutation from its beginning.
      clientOf(registry, queryClient)
      const mutation = queryClient
        .getMutationCache()
        .build(queryClient, queryClient.defaultMutationOptions(optionsFor(params)))
      return mutation.execute(variables)
    },
    async retry(queryClient, clientId) {
      const mutation = find(queryClient, clientId)?.mutation
      if (mutation?.state.status === 'error') await mutation.execute(mutation.state.variables)
    },
    discard(queryClient, clientId) {
      const pending = find(queryClient, clientId)
      if (pending) queryClient.getMutationCache().remove(pending.mutation)
    },
    amend(queryClient, clientId, change) {
      const pending = find(queryClient, clientId)
      if (!pending || !isUnsent(pending)) return
      amendVariables(queryClient, pending, change(pending.mutation.state.variables as Variables))
    },
    isUnsent(queryClient, clientId) {
      const pending = find(queryClient, clientId)
      return pending !== undefined && isUnsent(pending)
    },
    statusOf(queryClient, clientId) {
      const pending = find(queryClient, clientId)
      return pending && statusOf(pending)
    },
  }
}
