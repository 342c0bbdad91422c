import { describe, expect, it } from 'vitest'
import { setup, typesOf, watch } from './kit.ts'

describe('the greeting', () => {
  it('[T38] is the welcome of the present socket', async () => {
    const { manager, open, flush } = setup()
    const asked = watch(manager.port.greeting?.() as Promise<unknown>)
    const socket = await open()
    expect(asked.isSettled).toBe(false)
    socket.receive({ type: 'welcome', data: { level: 2 } })
    await flush()
    expect(asked.value).toEqual({ level: 2 })
    expect(await manager.port.greeting?.()).toEqual({ level: 2 })
  })

  it('[T38] is known not to come as soon as something else comes first; one ping asks for that', async () => {
    const { manager, open, flush } = setup()
    const socket = await open()
    expect(typesOf(socket)).toEqual([])
    const asked = watch(manager.port.greeting?.() as Promise<unknown>)
    void manager.port.greeting?.()
    await flush()
    expect(typesOf(socket)).toEqual(['ping'])
    socket.receive({ type: 'pong', data: {} })
    await flush()
    expect(asked).toMatchObject({ isSettled: true, value: undefined })
  })

  it('[T38] is waited for over reconnects, and not where the connection gives up', async () => {
    const { manager, open, clock, socket, flush } = setup({ reconnect: { maxAttempts: 1, jitter: 0 } })
    const first = await open()
    const asked = watch(manager.port.greeting?.() as Promise<unknown>)
    await flush()
    first.drop(1006)
    await clock.advance(1_000)
    expect(typesOf(socket())).toEqual(['ping'])
    expect(asked.isSettled).toBe(false)
    socket().drop(4003)
    await flush()
    expect(asked.error).toMatchObject({ code: 'forbidden' })
  })

  it('[T38] without heartbeats silence is taken for no greeting after two seconds', async () => {
    const { manager, open, clock } = setup({ heartbeat: false })
    await open()
    const asked = watch(manager.port.greeting?.() as Promise<unknown>)
    await clock.advance(1_900)
    expect(asked.isSettled).toBe(false)
    await clock.advance(200)
    expect(asked).toMatchObject({ isSettled: true, value: undefined })
  })
})
