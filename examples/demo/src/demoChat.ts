/** The chat of the user that the address names: tokens over HTTP, everything else over one WebSocket. */
import { createChat } from '../../../src/chat/index.ts'
import type { TokenManager } from '../../../src/index.ts'

const wsUrl: string = import.meta.env.VITE_WS_URL ?? 'ws://localhost:9000'
const tokenUrl: string = import.meta.env.VITE_TOKEN_URL ?? `${wsUrl.replace(/^ws/, 'http')}/token`

export const createDemoChat = (user: string) =>
  createChat({ url: wsUrl, endpoint: '/ws/', tokenManager: createTokenManager(user) })

function createTokenManager(user: string): TokenManager {
  let current: string | undefined
  const refreshAccessToken = async () => {
    current = await fetchToken(user)
    return current
  }
  return { getAccessToken: () => current ?? refreshAccessToken(), refreshAccessToken }
}

async function fetchToken(user: string): Promise<string> {
  const response = await fetch(`${tokenUrl}?user=${encodeURIComponent(user)}`)
  const body = (await response.json()) as { token?: string; error?: { message: string } }
  if (body.token === undefined) throw new Error(`No token for "${user}": ${body.error?.message}`)
  return body.token
}
