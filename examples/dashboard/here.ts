/** Where the server is, who asks, and what it has over HTTP. */
import { MARKET, Order } from './protocol.ts'

const url: string = import.meta.env.VITE_DASHBOARD_URL ?? 'ws://127.0.0.1:9002'
export const user = new URLSearchParams(location.search).get('user') ?? 'somebody'
export const here = { market: MARKET }
export const market = { channel: () => here }
export const server = { url, endpoint: '/ws/', tokenManager: { getAccessToken: () => user } }

async function ask(path: string, how: RequestInit = {}): Promise<unknown> {
  const headers = { authorization: `Bearer ${user}` }
  const answer = await fetch(`${url.replace(/^ws/, 'http')}/${path}`, { ...how, headers })
  if (!answer.ok) throw new Error(`The server answers with ${answer.status}`)
  return answer.json()
}

/** Which of the former orders; the newest come first. */
export interface Page {
  /** Older ones than this. @default the newest */
  readonly before?: string | number
  readonly limit: number
  readonly signal: AbortSignal
}

export const readOrders = async ({ before = '', limit, signal }: Page): Promise<readonly Order[]> =>
  Order.array().parse(await ask(`orders?before=${before}&limit=${limit}`, { signal }))

/** How many prices change in a second. */
export const readRate = async () => Number(await ask('rate'))
/** From now on: of this market one may say so. */
export const putRate = async (rate: number) => Number(await ask(`rate?rate=${rate}`, { method: 'PUT' }))
