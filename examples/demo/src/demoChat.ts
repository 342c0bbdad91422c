/** The chat of the user that the address names: tokens over HTTP, everything else over one WebSocket. */
import { createChat } from '../../../src/chat/index.ts'
import { LiveError, type TokenManager } from '../../../src/index.ts'
import { tabs } from '../../../src/tabs/index.ts'

const told = document.querySelector<HTMLMetaElement>('meta[name="chat-server"]')?.content
const wsUrl = told || 'ws://localhost:9000'
const tokenUrl = `${wsUrl.replace(/^ws/, 'http')}/token`

export const createDemoChat = (user: string) =>
  createChat({
    url: wsUrl,
    endpoint: '/ws/',
    tokenManager: createTokenManager(user),
    // Of all windows of one user, one has the connection.
    shareTabs: tabs(),
    // Known before there is a connection: drafts, and what is one's own, are there at once after a reload.
    currentUser: { id: user, username: user },
  })

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
  if (body.token !== undefined) return body.token
  // A clear "no". Anything else that goes wrong here is tried again, like a lost connection.
  if (response.status === 404) {
    throw new LiveError('unauthorized', `Nobody here is called "${user}". ${body.error?.message}`)
  }
  throw new Error(`No token for "${user}": ${body.error?.message}`)
}
