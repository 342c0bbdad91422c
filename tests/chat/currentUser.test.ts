import { QueryClient } from '@tanstack/react-query'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createChat } from '../../src/chat/index.ts'
import { createChatServer, createFakeEnvironment, mountOnFakeSockets } from '../../src/testing/index.ts'
import { createWebSocketManager, type WebSocketManagerOptions } from '../../src/transport/index.ts'

const part = (value: object) => btoa(JSON.stringify(value))
const tokenOf = (claims: object) => `${part({ alg: 'none' })}.${part(claims)}.`

const stops: (() => void)[] = []
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
})

function setup(options: WebSocketManagerOptions = {}) {
  const server = createChatServer({
    users: [
      { id: 'alice', username: 'alice' },
      { id: 'bob', username: 'bob' },
    ],
    rooms: [{ id: 'r' }],
  })
  const fake = createFakeEnvironment({ onSocket: mountOnFakeSockets(server) })
  const manager = createWebSocketManager({
    url: 'ws://localhost',
    environment: fake.environment,
    debug: false,
    ...options,
  })
  const chat = createChat({ manager })
  stops.push(() => manager.close(), chat.start())
  return { ...fake, server, manager, chat, user: () => chat.currentUser() }
}

describe('the current user', () => {
  it('[C2] is known from the token of a ready manager before the first connection', async () => {
    const { flush, user, sockets } = setup({
      tokenManager: { getAccessToken: () => tokenOf({ user_id: 7, name: 'Alice' }) },
    })
    await flush()
    expect(user()).toEqual({ id: 7, username: 'Alice' })
    expect(sockets).toHaveLength(0)
  })

  it('[C2] is read again when the credentials change', async () => {
    let token = tokenOf({ sub: 'alice', username: 'alice' })
    const { flush, clock, user, manager } = setup({ tokenManager: { getAccessToken: () => token } })
    manager.connect('/ws/')
    await clock.advance(100)
    expect(user()).toMatchObject({ id: 'alice' })
    token = tokenOf({ sub: 'bob', username: 'bob' })
    manager.reauthenticate()
    await flush()
    await clock.advance(5_000)
    expect(user()).toMatchObject({ id: 'bob', username: 'bob' })
  })

  it('[C2] is who the server greets, where the token does not say', async () => {
    const { clock, user, manager, flush } = setup({ tokenManager: { getAccessToken: () => 'alice' } })
    await flush()
    expect(user()).toBeUndefined()
    manager.connect('/ws/')
    await clock.advance(100)
    expect(user()).toMatchObject({ id: 'alice' })
  })

  it.each([{ username: { a: 1 } }, { username: true }, {}, { username: 'Alice', avatar_url: 7 }])(
    '[C2] has a name that is a text, whatever the greeting says: %j',
    async (fields) => {
      const { clock, user, manager, socket } = setup({ tokenManager: { getAccessToken: () => 'alice' } })
      manager.connect('/ws/')
      await clock.advance(100)
      socket().receive({ type: 'welcome', data: { user: { id: 'alice', ...fields } } })
      await clock.advance(100)
      expect(user()).toEqual({ id: 'alice', username: 'alice' })
    },
  )

  it('[C2] is asked for while somebody listens, once for all who do', async () => {
    const getAccessToken = vi.fn(() => 'alice')
    const { chat, flush } = setup({ tokenManager: { getAccessToken } })
    const stop = chat.start()
    await flush()
    expect(getAccessToken).toHaveBeenCalledTimes(1)
    stop()
    stop()
    chat.start()()
    await flush()
    expect(getAccessToken).toHaveBeenCalledTimes(1)
  })

  it('[C2] is the sender of a row that is still pending', async () => {
    const { chat, clock } = setup({
      tokenManager: { getAccessToken: () => tokenOf({ sub: 'alice', username: 'Alice A.' }) },
    })
    const queryClient = new QueryClient()
    stops.push(chat.live.connect(queryClient))
    await clock.advance(0)
    chat.sendMessage.start(queryClient, 'hello', { roomId: 'r' }).catch(() => undefined)
    const [op] = chat.live.optimistic(queryClient, chat.messages('r').queryKey)
    expect(op).toMatchObject({ item: { sender: { id: 'alice', username: 'Alice A.' } } })
  })
})
