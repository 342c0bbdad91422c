import { act, render } from '@testing-library/react'
import { afterEach, describe, expect, it } from 'vitest'
import { useChatWebSocket } from '../../src/chat/index.ts'
import { ConnectionIndicator, StatusBar, TypingIndicator } from './blocks/components.tsx'
import { setup, tearDown } from './kit.tsx'

afterEach(tearDown)

describe('State Management (Zustand)', () => {
  it('StatusBar shows the state, and the attempts while reconnecting', async () => {
    const { wrapper, advance, manager, server } = setup({ manager: { endpoint: '/ws/' } })
    const { container } = render(<StatusBar />, { wrapper })
    expect(container.textContent).toBe('Status: IDLE')
    act(() => manager.connect())
    await advance(0)
    expect(container.textContent).toBe('Status: CONNECTED')
    server.faults.refuseNext(1013, 1)
    act(() => server.faults.disconnectAll())
    expect(container.textContent).toBe('Status: RECONNECTING (Attempt 1)')
    await advance(1_000)
    expect(container.textContent).toBe('Status: RECONNECTING (Attempt 2)')
    await advance(1_500)
    expect(container.textContent).toMatch(/^Status: CONNECTED/)
    await advance(10_000)
    expect(container.textContent).toBe('Status: CONNECTED')
  })
})

describe('UI Components', () => {
  it('Connection Indicator', async () => {
    const { wrapper, advance, manager, server } = setup({ manager: { endpoint: '/ws/' } })
    const { container } = render(<ConnectionIndicator />, { wrapper })
    act(() => manager.connect())
    await advance(0)
    expect(container.innerHTML).toBe('')
    server.faults.refuseNext(1013, 99)
    act(() => server.faults.disconnectAll())
    await advance(5_000)
    expect(container.textContent).toBe('Reconnecting... (Attempt 4)')
    act(() => manager.disconnect())
    expect(container.textContent).toBe('Connection lost. Trying to reconnect...')
  })

  it('Typing Indicator', async () => {
    const { wrapper, advance, server } = setup()
    function Room() {
      const { typingUsers } = useChatWebSocket('room-123')
      return <TypingIndicator typingUsers={typingUsers} />
    }
    const { container } = render(<Room />, { wrapper })
    await advance(100)
    expect(container.innerHTML).toBe('')
    const type = (user: string) =>
      act(() => void server.act(user, 'typing_indicator', { room_id: 'room-123', is_typing: true }))
    type('bob')
    await advance(100)
    expect(container.textContent).toBe('bob is typing...')
    type('carol')
    type('alice')
    await advance(100)
    expect(container.textContent).toBe('bob, carol are typing...')
    await advance(7_000)
    expect(container.innerHTML).toBe('')
  })
})
