import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { LiveProvider } from 'querywire'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import './index.css'
import App from './App.tsx'
import { live } from './prices'

const queryClient = new QueryClient()

createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <LiveProvider live={live}>
        <App />
      </LiveProvider>
    </QueryClientProvider>
  </StrictMode>,
)
