/** What is read out to people who do not see the list, and what is not. */
import { act, cleanup, render, screen } from '@testing-library/react'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ChatMessage } from '../../src/chat/index.ts'
import { MessageAnnouncer, type MessageAnnouncerProps } from '../../storybook/components/MessageAnnouncer.tsx'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => {
  cleanup()
  vi.useRealTimers()
})

const said = (number: number, by = 'bob', more: Partial<ChatMessage> = {}): ChatMessage => ({
  id: `m${number}`,
  room_id: 'pier',
  sender: { id: by, username: by },
  content: `Number ${number}`,
  timestamp: new Date(Date.UTC(2026, 4, 3, 8, number)).toISOString(),
  ...more,
})
const all = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => said(from + at))

function open(first: Partial<MessageAnnouncerProps>) {
  let props = { messages: [], currentUserId: 'alice', isLoading: false, hasNewer: false, ...first }
  const { rerender } = render(<MessageAnnouncer {...props} />)
  /** What is heard within two seconds, other than before. */
  const heard = () => {
    const status = screen.getByRole('status')
    const before = status.firstElementChild
    act(() => void vi.advanceTimersByTime(2_000))
    return status.firstElementChild === before ? undefined : status.textContent
  }
  return (next: Partial<MessageAnnouncerProps>) => {
    props = { ...props, ...next }
    rerender(<MessageAnnouncer {...props} />)
    return heard()
  }
}

describe('[C131] what is read out', () => {
  it('is the first message of a room that was loaded empty', () => {
    const show = open({ isLoading: true })
    expect(show({ isLoading: false })).toBeUndefined()
    expect(show({ messages: [said(1)] })).toBe('bob: Number 1')
    expect(show({ messages: [said(1), said(2)] })).toBe('bob: Number 2')
  })

  it('is what answers the first one of oneself there', () => {
    const show = open({})
    const own = said(1, 'alice', { local: { key: 'c1', status: 'queued', attempts: 0 }, client_id: 'c1' })
    expect(show({ messages: [own] })).toBeUndefined()
    expect(show({ messages: [said(1, 'alice', { client_id: 'c1' })] })).toBeUndefined()
    expect(show({ messages: [said(1, 'alice', { client_id: 'c1' }), said(2)] })).toBe('bob: Number 2')
  })

  it('is nothing that was there: neither what is loaded first, nor what could not be loaded before', () => {
    const show = open({ isLoading: true })
    expect(show({ isLoading: false })).toBeUndefined()
    expect(show({ isLoading: true })).toBeUndefined()
    expect(show({ isLoading: false, messages: all(1, 50) })).toBeUndefined()
    expect(show({ messages: all(1, 52) })).toBe('2 new messages')
  })

  it('is nothing that paging brings, in either direction, until the newest is there', () => {
    const show = open({ messages: all(101, 150), hasNewer: true })
    expect(show({ messages: all(51, 150) })).toBeUndefined()
    expect(show({ messages: all(51, 200) })).toBeUndefined()
    expect(show({ messages: all(51, 230), hasNewer: false })).toBeUndefined()
    expect(show({ messages: all(51, 231) })).toBe('bob: Number 231')
  })

  it('is nothing that a jump brings, into the past or back', () => {
    const show = open({ messages: all(201, 250) })
    expect(show({ messages: [], isLoading: true })).toBeUndefined()
    expect(show({ messages: all(1, 50), isLoading: false, hasNewer: true })).toBeUndefined()
    expect(show({ messages: all(1, 250), hasNewer: false })).toBeUndefined()
    expect(show({ messages: all(1, 251) })).toBe('bob: Number 251')
  })
})
