/** The demo in both themes and on a small phone. The pictures are kept outside the repository, for whoever looks. */
import { mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Demo, log, ready, say, startBrowser, startDemo, visit } from '../e2e/demo.ts'

const folder = join(tmpdir(), 'querywire-looks')

let demo: Demo
let browser: Browser

beforeAll(async () => {
  mkdirSync(folder, { recursive: true })
  demo = await startDemo()
  browser = await startBrowser()
})

afterAll(async () => {
  await browser?.close()
  await demo?.close()
})

const picture = (page: Page, name: string) => page.screenshot({ path: join(folder, `${name}.png`) })

const backgroundOf = (page: Page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor)

const overflow = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)

const focusedText = (page: Page) => page.evaluate(() => document.activeElement?.textContent)

it('follows the system into the dark, and the button out of it', async () => {
  const light = await visit(browser, demo, { user: 'alice', room: 'general' })
  await ready(light.page)
  await picture(light.page, 'light')
  const dark = await visit(browser, demo, { user: 'bob', room: 'general', colorScheme: 'dark' })
  await ready(dark.page)
  await picture(dark.page, 'dark')
  expect(await backgroundOf(dark.page)).not.toBe(await backgroundOf(light.page))
  await dark.page.getByRole('button', { name: 'Use the light theme' }).click()
  expect(await backgroundOf(dark.page)).toBe(await backgroundOf(light.page))
})

it('shows one pane at a time on 360 pixels, and nothing beyond them', async () => {
  const { page } = await visit(browser, demo, { user: 'carol', width: 360, height: 720 })
  const rooms = page.getByRole('navigation', { name: 'Rooms' })
  await rooms.getByRole('link', { name: 'General' }).waitFor()
  await picture(page, 'phone-rooms')
  expect(await overflow(page)).toBe(0)
  await rooms.getByRole('link', { name: 'General' }).click()
  await ready(page)
  await page.keyboard.press('Escape')
  expect(await focusedText(page)).toContain('General')
  await page.keyboard.press('Enter')
  await ready(page)
  await say(page, 'x'.repeat(300))
  await log(page).getByText('x'.repeat(300)).waitFor()
  await picture(page, 'phone-room')
  expect(await overflow(page)).toBe(0)
  expect(await rooms.count()).toBe(0)
  await page.getByRole('button', { name: 'Back to rooms' }).click()
  await rooms.waitFor()
})

it('mirrors for a right-to-left language', async () => {
  const { page } = await visit(browser, demo, { user: 'erin', room: 'general' })
  await ready(page)
  const [left, right] = [page.getByRole('navigation', { name: 'Rooms' }), log(page)]
  expect((await left.boundingBox())?.x).toBeLessThan((await right.boundingBox())?.x ?? 0)
  await page.evaluate(() => document.documentElement.setAttribute('dir', 'rtl'))
  await picture(page, 'right-to-left')
  expect((await left.boundingBox())?.x).toBeGreaterThan((await right.boundingBox())?.x ?? 0)
})

it('shows what waits and what is wrong while the server is away', async () => {
  const { page } = await visit(browser, demo, { user: 'dave', room: 'general', colorScheme: 'dark' })
  await ready(page)
  await demo.killServer()
  await say(page, 'See you after the tunnel')
  await page.getByRole('status', { name: 'Connection' }).waitFor({ state: 'visible', timeout: 15_000 })
  await picture(page, 'offline')
  await demo.startServer()
  await log(page).getByText('See you after the tunnel').waitFor()
})
