/** Whether TanStack tries a failed snapshot again: never in vain, else as the application chose. */

import { isFinal, isLiveError } from '../../transport/errors.ts'
import { environmentManager, type QueryClient } from '../tanstack.ts'

/** TanStack asks with nothing but the error; the choice is the QueryClient's in which it happened. */
const failedIn = new WeakMap<object, QueryClient>()

export function markFailed(error: unknown, queryClient: QueryClient): void {
  if (error instanceof Error) failedIn.set(error, queryClient)
}

export function retry(failureCount: number, error: Error): boolean {
  if (isLiveError(error) && isFinal(error)) return false
  const byDefault = environmentManager.isServer() ? 0 : 3
  const chosen = failedIn.get(error)?.getDefaultOptions().queries?.retry ?? byDefault
  if (typeof chosen === 'function') return chosen(failureCount, error)
  return chosen === true || failureCount < Number(chosen)
}
