import { QueryClient } from '@tanstack/react-query'
import { PersistQueryClientProvider } from '@tanstack/react-query-persist-client'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { ChatProvider } from '../../../src/chat/index.ts'
import { indexedDbOutbox } from '../../../src/outbox/index.ts'
import { App } from './App.tsx'
import { userInAddress } from './address.ts'
import { createDemoChat } from './demoChat.ts'
import { persistOptionsOf } from './persister.ts'

const user = userInAddress()
const queryClient = new QueryClient()
const persistOptions = persistOptionsOf(user)
const chat = createDemoChat(user)
// Before anything is sent: what waits here belongs to all windows of this user.
chat.live.persistOutbox({ storage: indexedDbOutbox({ name: 'querywire-demo-outbox' }) })
// With `&devtools` in the address: the demo is to look like a messenger. They record from here on, before anything connects.
const devtools = new URLSearchParams(location.search).has('devtools')
  ? (await import('./devtools.tsx')).createDevtools({ manager: chat.manager, queryClient })
  : null
const container = document.getElementById('app')
if (!container) throw new Error('index.html has no element with the id "app"')

createRoot(container).render(
  <StrictMode>
    <PersistQueryClientProvider client={queryClient} persistOptions={persistOptions}>
      <ChatProvider chat={chat}>
        <App />
      </ChatProvider>
      {devtools}
    </PersistQueryClientProvider>
  </StrictMode>,
)
