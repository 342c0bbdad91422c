import { afterEach, describe, expect, it, vi } from 'vitest'
import { browserEnvironment } from '../../src/transport/index.ts'
import { setup } from './kit.ts'

afterEach(() => vi.unstubAllGlobals())

/** What an application shows, and what a request of it rejects with, when nobody tries again. */
async function failure(...[options, onSocket]: Parameters<typeof setup>) {
  const { manager, clock } = setup({ reconnect: { maxAttempts: 1, jitter: 0 }, ...options }, onSocket)
  const asking = manager
    .request('get_prices', {}, { timeoutMs: 60_000 })
    .catch((error: Error) => error.message)
  await clock.advance(3_000)
  return { reason: manager.store.getState().error?.reason, rejection: await asking }
}

describe('a connection that fails says', () => {
  it('what the token source threw', async () => {
    const getAccessToken = () => Promise.reject(new Error('HTTP 503'))
    const { reason, rejection } = await failure({ tokenManager: { getAccessToken } })
    expect(reason).toBe('The token source failed: HTTP 503')
    expect(rejection).toContain(reason)
  })

  it('what the function that makes the URL threw', async () => {
    const url = () => Promise.reject(new Error('no such region'))
    expect((await failure({ url })).reason).toBe('The function `url` failed: no such region')
  })

  it('which URL cannot be opened, without the token', async () => {
    const { manager, environment, flush } = setup({
      url: 'localhost:9000',
      tokenManager: { getAccessToken: () => 'sekret' },
    })
    vi.spyOn(environment, 'createSocket').mockImplementation((url) => {
      throw new SyntaxError(`Invalid URL: ${url}`)
    })
    manager.connect()
    await flush()
    const reason = manager.store.getState().error?.reason
    expect(reason).toContain('Cannot open "localhost:9000/ws/" (SyntaxError)')
    expect(reason).not.toContain('sekret')
  })

  it('that there is no WebSocket, and how to bring one, without trying again', async () => {
    vi.stubGlobal('WebSocket', undefined)
    const { manager, environment, flush } = setup()
    environment.createSocket = browserEnvironment().createSocket
    manager.connect()
    await flush()
    const { state, error } = manager.store.getState()
    expect(state).toBe('FAILED')
    expect(error?.reason).toContain('browserEnvironment({ WebSocket })')
  })

  it('that it never opened, where a browser says no more than 1006', async () => {
    const { rejection } = await failure({}, (socket) => socket.drop(1006))
    expect(rejection).toContain('close code 1006, never opened: is there a WebSocket server at this address')
  })

  it('[T24] the same while it goes on trying, after the third dial that never opened: on screen, and once aloud', async () => {
    const lines: string[] = []
    const debug = (line: string) => lines.push(line)
    const { manager, clock, errors, open } = setup({ debug }, (socket) => socket.drop(1006))
    await open()
    await clock.advance(1_000)
    expect([manager.store.getState().error?.reason, errors]).toEqual(['', []])
    await clock.advance(1_500)
    const words = 'close code 1006, never opened: is there a WebSocket server at this address'
    const { state, error } = manager.store.getState()
    expect([state, error?.code, error?.reason]).toEqual([
      'RECONNECTING',
      1006,
      expect.stringContaining(words),
    ])
    await clock.advance(600_000)
    expect(errors.map(({ code, message }) => [code, message])).toEqual([
      ['connection_failed', expect.stringContaining(words)],
    ])
    expect(lines.filter((line) => line.includes('The connection to "/ws/" does not come up'))).toHaveLength(1)
    expect(manager.store.getState().state).toBe('RECONNECTING')
  })

  it('[T24] the same of an address where nobody answers', async () => {
    const { manager, clock, errors, open } = setup({}, () => undefined)
    await open()
    await clock.advance(120_000)
    const words = 'No connection within 10000 ms'
    expect(manager.store.getState()).toMatchObject({ state: 'RECONNECTING', error: { reason: words } })
    expect(errors.map(({ message }) => message)).toEqual([
      `The connection to "/ws/" does not come up: ${words}`,
    ])
  })

  it('[T24] nothing of an address to one that had a connection, and no more once there is one', async () => {
    let isUp = true
    const { manager, clock, errors, open } = setup({}, (socket) =>
      isUp ? socket.accept() : socket.drop(1006),
    )
    const socket = await open()
    isUp = false
    socket.drop(1006)
    await clock.advance(60_000)
    expect(errors).toEqual([])
    isUp = true
    await clock.advance(30_000)
    expect(manager.store.getState()).toMatchObject({ state: 'CONNECTED', error: null })
  })

  it('that nobody is signed in', async () => {
    const { rejection } = await failure({ tokenManager: { getAccessToken: () => null } })
    expect(rejection).toContain('Nobody is signed in')
  })

  it('[T12] what the server said, word for word, also to one who signs in by a short name', async () => {
    const { reason } = await failure({ tokenManager: { getAccessToken: () => 'zed' } }, (socket) => {
      socket.accept()
      socket.drop(4003, 'unauthorized: zed')
    })
    expect(reason).toBe('unauthorized: [redacted]')
  })
})
