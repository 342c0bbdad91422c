/** What a reload shows at once: the rooms, and the newest messages of each, in IndexedDB. What waits is in the outbox. */
import type { PersistedClient, PersistQueryClientOptions } from '@tanstack/react-query-persist-client'
import { del, get, set } from 'idb-keyval'
import { newestPages } from '../../../src/query/index.ts'

type PersistOptions = Omit<PersistQueryClientOptions, 'queryClient'>

/** Every user has a store of their own: nobody sees what another one left here. */
export function persistOptionsOf(user: string): PersistOptions {
  const key = `querywire-demo.${user}`
  return {
    persister: {
      persistClient: (client) => set(key, client),
      restoreClient: () => get<PersistedClient>(key),
      removeClient: () => del(key),
    },
    dehydrateOptions: { serializeData: newestPages(1) },
  }
}
