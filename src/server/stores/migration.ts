/** Nothing is asked of a store before it has its tables. */
import type { ServerEnvironment } from '../environment.ts'
import { unavailable } from '../requestError.ts'
import type { Store } from '../store.ts'

export interface Migration {
  /** Nothing once it is done. Tried again for who asks, at most once a second. @throws RequestError `unavailable` where it failed */
  wait(): Promise<void> | undefined
  /** The same, for the application itself. @throws what the store throws */
  own(): Promise<void> | undefined
}

export interface MigrationParts {
  readonly store: Pick<Store<unknown>, 'migrate'>
  readonly environment: Pick<ServerEnvironment, 'now'>
  onError(error: unknown): void
}

const REST_MS = 1_000

export function startMigration({ store, environment, onError }: MigrationParts): Migration {
  let isDone = false
  let restsUntil = 0
  const run = async () => {
    try {
      await store.migrate()
      isDone = true
    } catch (error) {
      restsUntil = environment.now() + REST_MS
      onError(error)
      throw error
    }
  }
  const start = () => {
    const attempt = run()
    attempt.catch(() => undefined)
    return attempt
  }
  let attempt = start()
  const own = () => {
    if (isDone) return undefined
    if (restsUntil > 0 && environment.now() >= restsUntil) {
      restsUntil = 0
      attempt = start()
    }
    return attempt
  }
  // It has been told why; a client is not to know.
  const notReady = () => {
    throw unavailable('The store is not ready')
  }
  return { own, wait: () => own()?.catch(notReady) }
}
