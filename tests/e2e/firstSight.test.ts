/** What a visitor of the demo sees before the application runs, and where it never does. */
import type { Page, Route } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { ready } from './demo.ts'
import { browser, demo } from './runningDemo.ts'

const note = (page: Page) => page.locator('#boot-note')
const isScript = (url: URL) => url.pathname.endsWith('.js')

async function visitWhere(script: (route: Route) => unknown, colorScheme: 'light' | 'dark' = 'light') {
  const context = await browser.newContext({ colorScheme })
  const page = await context.newPage()
  await page.route(isScript, script)
  await page.goto(`${demo.appUrl}?user=alice`, { waitUntil: 'commit' })
  return page
}

describe('[O13] the demo', () => {
  it.each(['light', 'dark'] as const)('has a shape before any script runs: %s', async (colorScheme) => {
    const held: Route[] = []
    const page = await visitWhere((route) => held.push(route), colorScheme)
    await note(page).waitFor()
    expect(await note(page).textContent()).toBe('Loading the demo …')
    const [background, bars] = await page.evaluate(() => [
      getComputedStyle(document.body).backgroundColor,
      document.querySelectorAll('.boot i').length,
    ])
    expect({ background, bars }).toEqual({
      background: colorScheme === 'dark' ? 'rgb(11, 13, 16)' : 'rgb(233, 236, 242)',
      bars: 4,
    })
    expect(held.length).toBeGreaterThan(0)
    await Promise.all(held.map((route) => route.continue()))
    await page.unroute(isScript)
    await ready(page)
    expect(await note(page).count()).toBe(0)
  })

  it('comes in a handful of requests', async () => {
    const page = await (await browser.newContext()).newPage()
    const asked: string[] = []
    page.on('request', (request) => asked.push(new URL(request.url()).pathname))
    await page.goto(`${demo.appUrl}?user=alice&room=general`)
    await ready(page)
    // Sources one by one would be hundreds.
    expect(asked.filter((path) => !/^\/(assets\/|token$|$)/.test(path))).toEqual([])
    expect(asked.length).toBeLessThan(20)
  })

  it.each([
    ['the script does not load', (route: Route) => route.abort(), /index-\S+\.js did not load/],
    [
      'the script fails',
      (route: Route) => route.fulfill({ contentType: 'text/javascript', body: 'throw new Error("no luck")' }),
      /no luck/,
    ],
    [
      'the script ends in a rejection',
      (route: Route) =>
        route.fulfill({ contentType: 'text/javascript', body: 'await Promise.reject(new Error("no luck"))' }),
      /no luck/,
    ],
  ])('says what is wrong where %s', async (_name, script, why) => {
    const page = await visitWhere(script)
    await page.getByText('The demo did not start').waitFor()
    expect(await note(page).textContent()).toMatch(why)
  })

  it('says that scripts are off where they are', async () => {
    const context = await browser.newContext({ javaScriptEnabled: false })
    const page = await context.newPage()
    await page.goto(demo.appUrl)
    expect(await page.locator('noscript p').textContent({ timeout: 5_000 })).toContain(
      'JavaScript is off here',
    )
  })
})
