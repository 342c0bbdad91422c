// The back end: prices that change. The tokens it takes are the names of its users.
import { createServer } from 'node:http'
import { createLiveServer, memoryStore } from 'querywire/server'
import { defineProtocol } from 'querywire/transport'
import * as z from 'zod'

const Price = z.object({ symbol: z.string(), price: z.number() })
const prices = [
  { symbol: 'ABC', price: 100 },
  { symbol: 'XYZ', price: 20 },
]

const live = createLiveServer({
  protocol: defineProtocol({
    events: { price_changed: Price },
    requests: { get_prices: { params: z.object({}), result: z.array(Price) } },
  }),
  authenticate: (token) => (token ? { id: token, username: token } : null),
  store: memoryStore(),
  // What everybody hears has no channel.
  channels: { room_id: () => false },
  requests: { get_prices: () => prices },
})

const http = createServer()
await live.attach(http)
http.listen(Number(process.env.BACKEND_PORT ?? 9000), '127.0.0.1', () =>
  console.log(`Listening on port ${http.address().port}`),
)

setInterval(
  () => {
    const changed = prices[Math.floor(Math.random() * prices.length)]
    changed.price += 1
    live.broadcast('price_changed', changed)
  },
  Number(process.env.TICK_MS ?? 1_000),
)
