/** `?with=` one of TanStack's own packages: the page is live with each of them. */
import { createAsyncStoragePersister } from '@tanstack/query-async-storage-persister'
import { broadcastQueryClient } from '@tanstack/query-broadcast-client-experimental'
import { createSyncStoragePersister } from '@tanstack/query-sync-storage-persister'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { ReactQueryDevtools } from '@tanstack/react-query-devtools/production'
import { type Persister, PersistQueryClientProvider } from '@tanstack/react-query-persist-client'
import { del, get, set } from 'idb-keyval'
import { LiveProvider } from 'querywire'
import { type ReactNode, StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { live, Prices } from './Prices'

const queryClient = new QueryClient({ defaultOptions: { queries: { gcTime: 86_400_000 } } })
const neighbour = new URLSearchParams(location.search).get('with')

/** How often the cache has changed, for whoever looks whether it comes to rest. */
const counted = Object.assign(window, { changes: 0 })
queryClient.getQueryCache().subscribe(({ type }) => {
  if (type === 'updated') counted.changes += 1
})

const persisters: Readonly<Record<string, () => Persister>> = {
  sync: () => createSyncStoragePersister({ storage: localStorage, throttleTime: 100 }),
  async: () =>
    createAsyncStoragePersister({
      storage: { getItem: (key) => get<string>(key), setItem: set, removeItem: del },
      throttleTime: 100,
    }),
}
const persister = persisters[neighbour ?? '']?.()
if (neighbour === 'broadcast') broadcastQueryClient({ queryClient, broadcastChannel: 'neighbours' })

function Provider({ children }: { children: ReactNode }) {
  if (persister === undefined)
    return <QueryClientProvider client={queryClient}>{children}</QueryClientProvider>
  return (
    <PersistQueryClientProvider client={queryClient} persistOptions={{ persister }}>
      {children}
    </PersistQueryClientProvider>
  )
}

createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <Provider>
      <LiveProvider live={live}>
        <Prices />
      </LiveProvider>
      {neighbour === 'devtools' && <ReactQueryDevtools initialIsOpen={true} />}
    </Provider>
  </StrictMode>,
)
