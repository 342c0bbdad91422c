'use client'
import { type QueryClient, useQueryClient } from '@tanstack/react-query'
import { createContext, type ReactNode, useContext, useEffect } from 'react'
import { LiveError } from '../../transport/errors.ts'
import type { Live } from '../liveTypes.ts'

const LiveContext = createContext<Live | undefined>(undefined)

export interface LiveProviderProps {
  readonly live: Pick<Live, 'connect' | 'status' | 'subscribe'>
  readonly children?: ReactNode
}

const keys = new WeakMap<QueryClient, number>()
let known = 0

function keyOf(queryClient: QueryClient): number {
  const key = keys.get(queryClient) ?? ++known
  keys.set(queryClient, key)
  return key
}

/**
 * Connects `live` to the QueryClient of the surrounding `QueryClientProvider` and gives it to `useLiveStatus`. What is below
 * is mounted anew for another QueryClient (another user, hot reload): TanStack's hooks stay with the one they began with.
 */
export function LiveProvider({ live, children }: LiveProviderProps): ReactNode {
  const queryClient = useQueryClient()
  // A child may have fetched before this runs (Suspense fetches while rendering); its queryFn connected already.
  useEffect(() => live.connect(queryClient), [live, queryClient])
  return (
    <LiveContext.Provider key={keyOf(queryClient)} value={live as Live}>
      {children}
    </LiveContext.Provider>
  )
}

export function useLive(): Live {
  const live = useContext(LiveContext)
  if (!live)
    throw new LiveError('misconfigured', 'No live data here; render <LiveProvider live={live}> above')
  return live
}
