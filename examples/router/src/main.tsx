import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { createRouter, RouterProvider } from '@tanstack/react-router'
import { LiveProvider } from 'querywire'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import './index.css'
import { live } from './prices'
import { routeTree } from './routes'

const queryClient = new QueryClient()
const router = createRouter({
  routeTree,
  context: { queryClient },
  defaultPreload: 'intent',
  // How old data may be is for TanStack Query to say, and whether it is live for querywire.
  defaultPreloadStaleTime: 0,
  Wrap: ({ children }) => (
    <QueryClientProvider client={queryClient}>
      <LiveProvider live={live}>{children}</LiveProvider>
    </QueryClientProvider>
  ),
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}

createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <RouterProvider router={router} />
  </StrictMode>,
)
