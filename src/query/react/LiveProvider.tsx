'use client'
import { useQueryClient } from '@tanstack/react-query'
import { createContext, type ReactNode, useContext, useEffect } from 'react'
import { LiveError } from '../../transport/errors.ts'
import type { Live } from '../createLive.ts'

const LiveContext = createContext<Live | undefined>(undefined)

export interface LiveProviderProps {
  readonly live: Pick<Live, 'connect' | 'status' | 'subscribe'>
  readonly children?: ReactNode
}

/** Connects `live` to the QueryClient of the surrounding `QueryClientProvider` and gives it to `useLiveStatus`. */
export function LiveProvider({ live, children }: LiveProviderProps): ReactNode {
  const queryClient = useQueryClient()
  // A child may have fetched before this runs (Suspense fetches while rendering); its queryFn connected already.
  useEffect(() => live.connect(queryClient), [live, queryClient])
  return <LiveContext.Provider value={live as Live}>{children}</LiveContext.Provider>
}

export function useLive(): Live {
  const live = useContext(LiveContext)
  if (!live)
    throw new LiveError('misconfigured', 'No live data here; render <LiveProvider live={live}> above')
  return live
}
