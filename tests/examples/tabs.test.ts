/** Five tabs of one Chromium: one socket on the server, whatever becomes of the tab that has it. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { startBrowser } from '../e2e/demo.ts'
import { roleOf, rowsOf, send, startTabsStage, type TabsStage } from './tabsStage.ts'

let browser: Browser
let context: BrowserContext
let stage: TabsStage

beforeAll(async () => {
  browser = await startBrowser()
})
beforeEach(async () => {
  stage = await startTabsStage()
  context = await browser.newContext()
})
afterEach(async () => {
  await context.close()
  await stage.close()
})
afterAll(() => browser.close())

const openTabs = async (count: number) => {
  const pages: Page[] = []
  for (let at = 0; at < count; at++) pages.push(await stage.openTab(context))
  return pages
}

const levelOf = async (pages: readonly Page[]) => {
  const all = await Promise.all(pages.map(rowsOf))
  return all.every((rows) => rows.join() === stage.server.log.join())
}

/** How long until all of them show what the server has. Milliseconds. */
const untilLevel = async (pages: readonly Page[], after = 0) => {
  const from = Date.now()
  while (stage.server.log.length < after || !(await levelOf(pages))) {
    if (Date.now() - from > 30_000) expect(await Promise.all(pages.map(rowsOf))).toEqual([])
    await sleep(20)
  }
  return Date.now() - from
}

const kill = async (page: Page, how: 'crash' | 'close') => {
  if (how === 'close') return page.close()
  const session = await context.newCDPSession(page)
  // It never answers.
  session.send('Page.crash').catch(() => undefined)
  await page.waitForEvent('crash')
}

it.each(['crash', 'close'] as const)(
  '[B19] the leader ends by a %s in the middle of 200 messages each way: all of them once, in order, everywhere',
  async (how) => {
    const pages = await openTabs(5)
    expect(await Promise.all(pages.map(roleOf))).toEqual(['leader', ...Array(4).fill('follower')])
    expect(stage.server.open()).toHaveLength(1)
    const [first, ...others] = pages as [Page, ...Page[]]
    const said: string[] = []
    let isDead: Promise<void> | undefined
    for (let at = 0; at < 200; at++) {
      stage.server.say(`server ${at}`)
      said.push(`tab ${at}`)
      await send(others[at % 4] as Page, `tab ${at}`)
      if (at === 100) isDead = kill(first, how)
    }
    await isDead
    const ms = await untilLevel(others, 400)
    console.log(`level ${ms} ms after the last message (${how})`)
    expect(ms).toBeLessThan(15_000)
    expect([...stage.server.log].filter((text) => text.startsWith('tab')).sort()).toEqual([...said].sort())
    expect(stage.server.log).toHaveLength(400)
    expect(stage.server.open()).toHaveLength(1)
    expect((await Promise.all(others.map(roleOf))).sort()).toEqual([...Array(3).fill('follower'), 'leader'])
  },
)

it('[B19] a leader that stands still is replaced, and is a follower when it goes on', async () => {
  const pages = await openTabs(3)
  const [first, ...others] = pages as [Page, ...Page[]]
  // `Page.setWebLifecycleState` freezes hidden pages only, and a page without a window is never hidden.
  // Once it has begun: what was written before it, and not told of, would be asked again.
  await first.evaluate(() => {
    setTimeout(() => {
      const until = Date.now() + 15_000
      while (Date.now() < until);
    })
  })
  stage.server.say('meanwhile')
  await send(others[0] as Page, 'from a tab')
  await untilLevel(others, 2)
  expect((await Promise.all(others.map(roleOf))).sort()).toEqual(['follower', 'leader'])
  await first.waitForFunction('reader.role() === "follower"')
  await untilLevel(pages, 2)
  expect((await Promise.all(pages.map(roleOf))).sort()).toEqual(['follower', 'follower', 'leader'])
  expect(stage.server.open()).toHaveLength(1)
  expect(new Set(stage.server.frames.values())).toEqual(new Set([1]))
})

it('[B19] a reload, and a way back through the history, come to the socket that is there', async () => {
  const [first, second] = (await openTabs(2)) as [Page, Page]
  await first.reload()
  await first.waitForFunction('globalThis.reader?.manager.store.getState().state === "CONNECTED"')
  stage.server.say('one')
  await untilLevel([second], 1)
  await first.goto('about:blank')
  await first.goBack()
  await first.waitForFunction('globalThis.reader?.manager.store.getState().state === "CONNECTED"')
  stage.server.say('two')
  await untilLevel([first, second], 2)
  expect(stage.server.open()).toHaveLength(1)
})

it('[B3] another user in the same browser has another socket', async () => {
  await stage.openTab(context)
  await stage.openTab(context, '&user=u2')
  await stage.openTab(context, '&user=u2')
  expect(stage.server.open()).toHaveLength(2)
})
