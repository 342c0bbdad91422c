/** What the page reads and changes: by querywire, or with `?by-hand` by what one writes without it. */
import type {
  QueryClient,
  UseInfiniteQueryOptions,
  UseMutationOptions,
  UseQueryOptions,
} from '@tanstack/react-query'
import { meta, rows, useLiveStatus } from '../../../src/index.ts'
import { byHand } from '../byHand.ts'
import type { Filter } from '../filter.ts'
import { desk, live, orders, placeOrder, ticker, tickers } from '../live.ts'
import type { Desk, New, Order, Ticker } from '../protocol.ts'

/** Of the whole market, whatever is shown of it. */
export interface Facets {
  readonly total: number
  readonly sectors: Readonly<Record<string, number>>
}

/** Every time the same for the same parameters. */
interface Sources {
  connect(queryClient: QueryClient): () => void
  useStatus(): string
  tickers(filter: Filter): UseQueryOptions<never, Error, readonly Ticker[]>
  facets(filter: Filter): UseQueryOptions<never, Error, Facets>
  ticker(of: { readonly symbol: string }): UseQueryOptions<Ticker>
  desk(): UseQueryOptions<Desk>
  orders(): UseInfiniteQueryOptions<never, Error, readonly Order[]>
  placeOrder(): UseMutationOptions<unknown, Error, New>
}

const byQuerywire = {
  ...{ connect: live.connect, tickers, ticker, desk, placeOrder },
  useStatus: () => useLiveStatus(desk()).status,
  facets: (filter: Filter) => meta<Facets>(tickers(filter)),
  orders: () => ({ ...orders(), select: rows }),
}

export const isByHand = new URLSearchParams(location.search).has('by-hand')
export const sources = (isByHand ? byHand : byQuerywire) as unknown as Sources
