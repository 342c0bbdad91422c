import { useQuery } from '@tanstack/react-query'
import { createLive, createWebSocketManager, patch, useLiveStatus } from 'querywire'
import * as z from 'zod'

const Price = z.object({ symbol: z.string(), price: z.number() })

const manager = createWebSocketManager({
  url: location.origin.replace(/^http/, 'ws'),
  endpoint: '/ws/',
  tokenManager: { getAccessToken: () => 'alice' },
})
export const live = createLive({ manager })

const prices = live.list('prices', {
  item: Price,
  id: (price) => price.symbol,
  snapshot: 'get_prices',
  events: { price_changed: patch((event) => Price.parse(event)) },
})

export function Prices() {
  const { data = [], error } = useQuery(prices())
  const { status } = useLiveStatus(prices())
  return (
    <main>
      <p role="status">{error?.message ?? status}</p>
      <ul>
        {data.map(({ symbol, price }) => (
          <li key={symbol}>
            {symbol} {price}
          </li>
        ))}
      </ul>
    </main>
  )
}
