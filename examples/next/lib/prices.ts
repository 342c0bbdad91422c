import { createLive, createWebSocketManager, upsert } from 'querywire'
import * as z from 'zod'

const Price = z.object({ symbol: z.string(), price: z.number() })
const backend = process.env.NEXT_PUBLIC_BACKEND ?? '127.0.0.1:9000'

// Both sides import this. Making a manager opens nothing: a socket is dialled when somebody looks, and on a server nobody does.
const manager = createWebSocketManager({
  url: `ws://${backend}`,
  endpoint: '/ws/',
  tokenManager: { getAccessToken: () => 'alice' },
})
export const live = createLive({ manager })

export const prices = live.list('prices', {
  item: Price,
  id: (price) => price.symbol,
  snapshot: async () => (await fetch(`http://${backend}/prices`)).json(),
  events: { price_changed: upsert((event) => Price.parse(event)) },
})
