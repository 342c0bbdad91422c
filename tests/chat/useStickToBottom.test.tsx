import { act, cleanup, render } from '@testing-library/react'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { ChatMessage } from '../../src/chat/index.ts'
import { useSeenAtEnd } from '../../src/chat/react/scroll/useSeenAtEnd.ts'
import { useStickToBottom } from '../../src/chat/react/scroll/useStickToBottom.ts'

afterEach(() => {
  cleanup()
  vi.restoreAllMocks()
})

const ROW_PX = 100
const VIEW_PX = 500

const message = (at: number, local?: ChatMessage['local'], room_id = 'r'): ChatMessage => ({
  id: `m${at}`,
  room_id,
  sender: { id: 'bob', username: 'bob' },
  content: String(at),
  timestamp: '2024-01-15T10:30:00.000Z',
  ...(local && { local }),
})
const messages = (from: number, to: number, room?: string) =>
  Array.from({ length: to - from }, (_, at) => message(from + at, undefined, room))

let scroll: (behavior?: ScrollBehavior) => void
const onSeen = vi.fn()

function List({ rows }: { rows: readonly ChatMessage[] }) {
  const { endRef, end, scrollToBottom } = useStickToBottom(rows)
  scroll = scrollToBottom
  useSeenAtEnd(end, rows, onSeen)
  if (rows.length === 0) return <i>Nothing here</i>
  return (
    <div style={{ overflowY: 'auto' }}>
      {rows.map(({ id }) => (
        <p key={id}>{id}</p>
      ))}
      <div ref={endRef} />
    </div>
  )
}

/** A list whose rows all have the same height; this DOM has no layout. */
function show(rows: readonly ChatMessage[]) {
  Object.defineProperty(HTMLElement.prototype, 'scrollHeight', {
    configurable: true,
    get(this: HTMLElement) {
      return this.querySelectorAll('p').length * ROW_PX
    },
  })
  for (const name of ['clientHeight', 'offsetHeight'])
    Object.defineProperty(HTMLElement.prototype, name, { configurable: true, get: () => VIEW_PX })
  // Whoever scrolls has come to rest by the time anything else happens.
  let time = 0
  vi.spyOn(document.timeline, 'currentTime', 'get').mockImplementation(() => (time += 1_000))
  vi.spyOn(HTMLElement.prototype, 'getBoundingClientRect').mockImplementation(function (this: HTMLElement) {
    const list = this.parentElement
    const isRow = list?.style.overflowY
    const top = isRow ? [...list.children].indexOf(this) * ROW_PX - list.scrollTop : 0
    return new DOMRect(0, top, 0, isRow ? ROW_PX : VIEW_PX)
  })
  const view = render(<List rows={rows} />)
  const list = view.container.firstElementChild as HTMLElement
  return {
    view,
    list,
    update: (next: readonly ChatMessage[]) => view.rerender(<List rows={next} />),
    scrollTo: (top: number) =>
      act(() => {
        list.scrollTop = top
        list.dispatchEvent(new Event('scroll'))
      }),
    isAtEnd: () => list.scrollTop >= list.scrollHeight - VIEW_PX,
  }
}

describe('useStickToBottom', () => {
  it('[C18] starts at the end and stays there', () => {
    const { update, isAtEnd } = show(messages(0, 20))
    expect(isAtEnd()).toBe(true)
    update(messages(0, 21))
    expect(isAtEnd()).toBe(true)
  })

  it('[C18] leaves a reader alone who has scrolled up, until they send something', () => {
    const { update, scrollTo, list, isAtEnd } = show(messages(0, 20))
    scrollTo(700)
    update(messages(0, 21))
    expect(list.scrollTop).toBe(700)
    const own = message(99, { key: 'k', status: 'queued', attempts: 0 })
    update([...messages(0, 21), own])
    expect(isAtEnd()).toBe(true)
  })

  it('[C18] knows where the reader is also in a list that comes after its messages', () => {
    const { view, update } = show([])
    update(messages(0, 20))
    const list = view.container.firstElementChild as HTMLElement
    expect(list.scrollTop).toBe(20 * ROW_PX)
    act(() => {
      list.scrollTop = 700
      list.dispatchEvent(new Event('scroll'))
    })
    update(messages(0, 21))
    expect(list.scrollTop).toBe(700)
  })

  it('[C18] starts another room at its end, wherever the reader was in the one before', () => {
    const { update, scrollTo, isAtEnd, list } = show(messages(0, 20))
    scrollTo(300)
    update(messages(100, 130, 'other'))
    expect(isAtEnd()).toBe(true)
    scrollTo(300)
    update(messages(100, 131, 'other'))
    expect(list.scrollTop).toBe(300)
  })

  it('[C18] counts as the end what is near it', () => {
    const { update, scrollTo, isAtEnd, list } = show(messages(0, 20))
    scrollTo(list.scrollHeight - VIEW_PX - 60)
    update(messages(0, 21))
    expect(isAtEnd()).toBe(true)
  })

  it('[C18] keeps what is on screen in place when older messages are put in front', () => {
    const { update, scrollTo, list } = show(messages(50, 70))
    scrollTo(0)
    update(messages(0, 70))
    expect(list.scrollTop).toBe(50 * ROW_PX)
  })

  it('[C18] goes to the end when asked, and stays there from then on', () => {
    const { update, scrollTo, isAtEnd } = show(messages(0, 20))
    scrollTo(0)
    act(() => scroll())
    expect(isAtEnd()).toBe(true)
    update(messages(0, 30))
    expect(isAtEnd()).toBe(true)
  })
})

describe('useSeenAtEnd', () => {
  it('[C14] takes the newest as read only at the end, in a window that somebody looks at', () => {
    const hasFocus = vi.spyOn(document, 'hasFocus').mockReturnValue(true)
    onSeen.mockClear()
    const { update, scrollTo } = show(messages(0, 20))
    expect(onSeen).toHaveBeenCalledTimes(1)
    scrollTo(0)
    update(messages(0, 21))
    expect(onSeen).toHaveBeenCalledTimes(1)
    hasFocus.mockReturnValue(false)
    scrollTo(1_600)
    expect(onSeen).toHaveBeenCalledTimes(1)
    hasFocus.mockReturnValue(true)
    act(() => void window.dispatchEvent(new Event('focus')))
    expect(onSeen).toHaveBeenCalledTimes(2)
  })

  it('[C14] takes a message as read once: what is marked as unread since stays so, until another one comes', () => {
    vi.spyOn(document, 'hasFocus').mockReturnValue(true)
    onSeen.mockClear()
    const { update, scrollTo } = show(messages(0, 20))
    scrollTo(1_499)
    scrollTo(1_500)
    const [first, ...others] = messages(0, 20)
    if (first) update([{ ...first, content: 'edited' }, ...others])
    expect(onSeen).toHaveBeenCalledTimes(1)
    update(messages(0, 21))
    expect(onSeen).toHaveBeenCalledTimes(2)
  })

  it('[C14] sees nothing in an empty list', () => {
    vi.spyOn(document, 'hasFocus').mockReturnValue(true)
    onSeen.mockClear()
    show([])
    expect(onSeen).not.toHaveBeenCalled()
  })
})
