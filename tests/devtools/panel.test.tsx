/** The panel over a chat whose server and network the test moves by hand. */
import { QueryClient } from '@tanstack/react-query'
import { cleanup, render, screen, waitFor, within } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type DevtoolsOptions, querywireDevtools } from '../../src/devtools/index.ts'
import { tabs } from '../../src/tabs/index.ts'
import { createWebSocketManager } from '../../src/transport/index.ts'
import { createWorld, seeded, type World } from '../chat/kit.ts'

let world: World

beforeEach(() => {
  world = createWorld({ rooms: [{ id: 'general', messages: seeded(3) }] })
})

afterEach(() => {
  cleanup()
  world.close()
})

const show = async (options: DevtoolsOptions) => {
  const plugin = querywireDevtools(options)
  const { unmount } = render(plugin.render(document.body, { theme: 'dark' }))
  await screen.findByRole('region', { name: 'Log' })
  return unmount
}

const rowsOf = (name: RegExp) =>
  within(screen.getByRole('table', { name }))
    .getAllByRole('row')
    .map((row) =>
      within(row)
        .queryAllByRole('cell')
        .map(({ textContent }) => textContent),
    )
    .filter((cells) => cells.length > 0)

it('[D2] shows connections, channels, leases and what waits', async () => {
  const alice = world.open('alice')
  await show({ manager: alice.chat.manager, queryClient: alice.queryClient })
  await world.pass()
  await waitFor(() =>
    expect(rowsOf(/Connections/)).toEqual([['/ws/', 'CONNECTED', '0', '0 ms', '+0 ms', '0']]),
  )
  expect(rowsOf(/Channels/)).toEqual([['/ws/ room_id=general', 'live', '3', '0', '1', '1']])
  expect(rowsOf(/Leases/)).toEqual([['chat.messages roomId=general', 'live', 'held', '1']])
  expect(rowsOf(/Pending mutations/)).toEqual([['Nothing waits.']])

  world.server.faults.refuseNext(1013, 100)
  world.server.faults.disconnectAll()
  await world.pass()
  // Still waiting when the test ends.
  alice.send('Hello?').catch(() => undefined)
  await waitFor(() =>
    expect(rowsOf(/Pending mutations/)[0]?.slice(0, 2)).toEqual([
      'chat.sendMessage roomId=general',
      'queued',
    ]),
  )
  expect(rowsOf(/Connections/)[0]?.[1]).toMatch(/^RECONNECTING/)
  expect(rowsOf(/Channels/)[0]?.[1]).toBe('down')
  expect(rowsOf(/Leases/)[0]?.[1]).toBe('offline')
})

it('[D2] shows a gap, and how far the channel is behind', async () => {
  const alice = world.open('alice')
  await show({ manager: alice.chat.manager, queryClient: alice.queryClient })
  await world.pass()
  world.server.faults.drop = 1
  world.server.inject('general', { sender: 'bob', content: 'Lost' })
  world.server.faults.drop = 0
  world.server.inject('general', { sender: 'bob', content: 'Heard' })
  await world.pass(50)
  await waitFor(() => expect(rowsOf(/Channels/)[0]?.slice(1, 4)).toEqual(['gap', '3', '2']))
  await world.pass(300)
  await waitFor(() => expect(rowsOf(/Channels/)[0]?.slice(1, 4)).toEqual(['live', '5', '0']))
  expect(screen.getByRole('list', { name: 'Entries' }).textContent).toContain('gap')
})

it('[D2] shows round trip and clock, once a ping has told', async () => {
  world.server.faults.skewClockMs = 90_000
  const alice = world.open('alice')
  await show({ manager: alice.chat.manager, queryClient: alice.queryClient })
  await world.pass(31_000)
  await waitFor(() => expect(rowsOf(/Connections/)[0]?.slice(3, 5)).toEqual(['0 ms', '+90000 ms']))
})

it('[D3] shows no token and holds nothing open', async () => {
  const alice = world.open('alice')
  const unmount = await show({ manager: alice.chat.manager, queryClient: alice.queryClient })
  await world.pass()
  await waitFor(() =>
    expect(screen.getByRole('list', { name: 'Entries' }).textContent).toContain('get_history'),
  )
  const [socket] = world.sockets
  const token = new URL(socket?.url ?? '').searchParams.get('token') ?? ''
  expect(token.length).toBeGreaterThan(20)
  expect(document.body.textContent).not.toContain(token)
  world.close()
  await world.pass(20_000)
  expect(world.sockets.every(({ readyState }) => readyState === WebSocket.CLOSED)).toBe(true)
  unmount()
})

it('[D3] opens nothing by looking', async () => {
  const manager = createWebSocketManager({ url: 'ws://localhost:9000', environment: world.environment })
  await show({ manager, queryClient: new QueryClient() })
  await world.pass()
  expect(world.sockets).toHaveLength(0)
  expect(rowsOf(/Connections/)).toEqual([['Nothing is connected yet.']])
  expect(screen.getByText('Nothing yet.')).toBeDefined()
})

it('[D2] shows connections and frames where there is no QueryClient', async () => {
  const manager = createWebSocketManager({
    url: 'ws://localhost:9000',
    environment: world.environment,
    tokenManager: { getAccessToken: () => 'alice' },
  })
  await show({ manager })
  expect(screen.getAllByRole('table')).toHaveLength(1)
  manager.connect('/ws/')
  await world.pass()
  await waitFor(() => expect(rowsOf(/Connections/)[0]?.slice(0, 2)).toEqual(['/ws/', 'CONNECTED']))
  manager.close()
})

it('[B20] says which tab has the connection of all', async () => {
  const nobody = { post: () => undefined, close: () => undefined }
  const manager = createWebSocketManager({
    url: 'ws://localhost:9000',
    environment: world.environment,
    shareTabs: tabs({
      user: () => 'alice',
      browser: {
        openChannel: () => nobody,
        lock: (_name, { onHeld }) => {
          queueMicrotask(onHeld)
          return () => undefined
        },
        isHeldBy: async () => true,
        isHidden: () => false,
        subscribe: () => () => undefined,
      },
    }),
  })
  await show({ manager })
  manager.connect('/ws/')
  await world.pass()
  await waitFor(() =>
    expect(rowsOf(/Tabs/)).toEqual([['ws://localhost:9000', 'leader', expect.stringMatching(/^\S+ 1$/)]]),
  )
  manager.close()
})

it('[D2] remembers what happened before it was opened', async () => {
  const chat = world.newChat('alice')
  const plugin = querywireDevtools({ manager: chat.manager })
  chat.manager.connect()
  await world.pass()
  render(plugin.render(document.body, { theme: 'light' }))
  const log = await screen.findByRole('list', { name: 'Entries' })
  expect(log.textContent).toContain('IDLE → CONNECTING')
})

it('[D2] filters, opens and clears', async () => {
  const user = userEvent.setup()
  const alice = world.open('alice')
  await show({ manager: alice.chat.manager, queryClient: alice.queryClient })
  await world.pass()
  const entries = () => within(screen.getByRole('list', { name: 'Entries' })).queryAllByRole('button')
  await waitFor(() => expect(entries().length).toBeGreaterThan(5))
  await user.selectOptions(screen.getByRole('combobox', { name: 'Kind' }), 'Connection')
  expect(entries().every(({ textContent }) => /transition|dial|roundTrip/.test(textContent ?? ''))).toBe(true)
  await user.type(screen.getByRole('searchbox', { name: 'Filter' }), 'nothing like that')
  expect(screen.getByText('Nothing matches.')).toBeDefined()
  await user.clear(screen.getByRole('searchbox'))
  const [first] = entries()
  if (!first) throw new Error('No entry is shown')
  await user.click(first)
  expect(first.getAttribute('aria-expanded')).toBe('true')
  expect(first.nextElementSibling?.textContent).toMatch(/"type": "(transition|dial|roundTrip)"/)
  await user.click(screen.getByRole('button', { name: 'Clear' }))
  await waitFor(() => expect(entries()).toEqual([]))
})
