/** A whole conversation with the keyboard alone, in the real demo. */
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  bubbles,
  type Demo,
  log,
  ready,
  sayFromElsewhere,
  startBrowser,
  startDemo,
  visit,
} from '../e2e/demo.ts'
import { keyboardOf } from './keyboard.ts'

let demo: Demo
let browser: Browser
let serverUrl: string

beforeAll(async () => {
  demo = await startDemo()
  await demo.killServer()
  serverUrl = (await demo.startServer()).url
  browser = await startBrowser()
})

afterAll(async () => {
  await browser?.close()
  await demo?.close()
})

/** What a pointer would have done. */
const watchPointer = (page: Page) =>
  page.addInitScript(() => {
    Object.assign(window, { pointed: [] })
    for (const type of ['pointerdown', 'pointermove', 'mousedown', 'mousemove', 'touchstart', 'wheel'])
      addEventListener(type, () => (window as unknown as { pointed: string[] }).pointed.push(type), true)
  })

const message = (page: Page, text: string) => log(page).getByRole('article').filter({ hasText: text })

it('[C138] is had with the keyboard alone; the focus is always somewhere, and seen', async () => {
  const { page, problems } = await visit(browser, demo, { user: 'erin' })
  page.setDefaultTimeout(15_000)
  await watchPointer(page)
  await page.reload()
  const room = (name: RegExp) => page.getByRole('navigation', { name: 'Rooms' }).getByRole('link', { name })
  await room(/^General/).waitFor()
  const keys = await keyboardOf(page)
  const { press, type, pressUntil } = keys
  const reach = async (key: string, isThere: RegExp) => {
    if (!isThere.test(await keys.focused())) await pressUntil(key, isThere)
  }
  const toMessage = async (text: RegExp, key = 'ArrowUp') => {
    await reach('Shift+Tab', /^ARTICLE/)
    await reach(key, text)
  }
  const choose = async (label: string) => {
    await press('Enter')
    await page.getByRole('menu').waitFor()
    await reach('ArrowDown', new RegExp(label))
    await press('Enter')
  }

  // Signed in as somebody else, and a room is chosen.
  await ready(page)
  await pressUntil('Shift+Tab', /^SELECT/)
  await type('al')
  await room(/^bob/).waitFor()
  await ready(page)
  await pressUntil('Tab', /^A /)
  await reach('ArrowDown', /^A\s+B?bob/)
  await press('Enter')
  await ready(page)
  expect(await keys.focused()).toMatch(/^TEXTAREA/)

  // Written, and answered.
  await type('Written without a mouse')
  await press('Enter')
  await bubbles(page, 'Written without a mouse').waitFor()
  await sayFromElsewhere(serverUrl, { user: 'bob', room: 'alice-bob', text: 'Really?' })
  await bubbles(page, 'Really?').waitFor()
  await toMessage(/Really\?/)
  await choose('Reply')
  expect(await keys.focused()).toMatch(/^TEXTAREA/)
  await type('Really.')
  await press('Enter')
  await message(page, 'Really.').getByText('Really?').waitFor()

  // Reacted.
  await toMessage(/bobReally\?/)
  await pressUntil('Tab', /^BUTTON.*React/)
  await press('Enter')
  await page.getByRole('dialog').waitFor()
  await press('Enter')
  await message(page, 'Really?').first().getByRole('list', { name: 'Reactions' }).waitFor()
  expect(await keys.focused()).toMatch(/^ARTICLE/)

  // Changed, with the arrow key in an empty field.
  await pressUntil('Tab', /^TEXTAREA/)
  await press('ArrowUp')
  await press('End')
  await type(' And again')
  await press('Enter')
  await message(page, 'Really. And again').getByText('edited').waitFor()

  // Deleted, and brought back.
  await toMessage(/And again/, 'ArrowDown')
  await choose('Delete')
  await log(page).getByText('Message deleted').waitFor()
  await pressUntil('Tab', /^BUTTON.*Undo/)
  await press('Enter')
  await message(page, 'Really. And again').waitFor()
  expect(await keys.focused()).toMatch(/^ARTICLE/)

  // To what was quoted.
  await pressUntil('Tab', /^BUTTON.*Really\?/)
  await press('Enter')
  expect(await keys.focused()).toMatch(/^ARTICLE.*Really\?/)

  // Older ones.
  const newest = await log(page).getByRole('article').count()
  expect(newest).toBeGreaterThan(0)
  const height = () => log(page).evaluate(({ scrollHeight }) => scrollHeight)
  const before = await height()
  await pressUntil('Shift+Tab', /log Messages/)
  for (let pages = 0; pages < 40 && (await height()) < before + 500; pages++) await press('PageUp')
  expect(await height()).toBeGreaterThan(before + 500)

  // Somebody is called.
  await pressUntil('Tab', /^TEXTAREA/)
  await type('Hello @bo')
  await page.locator('[role="option"]', { hasText: 'bob' }).waitFor()
  await press('Enter')
  await type('and bye')
  await press('Enter')
  await message(page, 'Hello @bob and bye').locator('.qw-mention').waitFor()

  // Another room, and an answer that is stopped.
  await pressUntil('Shift+Tab', /^A /)
  await reach('ArrowDown', /assistant/)
  await press('Enter')
  await ready(page)
  expect(await keys.focused()).toMatch(/^TEXTAREA/)
  await type('Something long')
  await press('Enter')
  await log(page).getByRole('button', { name: 'Stop' }).waitFor()
  await pressUntil('Shift+Tab', /^BUTTON.*Stop/)
  await press('Enter')
  await log(page).getByText('stopped', { exact: true }).waitFor()
  expect(await keys.focused()).toMatch(/^ARTICLE/)

  expect(await keys.lost()).toEqual([])
  expect(await page.evaluate(() => (window as unknown as { pointed: string[] }).pointed)).toEqual([])
  expect(problems).toEqual([])
})
