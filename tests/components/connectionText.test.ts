import { describe, expect, it } from 'vitest'
import type { WebSocketStatus } from '../../src/index.ts'
import { causeOf, connectionText } from '../../storybook/components/connection/connectionText.ts'

const status = (change: Partial<WebSocketStatus>): WebSocketStatus => ({
  state: 'RECONNECTING',
  error: null,
  reconnectAttempts: 1,
  nextAttemptAt: null,
  lastConnectedAt: 1,
  isAuthenticated: false,
  latencyMs: null,
  queued: 0,
  isConnected: false,
  isConnecting: false,
  isReconnecting: true,
  isDisconnected: false,
  hasError: false,
  ...change,
})

const said = (change: Partial<WebSocketStatus>, isOnline = true) => {
  const shown = status(change)
  return connectionText(shown, { cause: causeOf(shown.error), isOnline })
}

const failed = (code: number, reason = ''): Partial<WebSocketStatus> => ({
  state: 'FAILED',
  isReconnecting: false,
  isDisconnected: true,
  error: { code, reason },
})

describe('[C140] the banner says why', () => {
  it('by what the server said, where it is not the network', () => {
    expect(said(failed(4001))).toBe('Not connected: You are signed out')
    expect(said(failed(4004, 'bad token'))).toBe('Not connected: You are signed out. bad token')
    expect(said(failed(4003))).toBe('Not connected: You may not connect here')
    expect(said(failed(4400, 'Another window is open'))).toBe('Not connected: Another window is open')
    expect(said(failed(1006))).toBe('Not connected.')
    expect(said({ error: { code: 1012, reason: '' } })).toMatch(/^The server is being restarted\./)
    expect(said({ error: { code: 1001, reason: '' } })).toMatch(/^The server is being restarted\./)
    expect(said({ error: { code: 1013, reason: '' } })).toMatch(/^The server has too much to do\./)
  })

  it('else by what the device knows; and tells a connection that was lost from one that never was', () => {
    expect(said({}, false)).toMatch(/^You are offline\./)
    expect(said({ lastConnectedAt: null })).toMatch(/^No connection yet\./)
    expect(said({ error: { code: 1006, reason: 'anything' } })).toMatch(/^Connection lost\./)
    // What cannot be mended by a network is not blamed on it.
    expect(said(failed(4001), false)).toBe('Not connected: You are signed out')
  })
})
