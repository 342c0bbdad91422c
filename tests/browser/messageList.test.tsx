/** The list in pixels: whoever reads keeps their place, and whoever is at the end stays there. */
import { afterEach, expect, it } from 'vitest'
import type { ChatMessage } from '../../src/chat/index.ts'
import type { MessageListProps } from '../../storybook/components/MessageList.tsx'
import {
  aboveView,
  firstInView,
  frames,
  type ListPage,
  messages,
  movementOf,
  openList,
  rest,
  scrollTo,
} from './listPage.tsx'

let page: ListPage | undefined

afterEach(() => {
  page?.close()
  page = undefined
})

const open = async (props: Partial<MessageListProps> = {}) => {
  page = await openList({ messages: messages(0, 200), currentUserId: 'alice', ...props })
  return page
}

const rowOf = (log: HTMLElement, id: string | undefined) =>
  log.querySelector<HTMLElement>(`article[data-message-id="${id}"]`)

const topOf = (log: HTMLElement, id: string) => rowOf(log, id)?.getBoundingClientRect().top ?? Number.NaN

it('opens at the newest message', async () => {
  const { belowEnd, log } = await open()
  expect(belowEnd()).toBeLessThanOrEqual(1)
  expect(rowOf(log(), 'm199')).not.toBeNull()
})

it.each([0, 90, 700])('keeps the place when fifty older ones come, %i pixels from the top', async (from) => {
  const { log, show } = await open({ hasOlder: true })
  for (let page = 1; page <= 3; page++) {
    await scrollTo(log(), from)
    const height = log().scrollHeight
    const change = () => show({ messages: messages(-50 * page, 200) })
    expect(await movementOf(log(), firstInView(log()), change)).toBeLessThanOrEqual(1)
    expect(log().scrollHeight).toBeGreaterThan(height + 1_000)
  }
})

it('keeps the place when the beginning of the history is reached', async () => {
  const { log, show } = await open({ hasOlder: true })
  await scrollTo(log(), 0)
  const change = () => show({ messages: messages(-50, 200), hasOlder: false })
  expect(await movementOf(log(), firstInView(log()), change)).toBeLessThanOrEqual(1)
})

it('moves by what is scrolled and by nothing else, through rows that were never measured', async () => {
  const { log } = await open({ messages: messages(0, 400) })
  for (let step = 0; step < 60; step++) {
    // A person's scrolling is told before the frame it is seen in; a script's from within a frame only in the next.
    await new Promise((resolve) => setTimeout(resolve))
    const reads = firstInView(log())
    const before = topOf(log(), reads)
    log().scrollTop -= 130
    await frames(2)
    expect(Math.abs(topOf(log(), reads) - before - 130)).toBeLessThanOrEqual(1)
  }
})

it.each([
  ['up', 200],
  ['down', -200],
])('keeps the place when a message above is edited, after scrolling %s', async (_direction, further) => {
  const { log, show } = await open()
  await scrollTo(log(), 4_000 + further)
  log().scrollTop -= further
  await frames(2)
  const edited = aboveView(log()).dataset.messageId
  const content = 'much more to say\n'.repeat(12)
  const change = () =>
    show({ messages: messages(0, 200).map((one) => (one.id === edited ? { ...one, content } : one)) })
  expect(await movementOf(log(), firstInView(log()), change)).toBeLessThanOrEqual(1)
})

it('stays at the end while a hundred messages come, one in a frame', async () => {
  const { belowEnd, log, show } = await open()
  for (let count = 201; count <= 300; count++) {
    show({ messages: messages(0, count) })
    await frames(2)
    expect(belowEnd()).toBeLessThanOrEqual(1)
  }
  expect(rowOf(log(), 'm299')).not.toBeNull()
})

it('stays at the end when the last message is edited', async () => {
  const { belowEnd, log, show } = await open()
  const all = messages(0, 200)
  show({
    messages: all.map((one, index) => (index === 199 ? { ...one, content: 'a line\n'.repeat(20) } : one)),
  })
  await rest(log())
  expect(belowEnd()).toBeLessThanOrEqual(1)
})

it('[C135] says neither where one is nor that there is more while it takes whoever is at the end there', async () => {
  const { belowEnd, log, show } = await open()
  const all = messages(0, 200)
  const lost: string[] = []
  const watch = async (what: string) => {
    for (let count = 0; count < 12; count++) {
      await frames(1)
      const told = log().parentElement?.querySelector('.qw-sticky-day[data-shown], .qw-jump')
      if (told) lost.push(`${what}: ${told.textContent}`)
    }
  }
  const growing = { ...all.at(-1), status: 'streaming' } as ChatMessage
  for (let lines = 5; lines <= 40; lines += 5) {
    show({ messages: [...all.slice(0, -1), { ...growing, content: 'a line\n'.repeat(lines) }] })
    await watch(`${lines} lines`)
  }
  for (let count = 203; count < 215; count += 3) {
    show({ messages: messages(0, count) })
    await watch(`${count} messages`)
  }
  expect(belowEnd()).toBeLessThanOrEqual(1)
  expect(lost).toEqual([])
})

it('leaves who reads above alone when new messages come', async () => {
  const { log, show } = await open()
  await scrollTo(log(), 4_000)
  const change = () => show({ messages: messages(0, 230) })
  expect(await movementOf(log(), firstInView(log()), change)).toBeLessThanOrEqual(1)
})

const alice = { id: 'alice', username: 'alice' }

const pending = (status: 'queued' | 'sending') => ({
  id: 'c1',
  client_id: 'c1',
  room_id: 'pier',
  sender: alice,
  content: 'Mine',
  timestamp: new Date().toISOString(),
  local: { key: 'c1', status, attempts: 1 },
})

it('goes to the end for a message of one’s own', async () => {
  const { belowEnd, log, show } = await open()
  await scrollTo(log(), 4_000)
  show({ messages: [...messages(0, 200), pending('queued')] })
  await expect.poll(belowEnd).toBeLessThanOrEqual(1)
})

it('keeps the element of a message when the server gives it its id', async () => {
  const { log, show } = await open({ messages: [...messages(0, 20), pending('sending')] })
  const element = rowOf(log(), 'c1')
  const { local: _gone, ...confirmed } = { ...pending('sending'), id: 'm20' }
  show({ messages: [...messages(0, 20), confirmed] })
  await rest(log())
  expect(element).not.toBeNull()
  expect(rowOf(log(), 'm20')).toBe(element)
})

it('has elements for what is in view only, in a window of fifty thousand messages', async () => {
  const { log } = await open({ messages: messages(0, 50_000) })
  for (const share of [0.9, 0.5, 0.1, 0]) {
    log().scrollTop = share * log().scrollHeight
    await frames(3)
    expect(log().querySelectorAll('article').length).toBeGreaterThan(3)
    expect(log().querySelectorAll('article').length).toBeLessThan(60)
  }
})

it('asks for older messages near the top, once at a time, and not before', async () => {
  let asked = 0
  const loadOlder = () => {
    asked += 1
  }
  const { log, show } = await open({ hasOlder: true, loadOlder })
  expect(asked).toBe(0)
  log().scrollTop = 300
  await frames(2)
  expect(asked).toBe(1)
  show({ isLoadingOlder: true })
  log().scrollTop = 200
  await frames(2)
  expect(asked).toBe(1)
})

it('asks for more when a page is too short to scroll, and no more when it is long enough', async () => {
  let asked = 0
  const loadOlder = () => {
    asked += 1
  }
  const { log, show } = await open({ messages: messages(196, 200), hasOlder: true, loadOlder })
  expect(asked).toBeGreaterThan(0)
  show({ messages: messages(0, 200) })
  asked = 0
  await rest(log())
  expect(asked).toBe(0)
})
