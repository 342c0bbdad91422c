import { act, fireEvent, render, renderHook } from '@testing-library/react'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createChatRoom } from './blocks/ChatRoom.tsx'
import { MyComponent } from './blocks/MyComponent.tsx'
import { useNotifications } from './blocks/useNotifications.ts'
import { setup, tearDown } from './kit.tsx'

afterEach(() => {
  tearDown()
  vi.restoreAllMocks()
})

describe('Advanced Usage', () => {
  it('Request-Response Pattern', async () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => undefined)
    const logError = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const { wrapper, advance, sent, server, socket } = setup({
      manager: { endpoint: '/ws/' },
      server: { handlers: { get_data: ({ id }) => ({ id, value: 42 }) } },
    })
    const { getByRole } = render(<MyComponent />, { wrapper })
    const button = getByRole('button')
    expect(button.textContent).toBe('Load Data')
    fireEvent.click(button)
    expect(button).toMatchObject({ textContent: 'Loading...', disabled: true })
    await advance(0)
    expect(sent('get_data')).toMatchObject([{ data: { id: 123 } }])
    expect(log).toHaveBeenCalledWith('Response:', { id: 123, value: 42 })
    expect(button).toMatchObject({ textContent: 'Load Data', disabled: false })

    server.faults.halfOpen()
    fireEvent.click(button)
    await advance(4_999)
    expect(button.textContent).toBe('Loading...')
    await advance(1)
    expect(logError).toHaveBeenCalledWith('Request failed:', expect.objectContaining({ code: 'timeout' }))
    expect(button.textContent).toBe('Load Data')
    expect(socket().closedWith).toBeUndefined()
  })

  it('Multiple Message Subscriptions', async () => {
    const handlers = { handleMessage: vi.fn(), handleTyping: vi.fn(), handleUserStatus: vi.fn() }
    const ChatRoom = createChatRoom(handlers)
    const heard = (handler: ReturnType<typeof vi.fn>) => handler.mock.calls.map(([payload]) => payload)
    const { wrapper, advance, server } = setup()
    const { unmount } = renderHook(() => ChatRoom({ roomId: 'room-123' }), { wrapper })
    await advance(0)
    handlers.handleUserStatus.mockClear()
    server.inject('room-123', { sender: 'bob', content: 'hi' })
    server.act('bob', 'typing_indicator', { room_id: 'room-123', is_typing: true })
    server.broadcast('user_status', { user_id: 'bob', status: 'away' })
    expect(heard(handlers.handleMessage)).toMatchObject([{ content: 'hi' }])
    expect(heard(handlers.handleTyping)).toMatchObject([{ user: { id: 'bob' }, is_typing: true }])
    expect(heard(handlers.handleUserStatus)).toMatchObject([{ user_id: 'bob', status: 'away' }])
    unmount()
    server.inject('room-123', { sender: 'bob', content: 'unheard' })
    expect(handlers.handleMessage).toHaveBeenCalledTimes(1)
  })

  it('Custom WebSocket Hook', async () => {
    const { wrapper, advance, server } = setup()
    const { result } = renderHook(useNotifications, { wrapper })
    expect(result.current).toEqual({ notifications: [], isConnected: false })
    await advance(0)
    act(() => server.notify({ text: 'first' }))
    act(() => server.notify({ text: 'second' }, { userId: 'alice' }))
    act(() => server.notify({ text: 'not mine' }, { userId: 'bob' }))
    expect(result.current).toEqual({
      notifications: [{ text: 'first' }, { text: 'second' }],
      isConnected: true,
    })
    act(() => server.faults.disconnectAll())
    await advance(1_000)
    act(() => server.notify({ text: 'third' }))
    expect(result.current.notifications).toHaveLength(3)
  })
})
