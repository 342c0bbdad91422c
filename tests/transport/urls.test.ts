/** From what an application calls its endpoints to the URL that is dialled. */
import { describe, expect, it, vi } from 'vitest'
import { createChat } from '../../src/chat/index.ts'
import { browserEnvironment, createWebSocketManager } from '../../src/transport/index.ts'
import { setup, watch } from './kit.ts'

const tokenManager = { getAccessToken: () => 'a b+c' }

async function dialled(url: string, endpoint: string, withToken = true) {
  const { manager, socket, flush } = setup({ url, endpoint, ...(withToken && { tokenManager }) })
  manager.connect()
  await flush()
  return socket().url
}

describe('the URL that is dialled', () => {
  it.each([
    ['wss://a.b', '/ws/', 'wss://a.b/ws/?token=a%20b%2Bc'],
    ['HTTPS://a.b/', 'ws/', 'wss://a.b/ws/?token=a%20b%2Bc'],
    ['HTTP://a.b', '/ws/', 'ws://a.b/ws/?token=a%20b%2Bc'],
    ['WSS://A.b', '', 'wss://A.b?token=a%20b%2Bc'],
    ['https://a.b/v1?x=1', '/ws/', 'wss://a.b/v1/ws/?x=1&token=a%20b%2Bc'],
    ['wss://a.b?x=1?y=2', '/ws/', 'wss://a.b/ws/?x=1?y=2&token=a%20b%2Bc'],
    ['wss://a.b?x=1', '/ws/?y=2', 'wss://a.b/ws/?y=2&x=1&token=a%20b%2Bc'],
    ['wss://a.b', '/ws/?y=2?z', 'wss://a.b/ws/?y=2?z&token=a%20b%2Bc'],
    ['wss://a.b?', '/ws/?', 'wss://a.b/ws/?token=a%20b%2Bc'],
    ['wss://a.b/#top?x=1', '/ws/', 'wss://a.b/ws/?token=a%20b%2Bc'],
    ['wss://a.b/?x=1#top', '/ws/', 'wss://a.b/ws/?x=1&token=a%20b%2Bc'],
    ['wss://u:p@a.b', '/ws/', 'wss://u:p@a.b/ws/?token=a%20b%2Bc'],
  ])('[T53] %s and %s', async (base, endpoint, url) => {
    expect(await dialled(base, endpoint)).toBe(url)
    expect(new URL(url).searchParams.get('token')).toBe('a b+c')
  })

  it.each([
    '/ws/../',
    '/ws/.',
    '..',
    '/ws/%2e%2E/',
    '/ws/.%2e?x=1',
    '/ws/a#b/',
    '/ws/a\\b/',
    '/ws/a\nb/',
    '/ws/a ',
    '/ws/\ud800/',
  ])('[T53] none has the endpoint %j, which is said where it is first used', async (endpoint) => {
    const { manager, sockets, flush } = setup()
    const message = expect.stringMatching(/endpoint ".*encodeURIComponent/)
    expect(() => manager.connect(endpoint)).toThrow(
      expect.objectContaining({ code: 'misconfigured', message }),
    )
    const asking = watch(manager.request('x', {}, { endpoint }))
    await flush()
    expect(asking.error).toMatchObject({ code: 'misconfigured', message })
    expect(sockets).toHaveLength(0)
  })

  it.each(['/ws/a..b/', '/ws/.well-known/', '/ws/...', '/ws/?up=../..', '/ws/a%2fb/', '/a b/', '/é/'])(
    '[T53] %j is one like any other',
    async (endpoint) => {
      const plain = await dialled('wss://a.b', endpoint, false)
      expect(decodeURI(new URL(plain).href)).toBe(decodeURI(`wss://a.b${endpoint}`))
    },
  )

  it('[T53] an endpoint with a name that every object has is one of its own', async () => {
    const { manager, flush } = setup({ endpoint: 'constructor' })
    expect(manager.store.getState().state).toBe('IDLE')
    manager.connect('__proto__')
    manager.connect('toString')
    await flush()
    const { state, connections } = manager.store.getState()
    expect(Object.entries(connections).map(([name, one]) => [name, one.state])).toEqual([
      ['__proto__', 'CONNECTED'],
      ['toString', 'CONNECTED'],
    ])
    expect(state).toBe('CONNECTED')
  })
})

describe('without crypto.getRandomValues', () => {
  it.each([undefined, {}])('[T54] creating says what to install (crypto: %j)', (crypto) => {
    vi.stubGlobal('crypto', crypto)
    const wanted = expect.objectContaining({
      code: 'misconfigured',
      message: expect.stringContaining('react-native-get-random-values'),
    })
    const options = { url: 'wss://a.b', debug: false }
    expect(() => createWebSocketManager(options)).toThrow(wanted)
    expect(() => createChat(options)).toThrow(wanted)
    expect(() => browserEnvironment()).toThrow(wanted)
    // Who brings an environment brings its ids.
    setup()
    vi.unstubAllGlobals()
  })
})
