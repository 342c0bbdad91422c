/** Two people in two windows of the demo: what one writes the other sees, whatever happens to the server. */
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { bubbles, log, ready, say, sayFromElsewhere, type VisitOptions, visit } from './demo.ts'
import { browser, demo } from './runningDemo.ts'

const enter = async (options: VisitOptions) => {
  const { page, problems } = await visit(browser, demo, { room: 'general', ...options })
  await ready(page)
  return { page, problems }
}

/** The least the reader can ask for: the page has lost nothing that a reload would have lost. */
const mark = (page: Page) => page.evaluate(() => Object.assign(window, { notReloaded: true }))
const isMarked = (page: Page) => page.evaluate(() => 'notReloaded' in window)

const belowEnd = (page: Page) =>
  log(page).evaluate(({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight)

const connection = (page: Page) => page.getByRole('status', { name: 'Connection' })

it('shows a message in the other window within a second, in both exactly once', async () => {
  const alice = await enter({ user: 'alice' })
  const bob = await enter({ user: 'bob' })
  await say(alice.page, 'Is this thing on?')
  await bubbles(bob.page, 'Is this thing on?').waitFor({ timeout: 1_000 })
  await say(bob.page, 'It is.')
  await bubbles(alice.page, 'It is.').waitFor({ timeout: 1_000 })
  for (const { page, problems } of [alice, bob]) {
    expect(await bubbles(page, 'Is this thing on?').count()).toBe(1)
    expect(await bubbles(page, 'It is.').count()).toBe(1)
    expect(problems).toEqual([])
  }
})

it('tells that somebody is typing, and that the message was read', async () => {
  const alice = await enter({ user: 'alice', room: 'alice-bob' })
  const bob = await enter({ user: 'bob', room: 'alice-bob' })
  await bob.page.getByRole('textbox', { name: 'Message' }).pressSequentially('Wait')
  await alice.page.getByText('bob is typing').waitFor()
  await say(bob.page, 'Never mind')
  await bubbles(alice.page, 'Never mind').waitFor()
  await alice.page.getByText('bob is typing').waitFor({ state: 'detached' })
  await log(bob.page).getByText('Read by alice').waitFor()
})

it('counts what is unread in a room that is not open', async () => {
  const alice = await enter({ user: 'alice', room: 'design' })
  const bob = await enter({ user: 'bob', room: 'alice-bob' })
  const room = alice.page.getByRole('navigation', { name: 'Rooms' }).getByRole('link', { name: /^bob/ })
  await say(bob.page, 'Psst')
  await room.getByText('1 unread').waitFor()
  await room.click()
  await bubbles(alice.page, 'Psst').waitFor()
  await room.getByText('unread').waitFor({ state: 'detached' })
})

it('puts older messages above without moving the one that is read', async () => {
  const { page, problems } = await enter({ user: 'alice' })
  for (let time = 0; time < 4; time++) {
    const { moved, grewBy } = await log(page).evaluate(scrollToTopAndWatch)
    expect(grewBy).toBeGreaterThan(500)
    expect(moved).toBeLessThanOrEqual(1)
  }
  expect(problems).toEqual([])
})

/** Runs in the page: goes to the top, and follows the first message in view, frame by frame, while a page lands. */
async function scrollToTopAndWatch(list: Element): Promise<{ moved: number; grewBy: number }> {
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve))
  const top = list.getBoundingClientRect().top
  const firstInView = () =>
    [...list.querySelectorAll('article')].find((row) => row.getBoundingClientRect().top >= top)
  const heightBefore = list.scrollHeight
  list.scrollTop = 0
  list.dispatchEvent(new Event('scroll'))
  let row = firstInView()
  while (!row || row.getBoundingClientRect().top > top + 200) {
    await frame()
    row = firstInView()
  }
  const id = row.dataset.messageId
  const startsAt = row.getBoundingClientRect().top
  let moved = 0
  for (let frames = 0, after = 0; after < 30 && frames < 600; frames++) {
    await frame()
    const now = list.querySelector(`article[data-message-id="${id}"]`)
    moved = Math.max(
      moved,
      now ? Math.abs(now.getBoundingClientRect().top - startsAt) : Number.POSITIVE_INFINITY,
    )
    if (list.scrollHeight > heightBefore + 500) after++
  }
  return { moved, grewBy: list.scrollHeight - heightBefore }
}

it('keeps the newest in view for who is there, and leaves alone who reads above', async () => {
  const alice = await enter({ user: 'alice' })
  const bob = await enter({ user: 'bob' })
  for (let number = 1; number <= 8; number++) {
    await say(bob.page, `Line ${number}\nand a second one`)
    await log(alice.page).getByText(`Line ${number}`).waitFor()
    await expect.poll(() => belowEnd(alice.page), { timeout: 10_000 }).toBeLessThanOrEqual(1)
  }
  await log(alice.page).hover()
  await alice.page.mouse.wheel(0, -500)
  await expect.poll(() => belowEnd(alice.page), { timeout: 10_000 }).toBeGreaterThan(300)
  const before = await log(alice.page).evaluate((list) => list.scrollTop)
  await say(bob.page, 'Down here')
  const pill = alice.page.getByRole('button', { name: '1 new message' })
  await pill.waitFor()
  expect(await log(alice.page).evaluate((list) => list.scrollTop)).toBe(before)
  await pill.click()
  await expect.poll(() => belowEnd(alice.page), { timeout: 10_000 }).toBeLessThanOrEqual(1)
  await pill.waitFor({ state: 'detached' })
})

it('survives the server: banner, queue, everything back once, without a reload', {
  timeout: 120_000,
}, async () => {
  const alice = await enter({ user: 'alice' })
  const bob = await enter({ user: 'bob' })
  await Promise.all([mark(alice.page), mark(bob.page)])
  await demo.killServer()
  await say(alice.page, 'Said into the void')
  const own = log(alice.page).getByRole('article').filter({ hasText: 'Said into the void' })
  await own.getByRole('img', { name: 'Waiting to be sent' }).waitFor()
  expect(await connection(alice.page).isVisible()).toBe(false)
  await connection(alice.page).waitFor({ state: 'visible', timeout: 10_000 })

  const { url } = await demo.startServer({ elsewhere: true })
  for (const text of ['Carol was here', 'and here']) {
    await sayFromElsewhere(url, { user: 'carol', room: 'general', text })
  }
  await demo.killServer()
  await demo.startServer()

  await own.getByRole('img', { name: 'Sent' }).waitFor({ timeout: 60_000 })
  await connection(alice.page).waitFor({ state: 'hidden' })
  for (const { page } of [alice, bob]) {
    for (const text of ['Carol was here', 'and here', 'Said into the void']) {
      await bubbles(page, text).waitFor({ timeout: 60_000 })
      expect(await bubbles(page, text).count()).toBe(1)
    }
    expect(await isMarked(page)).toBe(true)
  }
})

it('loses nothing by a reload while the server is away, and sends it once', {
  timeout: 120_000,
}, async () => {
  const alice = await enter({ user: 'alice' })
  const bob = await enter({ user: 'bob' })
  await demo.killServer()
  const texts = ['Before the reload', 'and another']
  for (const text of texts) await say(alice.page, text)
  const waiting = alice.page.getByRole('img', { name: 'Waiting to be sent' })
  await expect.poll(() => waiting.count(), { timeout: 10_000 }).toBe(2)
  await alice.page.getByRole('textbox', { name: 'Message' }).fill('Half a sent')
  await alice.page.reload()
  await expect.poll(() => waiting.count(), { timeout: 10_000 }).toBe(2)
  expect(await alice.page.getByRole('textbox', { name: 'Message' }).inputValue()).toBe('Half a sent')

  await demo.startServer()
  for (const text of texts) {
    await bubbles(bob.page, text).waitFor({ timeout: 60_000 })
    for (const { page } of [alice, bob]) expect(await bubbles(page, text).count()).toBe(1)
  }
  await expect.poll(() => waiting.count(), { timeout: 10_000 }).toBe(0)
  expect(alice.problems).toEqual([])
})

it('counts what is unread in the title, and names the room', async () => {
  const alice = await enter({ user: 'alice', room: 'design' })
  const bob = await enter({ user: 'bob', room: 'alice-bob' })
  const unread = async () => Number(/^\((\d+)\) Design/.exec(await alice.page.title())?.[1] ?? 0)
  const before = await unread()
  await say(bob.page, 'Over here')
  await expect.poll(unread).toBe(before + 1)
})

it('says so when nobody has this name, and does not try again by itself', async () => {
  const { page } = await visit(browser, demo, { user: 'mallory' })
  await connection(page).getByText('Nobody here is called "mallory"').waitFor({ timeout: 10_000 })
  await page.getByRole('button', { name: 'Try again' }).waitFor()
})
