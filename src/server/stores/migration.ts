/** Nothing is asked of a store before it has its tables. */
import type { ServerEnvironment } from '../environment.ts'
import { unavailable } from '../requestError.ts'
import type { Store } from '../store.ts'

export interface Migration {
  /** Nothing once it is done. Tried again for who asks, at most once a second. @throws RequestError `unavailable` where it failed */
  wait(): Promise<void> | undefined
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
      throw unavailable('The store is not ready')
    }
  }
  let attempt = run()
  attempt.catch(() => undefined)
  return {
    wait: () => {
      if (isDone) return undefined
      if (restsUntil > 0 && environment.now() >= restsUntil) {
        restsUntil = 0
        attempt = run()
      }
      return attempt
    },
  }
}
