import { createLive, createWebSocketManager, patch } from 'querywire'
import * as z from 'zod'

const Price = z.object({ symbol: z.string(), price: z.number() })

const manager = createWebSocketManager({
  url: location.origin.replace(/^http/, 'ws'),
  endpoint: '/ws/',
  tokenManager: { getAccessToken: () => 'alice' },
})
export const live = createLive({ manager })

export const prices = live.list('prices', {
  item: Price,
  id: (price) => price.symbol,
  snapshot: 'get_prices',
  events: { price_changed: patch((event) => Price.parse(event)) },
})
