/** What a reload must not lose: what waits to be sent, the rooms, and the newest messages of each. In IndexedDB. */
import type { PersistedClient, PersistQueryClientOptions } from '@tanstack/react-query-persist-client'
import { del, get, set } from 'idb-keyval'
import { newestPages, shouldDehydrateMutation } from '../../../src/query/index.ts'

type PersistOptions = Omit<PersistQueryClientOptions, 'queryClient'>

/**
 * Every user has a store of their own: nobody sends, or sees, what another one left here. Two windows of one user share
 * it, and the last to write wins: enough for a demo.
 */
export function persistOptionsOf(user: string): PersistOptions {
  const key = `querywire-demo.${user}`
  return {
    persister: {
      persistClient: (client) => set(key, client),
      restoreClient: () => get<PersistedClient>(key),
      removeClient: () => del(key),
    },
    dehydrateOptions: { shouldDehydrateMutation, serializeData: newestPages(1) },
  }
}
