import { dehydrate, HydrationBoundary, QueryClient } from '@tanstack/react-query'
import { connection } from 'next/server'
import { Suspense } from 'react'
import { prices } from '../lib/prices'
import { Prices } from './prices'

export default function Page() {
  return (
    <main>
      <h1>Prices</h1>
      <Suspense fallback={<p>Loading …</p>}>
        <Prefetched />
      </Suspense>
    </main>
  )
}

/** Of this request: its prices, in a QueryClient of its own. */
async function Prefetched() {
  await connection()
  const queryClient = new QueryClient()
  await queryClient.query(prices())
  return (
    <HydrationBoundary state={dehydrate(queryClient)}>
      <Prices />
    </HydrationBoundary>
  )
}
