/** Where rows are on the screen, in pixels, frame by frame. */
import { cleanup, render } from '@testing-library/react'
import { afterEach, expect, it } from 'vitest'
import type { ChatMessage } from '../../src/chat/index.ts'
import { MessageList, type MessageListProps } from '../../storybook/components/MessageList.tsx'
import '../../storybook/components/theme.css'

const HOUR_MS = 3_600_000
const SENDERS = ['alice', 'bob', 'carol']

/** Rows of very different heights, so that every estimate is wrong. */
const messageAt = (number: number): ChatMessage => {
  const sender = SENDERS[Math.floor(number / 4) % 3] ?? 'bob'
  return {
    id: `m${number}`,
    room_id: 'r',
    sender: { id: sender, username: sender },
    content: `${number}\n${'words and more words '.repeat((number * 7) % 13)}`.trim(),
    timestamp: new Date(Date.UTC(2026, 0, 1) + (number * HOUR_MS) / 12).toISOString(),
  }
}

const messagesFrom = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, index) => messageAt(first + index))

const frame = () => new Promise((resolve) => requestAnimationFrame(resolve))

const frames = async (count: number) => {
  for (let index = 0; index < count; index++) await frame()
}

afterEach(cleanup)

async function show(props: Partial<MessageListProps> & Pick<MessageListProps, 'messages'>, height = 500) {
  const element = (more: Partial<MessageListProps> = {}, blockSize = height) => (
    <div className="qw" style={{ display: 'flex', blockSize, inlineSize: 400 }}>
      <MessageList currentUserId="alice" {...props} {...more} />
    </div>
  )
  const { container, rerender } = render(element())
  await frames(8)
  const list = container.querySelector<HTMLElement>('[role=log]')
  if (!list) throw new Error('There is no list')
  const row = (id: string | undefined) => list.querySelector<HTMLElement>(`article[data-message-id="${id}"]`)
  return {
    list,
    row,
    update: (more: Partial<MessageListProps>, blockSize?: number) => rerender(element(more, blockSize)),
    belowEnd: () => list.scrollHeight - list.scrollTop - list.clientHeight,
    /** The first message whose top is in view. */
    firstInView: () =>
      [...list.querySelectorAll<HTMLElement>('article')].find(
        (article) => article.getBoundingClientRect().top >= list.getBoundingClientRect().top,
      )?.dataset.messageId,
    topOf: (id: string | undefined) => row(id)?.getBoundingClientRect().top ?? Number.NaN,
  }
}

type Shown = Awaited<ReturnType<typeof show>>

/** How far a message strays from where it is now, over some frames. */
async function movement({ topOf }: Shown, id: string | undefined, change: () => void) {
  const start = topOf(id)
  change()
  let moved = 0
  for (let index = 0; index < 20; index++) {
    await frame()
    const distance = Math.abs(topOf(id) - start)
    moved = Math.max(moved, Number.isNaN(distance) ? Number.POSITIVE_INFINITY : distance)
  }
  return moved
}

it('opens at the newest message', async () => {
  const { belowEnd, row } = await show({ messages: messagesFrom(1, 300) })
  expect(belowEnd()).toBeLessThanOrEqual(1)
  expect(row('m300')).not.toBeNull()
})

it.each([0, 90, 700])('keeps the place when fifty older ones come, %i pixels from the top', async (from) => {
  const shown = await show({ messages: messagesFrom(101, 250), hasOlder: true })
  shown.list.scrollTop = from
  await frames(5)
  const id = shown.firstInView()
  const heightBefore = shown.list.scrollHeight
  const moved = await movement(shown, id, () => shown.update({ messages: messagesFrom(51, 250) }))
  expect(shown.list.scrollHeight).toBeGreaterThan(heightBefore + 1_000)
  expect(moved).toBeLessThanOrEqual(1)
})

it('keeps the place when the last of the older ones come', async () => {
  const shown = await show({ messages: messagesFrom(51, 250), hasOlder: true })
  shown.list.scrollTop = 0
  await frames(5)
  const id = shown.firstInView()
  const change = () => shown.update({ messages: messagesFrom(1, 250), hasOlder: false })
  expect(await movement(shown, id, change)).toBeLessThanOrEqual(1)
})

it('moves by what is scrolled and by nothing else, through rows that were never measured', async () => {
  const shown = await show({ messages: messagesFrom(1, 400) })
  const { list, topOf, firstInView } = shown
  for (let step = 0; step < 60; step++) {
    // A person's scrolling is told before the frame it is seen in; a script's from within a frame only in the next.
    await new Promise((resolve) => setTimeout(resolve))
    const id = firstInView()
    const before = topOf(id)
    list.scrollTop -= 130
    await frames(2)
    expect(Math.abs(topOf(id) - before - 130)).toBeLessThanOrEqual(1)
  }
})

it.each(['up', 'down'])(
  'keeps the place when a message above gets higher, after scrolling %s',
  async (direction) => {
    const messages = messagesFrom(1, 200)
    const shown = await show({ messages })
    shown.list.scrollTop -= direction === 'up' ? 1_500 : 1_700
    await frames(3)
    if (direction === 'down') shown.list.scrollTop += 200
    await frame()
    const id = shown.firstInView()
    const above = Number(id?.slice(1)) - 4
    expect(shown.row(`m${above}`)).not.toBeNull()
    const edited = messages.map((message) =>
      message.id === `m${above}` ? { ...message, content: 'much more to say\n'.repeat(12) } : message,
    )
    expect(await movement(shown, id, () => shown.update({ messages: edited }))).toBeLessThanOrEqual(1)
  },
)

it('keeps the end in view while a hundred messages come', async () => {
  const { update, belowEnd, row } = await show({ messages: messagesFrom(1, 100) })
  for (let last = 101; last <= 200; last++) {
    update({ messages: messagesFrom(1, last) })
    await frame()
    expect(belowEnd()).toBeLessThanOrEqual(1)
  }
  expect(row('m200')).not.toBeNull()
})

it('keeps the end in view when the last message gets higher, and when the list gets smaller', async () => {
  const messages = messagesFrom(1, 100)
  const { update, belowEnd } = await show({ messages })
  const longer = messages.with(-1, { ...messageAt(100), content: 'a line\n'.repeat(20) })
  update({ messages: longer })
  await frames(3)
  expect(belowEnd()).toBeLessThanOrEqual(1)
  update({ messages: longer }, 300)
  await frames(4)
  expect(belowEnd()).toBeLessThanOrEqual(1)
})

it('leaves who reads above alone when new messages come, and counts those of others', async () => {
  const shown = await show({ messages: messagesFrom(1, 200) })
  shown.list.scrollTop -= 1_200
  await frames(3)
  const id = shown.firstInView()
  const change = () => shown.update({ messages: messagesFrom(1, 206) })
  expect(await movement(shown, id, change)).toBeLessThanOrEqual(1)
  const others = messagesFrom(201, 206).filter(({ sender }) => sender.id !== 'alice').length
  const pill = shown.list.parentElement?.querySelector('button')
  expect(pill?.textContent).toBe(`${others} new messages`)
})

it('goes to the end for a message of one’s own', async () => {
  const messages = messagesFrom(1, 200)
  const { list, update, belowEnd } = await show({ messages })
  list.scrollTop -= 3_000
  await frames(3)
  const local = { key: 'c1', status: 'queued', attempts: 0 } as const
  const own = { ...messageAt(1), id: 'c1', client_id: 'c1', timestamp: new Date().toISOString(), local }
  update({ messages: [...messages, own] })
  await expect.poll(belowEnd).toBeLessThanOrEqual(1)
})

it('keeps the element of a message when the server gives it its id', async () => {
  const messages = messagesFrom(1, 20)
  const sender = { id: 'alice', username: 'alice' }
  const pending = {
    ...messageAt(21),
    id: 'c1',
    client_id: 'c1',
    sender,
    local: { key: 'c1', status: 'sending', attempts: 1 } as const,
  }
  const { update, row } = await show({ messages: [...messages, pending] })
  const element = row('c1')
  const { local: _gone, ...confirmed } = { ...pending, id: 'm21' }
  update({ messages: [...messages, confirmed] })
  await frame()
  expect(element).not.toBeNull()
  expect(row('m21')).toBe(element)
})

it('has elements for what is in view only, in a window of fifty thousand messages', async () => {
  const { list } = await show({ messages: messagesFrom(1, 50_000) })
  for (const share of [0.9, 0.5, 0.1, 0]) {
    list.scrollTop = share * list.scrollHeight
    await frames(3)
    expect(list.querySelectorAll('article').length).toBeGreaterThan(3)
    expect(list.querySelectorAll('article').length).toBeLessThan(60)
  }
})

it('asks for older messages near the top, once at a time, and not before', async () => {
  let asked = 0
  const loadOlder = () => {
    asked += 1
  }
  const { list, update } = await show({ messages: messagesFrom(1, 100), hasOlder: true, loadOlder })
  expect(asked).toBe(0)
  list.scrollTop = 300
  await frames(2)
  expect(asked).toBe(1)
  update({ isLoadingOlder: true })
  list.scrollTop = 200
  await frames(2)
  expect(asked).toBe(1)
})

it('asks for more when a page is too short to scroll, and no more when it is long enough', async () => {
  let asked = 0
  const loadOlder = () => {
    asked += 1
  }
  const { update } = await show({ messages: messagesFrom(97, 100), hasOlder: true, loadOlder })
  expect(asked).toBeGreaterThan(0)
  update({ messages: messagesFrom(1, 100), hasOlder: true, loadOlder })
  asked = 0
  await frames(5)
  expect(asked).toBe(0)
})
