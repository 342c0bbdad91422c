'use client'
import { type QueryClient, QueryClientContext, useQueryClient } from '@tanstack/react-query'
import { createContext, type ReactNode, useContext, useEffect, useState } from 'react'
import { LiveError } from '../../transport/errors.ts'
import { type Live, liveOf } from '../createLive.ts'

const LiveContext = createContext<Live | undefined>(undefined)

export interface LiveProviderProps {
  readonly live: Pick<Live, 'connect' | 'status' | 'subscribe'>
  readonly children?: ReactNode
}

/** Another one for another QueryClient. The first is the same wherever a page is rendered: React finds by it what it has made earlier. */
function useKeyOf(queryClient: QueryClient): number {
  const [seen, setSeen] = useState({ queryClient, key: 0 })
  if (seen.queryClient === queryClient) return seen.key
  const next = { queryClient, key: seen.key + 1 }
  setSeen(next)
  return next.key
}

/**
 * Connects `live` to the QueryClient of the surrounding `QueryClientProvider` and gives it to `useLiveStatus`. What is below
 * is mounted anew for another QueryClient (another user, hot reload): TanStack's hooks stay with the one they began with.
 */
export function LiveProvider({ live, children }: LiveProviderProps): ReactNode {
  const queryClient = useContext(QueryClientContext)
  if (!queryClient) {
    throw new LiveError('misconfigured', 'No QueryClient here; render <QueryClientProvider client={…}> above')
  }
  // A child may have fetched before this runs (Suspense fetches while rendering); its queryFn connected already.
  useEffect(() => live.connect(queryClient), [live, queryClient])
  return (
    <LiveContext.Provider key={useKeyOf(queryClient)} value={live as Live}>
      {children}
    </LiveContext.Provider>
  )
}

/** The one that a query is of, by the QueryClient that it is connected to; else that of the provider. */
export function useLive(queryKey: readonly unknown[]): Live {
  const provided = useContext(LiveContext)
  const live = liveOf(useQueryClient(), queryKey) ?? provided
  if (!live) {
    const message =
      'No live data in this QueryClient; call live.connect(queryClient) before this renders, or render <LiveProvider live={live}> above'
    throw new LiveError('misconfigured', message)
  }
  return live
}
