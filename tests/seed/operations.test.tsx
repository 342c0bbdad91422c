import { act, renderHook } from '@testing-library/react'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { WebSocketCloseCode } from '../../src/index.ts'
import {
  GuideCloseCode,
  internally,
  useErrorRecovery,
  useReceivingMessages,
  useSendingMessages,
  WS_CONFIG,
} from './blocks/operations.tsx'
import { setup, tearDown, tokenOf } from './kit.tsx'

afterEach(tearDown)

describe('Authentication Flow', () => {
  it('puts the token into the URL, and a fresh one after it expired', async () => {
    const tokens = [tokenOf('alice'), `${tokenOf('alice')}2`]
    const getAccessToken = vi.fn(() => tokens[0] ?? null)
    const refreshAccessToken = vi.fn(() => tokens[1] ?? null)
    const { manager, advance, sockets, server } = setup({
      manager: { endpoint: '/ws/chat/room-123/', tokenManager: { getAccessToken, refreshAccessToken } },
    })
    manager.connect()
    await advance(0)
    const url = (at: number) => new URL(sockets[at]?.url ?? '')
    expect(`${url(0).origin}${url(0).pathname}`).toBe('ws://localhost:9000/ws/chat/room-123/')
    expect(url(0).searchParams.get('token')).toBe(tokens[0])
    server.faults.disconnectAll(4001)
    await advance(1_000)
    expect(url(1).searchParams.get('token')).toBe(tokens[1])
    expect(manager.store.getState().state).toBe('CONNECTED')
  })

  it('disconnects if authentication fails', async () => {
    const { manager, advance, sockets, server } = setup({ manager: { endpoint: '/ws/' } })
    server.faults.refuseNext(4001, 99)
    manager.connect()
    await advance(120_000)
    expect(manager.store.getState()).toMatchObject({ state: 'FAILED', isAuthenticated: false })
    expect(manager.store.getState().error?.code).toBe(4001)
    expect(sockets.length).toBeLessThanOrEqual(2)
  })
})

describe('Reconnection Strategy', () => {
  it('Exponential Backoff: 1000 ms, 1500 ms, 2250 ms, …, at most 10 attempts', async () => {
    const { manager, advance, server } = setup({
      manager: { endpoint: '/ws/', reconnect: { jitter: 0, maxAttempts: 10 } },
    })
    const dialedAt: number[] = []
    manager.inspect((entry) => {
      if (entry.type === 'dial') dialedAt.push(entry.at)
    })
    server.faults.refuseNext(1013, 99)
    manager.connect()
    await advance(600_000)
    expect(manager.store.getState().state).toBe('FAILED')
    const delays = dialedAt.slice(1).map((at, index) => at - (dialedAt[index] ?? 0))
    expect(delays.slice(0, 3)).toEqual([1_000, 1_500, 2_250])
    expect(delays).toHaveLength(10)
  })

  it('Configuration', async () => {
    const { RECONNECT, MAX_RECONNECT_ATTEMPTS, RECONNECT_INTERVAL, RECONNECT_DECAY } = WS_CONFIG
    const reconnect = {
      intervalMs: RECONNECT_INTERVAL,
      decay: RECONNECT_DECAY,
      maxAttempts: MAX_RECONNECT_ATTEMPTS,
      jitter: 0,
    }
    const { manager, advance, sent, server } = setup({ manager: { endpoint: '/ws/', reconnect } })
    const waits: { attempt: number; delayMs: number }[] = []
    manager.inspect((entry) => {
      if (entry.type === 'wait') waits.push(entry as unknown as (typeof waits)[number])
    })
    manager.connect()
    await advance(WS_CONFIG.HEARTBEAT_INTERVAL)
    expect(sent('ping')).toHaveLength(1)
    server.faults.refuseNext(1013, 99)
    server.faults.disconnectAll(1011)
    await advance(600_000)
    expect(waits.length > 0).toBe(RECONNECT)
    expect(waits).toHaveLength(MAX_RECONNECT_ATTEMPTS)
    const nominal = (at: number) => Math.min(30_000, RECONNECT_INTERVAL * RECONNECT_DECAY ** at)
    expect(waits.map(({ delayMs }) => delayMs)).toEqual(waits.map((_, at) => nominal(at)))
  })
})

describe('Heartbeat System', () => {
  it('sends a ping every 30 seconds, and reconnects without a pong within 5 seconds', async () => {
    const { manager, advance, sent, server, sockets } = setup({ manager: { endpoint: '/ws/' } })
    manager.connect()
    await advance(29_999)
    expect(sent('ping')).toHaveLength(0)
    await advance(1)
    expect(sent('ping')).toMatchObject([{ type: 'ping', data: { timestamp: expect.any(Number) } }])
    server.faults.halfOpen()
    await advance(34_999)
    expect(sockets).toHaveLength(1)
    await advance(1)
    expect(sockets).toHaveLength(2)
    expect(sockets[0]?.closedWith).toBeDefined()
    expect(manager.store.getState().state).toBe('CONNECTED')
  })
})

describe('Message Format', () => {
  it('Sending Messages', async () => {
    const { wrapper, advance, sent } = setup()
    const { result } = renderHook(useSendingMessages, { wrapper })
    await advance(0)
    act(() => result.current())
    await advance(0)
    const [frame] = sent('message_type')
    expect(Object.keys(frame ?? {}).sort()).toEqual(Object.keys(internally).sort())
    expect(frame).toMatchObject({ type: internally.type, data: internally.data, id: expect.any(String) })
    expect(new Date(String(frame?.timestamp)).toISOString()).toBe(frame?.timestamp)
  })

  it('Receiving Messages', async () => {
    const { wrapper, advance, server } = setup()
    const log = vi.fn()
    const console = { log }
    renderHook(() => useReceivingMessages(console), { wrapper })
    await advance(0)
    server.broadcast('message_type', { key: 'value' })
    expect(log.mock.calls).toEqual([['value']])
  })
})

describe('Error Handling', () => {
  it('Close Codes', () => {
    const { ...guide } = GuideCloseCode as unknown as Record<string, number | string>
    const named = Object.fromEntries(Object.entries(guide).filter(([name]) => Number.isNaN(Number(name))))
    expect(WebSocketCloseCode).toEqual(named)
  })

  it('Error Recovery', async () => {
    const { wrapper, advance, manager, server } = setup({ manager: { endpoint: '/ws/' } })
    const toast = { error: vi.fn() }
    const console = { log: vi.fn() }
    const { result } = renderHook(() => useErrorRecovery(toast, console), { wrapper })
    act(() => manager.connect())
    await advance(0)
    act(() => server.faults.disconnectAll(4003, 'not for you'))
    await advance(0)
    expect(result.current).toBe('FAILED')
    expect(toast.error).toHaveBeenLastCalledWith(expect.stringContaining('not for you'))
    server.faults.refuseNext(4001, 9)
    act(() => manager.connect())
    await advance(60_000)
    expect(console.log).toHaveBeenCalledWith('Authentication required')
  })
})
