import { type QueryClient, useQueryErrorResetBoundary, useSuspenseQuery } from '@tanstack/react-query'
import {
  createRootRouteWithContext,
  createRoute,
  type ErrorComponentProps,
  Link,
  Outlet,
  useRouter,
} from '@tanstack/react-router'
import { useLiveStatus } from 'querywire'
import { useEffect } from 'react'
import { prices, ticker } from './prices'

const root = createRootRouteWithContext<{ queryClient: QueryClient }>()({
  component: () => (
    <>
      <nav>
        <Link to="/">Home</Link> <Link to="/prices">Prices</Link>
      </nav>
      <main>
        <Outlet />
      </main>
    </>
  ),
})

const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  component: () => <h1>Home</h1>,
})

const list = createRoute({
  getParentRoute: () => root,
  path: '/prices',
  // What is in the cache will do: it is live once the page is there, and catches up if it was not.
  loader: ({ context }) => context.queryClient.query({ ...prices(), staleTime: 'static' }),
  component: Prices,
})

const one = createRoute({
  getParentRoute: () => root,
  path: '/prices/$symbol',
  loader: ({ context, params }) => context.queryClient.query({ ...ticker(params), staleTime: 'static' }),
  component: Ticker,
  errorComponent: Failed,
})

export const routeTree = root.addChildren([home, list, one])

function Prices() {
  const { data } = useSuspenseQuery(prices())
  const { status } = useLiveStatus(prices())
  return (
    <>
      <h1>Prices</h1>
      <p role="status">{status}</p>
      <ul>
        {data.map(({ symbol, price }) => (
          <li key={symbol}>
            <Link to="/prices/$symbol" params={{ symbol }}>
              {symbol}
            </Link>{' '}
            {price}
          </li>
        ))}
      </ul>
    </>
  )
}

function Ticker() {
  const params = one.useParams()
  const { data } = useSuspenseQuery(ticker(params))
  const { status } = useLiveStatus(ticker(params))
  return (
    <>
      <h1>{data.symbol}</h1>
      <p role="status">{status}</p>
      <ol>
        {data.trades.map(({ id, price }) => (
          <li key={id}>{price}</li>
        ))}
      </ol>
    </>
  )
}

function Failed({ error }: ErrorComponentProps) {
  const router = useRouter()
  const { reset } = useQueryErrorResetBoundary()
  useEffect(reset, [reset])
  return (
    <>
      <p role="alert">{error instanceof Error ? error.message : String(error)}</p>
      <button type="button" onClick={() => router.invalidate()}>
        Again
      </button>
    </>
  )
}
