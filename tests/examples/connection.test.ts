/** What the demo says while there is no connection, and what one can do about it. */
import type { Page } from 'playwright-core'
import { expect, it, vi } from 'vitest'
import { bubbles, ready, say, visit } from '../e2e/demo.ts'
import { browser, demo } from '../e2e/runningDemo.ts'

// Much happens in each of them, and a busy machine takes its time.
vi.setConfig({ testTimeout: 180_000 })

const banner = (page: Page) => page.getByRole('status', { name: 'Connection' })

it('[C140] a page that is loaded without a server says so after five seconds, counts what waits, and tries at once when asked', async () => {
  const { page } = await visit(browser, demo, { user: 'alice', room: 'general' })
  await ready(page)
  // What a reload shows is written a second after it has come.
  await page.waitForTimeout(1_500)
  await demo.killServer()
  await page.reload()
  const loadedAt = Date.now()
  await ready(page)
  await banner(page).getByText('No connection yet').waitFor({ timeout: 20_000 })
  expect(Date.now() - loadedAt).toBeGreaterThan(4_000)
  await say(page, 'While nobody listens')
  await banner(page).getByText('1 message waits').waitFor()
  await say(page, 'And another one')
  await banner(page).getByText('2 messages wait').waitFor()
  // Long enough for the pause between attempts to have grown.
  await page.getByText(/^Next attempt in ([5-9]|1\d) sec\.$/).waitFor({ timeout: 40_000 })
  await demo.startServer()
  const tryNow = page.getByRole('button', { name: 'Try now' })
  await page.getByRole('textbox', { name: 'Message' }).focus()
  await tryNow.focus()
  await page.keyboard.press('Enter')
  await expect.poll(() => banner(page).innerText(), { timeout: 4_500 }).toBe('')
  expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('TEXTAREA')
  await bubbles(page, 'And another one').waitFor()
  await expect
    .poll(() => page.getByRole('img', { name: 'Waiting to be sent' }).count(), { timeout: 20_000 })
    .toBe(0)
})

it('[C140] tells what the server said when it went, also when nobody is there to say it again', async () => {
  const { page } = await visit(browser, demo, { user: 'bob', room: 'general' })
  await ready(page)
  await demo.stopServer()
  await banner(page).getByText('The server is being restarted. Reconnecting…').waitFor({ timeout: 20_000 })
  await demo.startServer()
  await expect.poll(() => banner(page).innerText(), { timeout: 30_000 }).toBe('')
})
