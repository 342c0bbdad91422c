// "Available Hooks" of the guide: every block as it stands, against the server it was written for.
import { act, render, renderHook } from '@testing-library/react'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { Block7, useBlock1, useBlock2, useBlock3, useBlock4, useBlock5, useBlock6 } from './blocks/hooks.tsx'
import { setup, tearDown } from './kit.tsx'

afterEach(tearDown)

describe('Available Hooks', () => {
  it('1. useWebSocket(endpoint?)', async () => {
    const { wrapper, advance, server, sockets, sent } = setup()
    const { result } = renderHook(() => useBlock1(), { wrapper })
    expect(result.current).toMatchObject({ isConnected: false, state: 'CONNECTING', error: null })
    await advance(0)
    expect(sockets.map(({ url }) => new URL(url).pathname)).toEqual(['/ws/chat/room-123/'])
    expect(result.current).toMatchObject({ isConnected: true, state: 'CONNECTED', error: null })

    const heard = vi.fn()
    const unsubscribe = result.current.subscribe('chat_message', heard)
    server.inject('room-123', { sender: 'bob', content: 'hi' })
    await advance(0)
    expect(heard).toHaveBeenCalledWith(expect.objectContaining({ content: 'hi' }), expect.anything())
    unsubscribe()
    server.inject('room-123', { sender: 'bob', content: 'not heard' })
    await advance(0)
    expect(heard).toHaveBeenCalledTimes(1)

    await act(() => result.current.send('my_event', { data: 'value' }))
    expect(sent('my_event')).toMatchObject([{ data: { data: 'value' } }])
    act(() => result.current.disconnect())
    expect(result.current).toMatchObject({ isConnected: false, state: 'DISCONNECTED' })
    act(() => result.current.connect())
    await advance(0)
    expect(result.current.isConnected).toBe(true)
  })

  it('2. useWebSocketSubscription(messageType, handler, deps)', async () => {
    const { wrapper, advance, server, manager } = setup()
    const log = vi.fn()
    const { result } = renderHook(() => useBlock2('room-123', { log }), { wrapper })
    manager.connect('/ws/chat/room-123/')
    await advance(0)
    server.inject('room-123', { sender: 'bob', content: 'one' })
    server.inject('room-123', { sender: 'bob', content: 'two' })
    await advance(0)
    expect(result.current.map(({ content }) => content)).toEqual(['one', 'two'])
    expect(log).toHaveBeenCalledWith('New message:', expect.objectContaining({ content: 'two' }))
  })

  it('3. useWebSocketSend()', async () => {
    const { wrapper, advance, sent } = setup()
    const { result } = renderHook(() => useBlock3(), { wrapper })
    expect(result.current).toMatchObject({ isSending: false, error: null })
    let clicked: Promise<void> | undefined
    act(() => {
      clicked = result.current.handleClick()
    })
    expect(result.current.isSending).toBe(true)
    await advance(0)
    await clicked
    expect(result.current.isSending).toBe(false)
    expect(sent('my_event')).toMatchObject([{ type: 'my_event', data: { data: 'value' } }])
  })

  it('4. useWebSocketStatus()', async () => {
    const { wrapper, advance, manager, socket } = setup()
    const { result } = renderHook(() => useBlock4(), { wrapper })
    manager.connect('/ws/chat/room-123/')
    await advance(0)
    expect(result.current).toMatchObject({
      state: 'CONNECTED',
      error: null,
      reconnectAttempts: 0,
      lastConnectedAt: expect.any(Number),
      isAuthenticated: true,
      isConnected: true,
      isConnecting: false,
      isReconnecting: false,
      isDisconnected: false,
      hasError: false,
    })
    act(() => socket().drop(1011, 'overloaded'))
    expect(result.current).toMatchObject({
      state: 'RECONNECTING',
      error: { code: 1011, reason: 'overloaded' },
      isConnected: false,
      isReconnecting: true,
      hasError: true,
    })
  })

  it('5. useChatWebSocket(roomId)', async () => {
    const messages = Array.from({ length: 60 }, (_, at) => ({ sender: 'bob', content: `old ${at + 1}` }))
    const { wrapper, advance, server, sent } = setup({
      server: { rooms: [{ id: 'room-123', messages }] },
    })
    const { result } = renderHook(() => useBlock5(), { wrapper })
    await advance(0)
    expect(result.current).toMatchObject({
      isConnected: true,
      isSending: false,
      error: null,
      typingUsers: [],
    })
    expect(result.current.messages).toHaveLength(50)

    let more = true
    await act(async () => {
      more = await result.current.loadHistory()
    })
    await advance(20)
    expect(more).toBe(false)
    expect(result.current.messages.map(({ content }) => content)).toEqual(
      messages.map(({ content }) => content),
    )

    await act(() => result.current.sendMessage('hello'))
    await advance(16)
    expect(result.current.messages.at(-1)).toMatchObject({ content: 'hello', sender: { username: 'alice' } })
    await advance(20)
    expect(result.current).toMatchObject({ isSending: false })
    expect(result.current.messages.filter(({ content }) => content === 'hello')).toHaveLength(1)
    expect(result.current.messages.at(-1)?.local).toBeUndefined()

    server.act('bob', 'typing_indicator', { room_id: 'room-123', is_typing: true })
    await advance(20)
    expect(result.current.typingUsers).toEqual(['bob'])
    act(() => result.current.sendTypingIndicator(true))
    await advance(0)
    expect(sent('typing_indicator')).toMatchObject([{ data: { room_id: 'room-123', is_typing: true } }])

    act(() => result.current.sendReadReceipt())
    await advance(600)
    const newest = result.current.messages.at(-1)
    expect(sent('read_receipt')).toMatchObject([{ data: { message_id: newest?.id } }])

    act(() => result.current.clearMessages())
    expect(result.current.messages).toEqual([])
    server.inject('room-123', { sender: 'bob', content: 'after clearing' })
    await advance(20)
    expect(result.current.messages.map(({ content }) => content)).toEqual(['after clearing'])
    await act(async () => void (await result.current.loadHistory()))
    expect(result.current.messages).toHaveLength(62)
    expect(() => result.current.scrollToBottom()).not.toThrow()
    expect(result.current.messagesEndRef).toHaveProperty('current')
  })

  it('6. useChatRooms()', async () => {
    const { wrapper, advance, server } = setup({
      server: {
        rooms: [{ id: 'room-123' }, { id: 'open', members: ['bob'] }],
      },
    })
    server.inject('room-123', { sender: 'bob', content: 'unread' })
    const { result } = renderHook(() => useBlock6(), { wrapper })
    await advance(0)
    expect(result.current).toMatchObject({ isConnected: true, activeRoomId: null })
    expect(result.current.rooms).toMatchObject([{ id: 'room-123', unread_count: 1 }])

    await act(() => result.current.joinRoom('open'))
    await advance(20)
    expect(result.current.activeRoomId).toBe('open')
    expect(result.current.rooms.map(({ id }) => id)).toContain('open')
    await act(() => result.current.leaveRoom('open'))
    await advance(20)
    expect(result.current.activeRoomId).toBeNull()
    expect(result.current.rooms.map(({ id }) => id)).toEqual(['room-123'])

    await act(async () => {
      const marked = result.current.markRoomAsRead('room-123')
      await advance(20)
      await marked
    })
    await advance(20)
    expect(result.current.rooms).toMatchObject([{ id: 'room-123', unread_count: 0 }])
    server.createRoom({ id: 'new', members: ['alice'] })
    await advance(20)
    expect(result.current.rooms.map(({ id }) => id)).toContain('new')
    let loaded: readonly unknown[] = []
    await act(async () => {
      loaded = await result.current.loadRooms()
    })
    expect(loaded).toHaveLength(2)
  })

  it('7. useConnectionIndicator()', async () => {
    const { wrapper, advance, manager, server } = setup()
    const { container } = render(<Block7 />, { wrapper })
    manager.connect('/ws/chat/room-123/')
    await advance(0)
    expect(container.textContent).toBe('')
    server.faults.refuseNext(1013, 100)
    act(() => server.faults.disconnectAll())
    await advance(4_900)
    expect(container.textContent).toBe('')
    await advance(200)
    expect(container.textContent).toBe('Reconnecting...')
    act(() => manager.disconnect('/ws/chat/room-123/'))
    expect(container.textContent).toBe('Disconnected')
  })
})
