'use client'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { LiveProvider } from 'querywire'
import { type ReactNode, useState } from 'react'
import { live } from '../lib/prices'

export function Providers({ children }: { children: ReactNode }) {
  // On the server one for each request, in the browser one for the page.
  const [queryClient] = useState(() => new QueryClient())
  return (
    <QueryClientProvider client={queryClient}>
      <LiveProvider live={live}>{children}</LiveProvider>
    </QueryClientProvider>
  )
}
