/** A chat page that keeps its cache in IndexedDB, as a document of its own: closing its frame is leaving the page. */
import { InfiniteQueryObserver, QueryClient } from '@tanstack/react-query'
import { type Persister, persistQueryClient } from '@tanstack/react-query-persist-client'
import { del, get, set } from 'idb-keyval'
import { type ChatMessage, createChat } from '../../src/chat/index.ts'
import { newestPages, shouldDehydrateMutation } from '../../src/query/index.ts'
import { browserEnvironment, type Environment } from '../../src/transport/environment.ts'

export const STORED = 'persisted-page'

/** What the page around it provides. */
export interface Surroundings {
  readonly createSocket: Environment['createSocket']
}

export interface PersistedPage {
  readonly rows: () => readonly ChatMessage[]
  readonly pageCount: () => number
  readonly send: (text: string) => void
  readonly loadOlder: () => Promise<unknown>
}

export function openChat(createSocket: Environment['createSocket'], user: string) {
  const chat = createChat({
    url: 'ws://chat.test',
    endpoint: '/ws/',
    tokenManager: { getAccessToken: () => user },
    currentUser: { id: user, username: user },
    reconnect: { intervalMs: 50 },
    debug: false,
    environment: { ...browserEnvironment(), createSocket },
  })
  const queryClient = new QueryClient()
  const history = new InfiniteQueryObserver(queryClient, chat.messages('general'))
  const rows = () =>
    (history.getCurrentResult().data?.pages ?? []).toReversed().flatMap((page) => [...page.items])
  return { chat, queryClient, history, rows }
}

async function start({ createSocket }: Surroundings): Promise<PersistedPage> {
  const { chat, queryClient, history, rows } = openChat(createSocket, 'alice')
  const persister: Persister = {
    persistClient: (client) => set(STORED, client),
    restoreClient: () => get(STORED),
    removeClient: () => del(STORED),
  }
  chat.live.connect(queryClient)
  const [, restored] = persistQueryClient({
    queryClient,
    persister,
    dehydrateOptions: { shouldDehydrateMutation, serializeData: newestPages(1) },
  })
  await restored
  chat.start()
  history.subscribe(() => undefined)
  return {
    rows,
    pageCount: () => history.getCurrentResult().data?.pages.length ?? 0,
    send: (text) => {
      chat.sendMessage.start(queryClient, text, { roomId: 'general' }).catch(() => {
        // On the row.
      })
    },
    loadOlder: () => history.fetchNextPage({ cancelRefetch: false }),
  }
}

declare global {
  interface Window {
    surroundings?: Surroundings
    opened?: (page: PersistedPage) => void
  }
}

const { surroundings, opened } = window.parent === window ? {} : window.parent
if (surroundings && opened) opened(await start(surroundings))
