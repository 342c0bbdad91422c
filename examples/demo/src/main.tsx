import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { ChatProvider } from '../../../src/chat/index.ts'
import { App } from './App.tsx'
import { userInAddress } from './address.ts'
import { createDemoChat } from './demoChat.ts'

const queryClient = new QueryClient()
const chat = createDemoChat(userInAddress())
const container = document.getElementById('app')
if (!container) throw new Error('index.html has no element with the id "app"')

createRoot(container).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <ChatProvider chat={chat}>
        <App />
      </ChatProvider>
    </QueryClientProvider>
  </StrictMode>,
)
