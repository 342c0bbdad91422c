/** A page that stays open over midnight. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { act, cleanup, render, screen } from '@testing-library/react'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { ChatProvider } from '../../src/chat/index.ts'
import { Message } from '../../storybook/components/Message.tsx'
import { RoomList } from '../../storybook/components/RoomList.tsx'
import { StickyDay } from '../../storybook/components/StickyDay.tsx'
import { createWorld } from '../chat/kit.ts'

const MINUTE_MS = 60_000
const lateEvening = new Date(2024, 0, 15, 23, 50)

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: lateEvening })
})
afterEach(() => {
  cleanup()
  vi.useRealTimers()
})

const pass = (ms: number) => act(() => vi.advanceTimersByTime(ms))
const none = () => undefined

const row = {
  message: {
    id: 1,
    room_id: 'harbour',
    sender: { id: 'bob', username: 'bob' },
    content: 'Good night',
    timestamp: lateEvening.toISOString(),
  },
  startsDay: true,
  startsUnread: false,
  startsGroup: true,
  endsGroup: true,
}

it('[C132] the day above a message, and the one that scrolls along, have another name after midnight', () => {
  render(
    <>
      <Message {...row} isOwn={false} onRetry={none} onDiscard={none} />
      <StickyDay row={{ key: '1', ...row }} isShown />
    </>,
  )
  const days = () => screen.queryAllByText(/day$/).map(({ textContent }) => textContent)
  pass(9 * MINUTE_MS)
  expect(days()).toEqual(['Today', 'Today'])
  pass(2 * MINUTE_MS)
  expect(days()).toEqual(['Yesterday', 'Yesterday'])
  pass(24 * 60 * MINUTE_MS)
  expect(days()).toEqual(['Monday', 'Monday'])
})

it('[C132] a page that slept over midnight says so when it is looked at', () => {
  render(<StickyDay row={{ key: '1', ...row }} isShown />)
  vi.setSystemTime(new Date(2024, 0, 16, 8))
  act(() => void document.dispatchEvent(new Event('visibilitychange')))
  expect(screen.getByText('Yesterday')).toBeDefined()
  cleanup()
  expect(vi.getTimerCount()).toBe(0)
})

it('[C132] the list of rooms tells the time of what was said today, and the day from the next one on', async () => {
  const world = createWorld({
    rooms: [
      {
        id: 'harbour',
        messages: [{ sender: 'bob', content: 'Good night', timestamp: row.message.timestamp }],
      },
    ],
  })
  const { container } = render(
    <QueryClientProvider client={new QueryClient()}>
      <ChatProvider chat={world.newChat('alice')}>
        <RoomList />
      </ChatProvider>
    </QueryClientProvider>,
  )
  await act(() => world.pass(100))
  const time = () => container.querySelector('time')?.textContent
  expect(time()).toMatch(/11:50/)
  pass(11 * MINUTE_MS)
  expect(time()).toBe('Mon')
  world.close()
})
