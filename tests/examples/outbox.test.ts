/** The outbox of a real browser: several windows, reloads, and a browser that is killed in the middle of sending. */
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { bubbles, type Demo, ready, say, startBrowser, startDemo, visit } from '../e2e/demo.ts'

/** Two browsers start and load the demo. */
const SLOW_MS = 240_000

let demo: Demo
let folder: string
let context: BrowserContext

/** A browser that keeps its storage. */
const openBrowser = () =>
  chromium.launchPersistentContext(folder, {
    executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
  })

/** As a crash: no page hears of it. Only the processes that have this test's own folder on their command line. */
function killBrowser(): void {
  for (const name of readdirSync('/proc').filter((each) => /^\d+$/.test(each))) {
    try {
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8')
      if (command.includes(`--user-data-dir=${folder}`)) process.kill(Number(name), 'SIGKILL')
    } catch {
      // Gone already.
    }
  }
}

async function enter(): Promise<Page> {
  const page = await context.newPage()
  await page.goto(`${demo.appUrl}?user=alice&room=general`)
  await ready(page)
  return page
}

beforeEach(async () => {
  demo = await startDemo()
  folder = await mkdtemp(join(tmpdir(), 'querywire-outbox-'))
  context = await openBrowser()
})

afterEach(async () => {
  await context.close().catch(() => undefined)
  killBrowser()
  await demo.close()
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
})

/** Through somebody else's window, from a browser that has nothing stored. */
async function expectOnce(texts: readonly string[]): Promise<void> {
  const browser = await startBrowser()
  try {
    const { page } = await visit(browser, demo, { user: 'bob', room: 'general' })
    await ready(page)
    await bubbles(page, texts.at(-1) ?? '').waitFor()
    for (const text of texts) expect([text, await bubbles(page, text).count()]).toEqual([text, 1])
  } finally {
    await browser.close()
  }
}

it('[Q79] two windows keep what waits over a reload, show it to each other, and send it once', {
  timeout: SLOW_MS,
}, async () => {
  const [one, two] = [await enter(), await enter()]
  await demo.killServer()
  await say(one, 'of the first')
  await bubbles(two, 'of the first').waitFor()
  await say(two, 'of the second')
  await bubbles(one, 'of the second').waitFor()
  await Promise.all([one.reload(), two.reload()])
  for (const page of [one, two])
    for (const text of ['of the first', 'of the second']) await bubbles(page, text).waitFor()
  await demo.startServer()
  await expectOnce(['of the first', 'of the second'])
  for (const page of [one, two])
    for (const text of ['of the first', 'of the second'])
      await expect.poll(() => bubbles(page, text).count(), { timeout: 30_000 }).toBe(1)
})

it('[Q79] a browser that is killed in the middle of sending loses nothing, and sends nothing twice', {
  timeout: SLOW_MS,
}, async () => {
  const [one, two] = [await enter(), await enter()]
  await demo.killServer()
  const texts = Array.from({ length: 12 }, (_, at) => `killed ${at + 1}.`)
  for (const [at, text] of texts.entries()) await say(at % 2 ? one : two, text)
  await bubbles(one, texts.at(-1) ?? '').waitFor()
  await demo.startServer()
  // Some of them are there by now, others on their way.
  await expect.poll(() => bubbles(one, texts[0] ?? '').count()).toBe(1)
  killBrowser()
  context = await openBrowser()
  await enter()
  await expectOnce(texts)
})
