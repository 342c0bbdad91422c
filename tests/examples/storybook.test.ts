/** The built Storybook, served from below a path of another site, in a browser that reaches nothing else. */
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { type StorybookSite, startStorybook } from '../../scripts/storybookSite.mjs'
import { log, startBrowser } from '../e2e/demo.ts'
import { compare, recorded } from './stories/baseline.ts'
import { startPainter, takeFingerprint, takePictures } from './stories/pictures.ts'
import { addressOf, played } from './stories/played.ts'

let site: StorybookSite
let browser: Browser

beforeAll(async () => {
  ;[site, browser] = await Promise.all([startStorybook(), startBrowser()])
}, 120_000)

afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()))
})

afterAll(async () => {
  await browser?.close()
  await site?.close()
})

/** A page, and what it could not do here. */
async function open(path: string): Promise<{ page: Page; problems: string[] }> {
  const page = await browser.newPage({ viewport: { width: 1100, height: 760 } })
  const problems: string[] = []
  await page.context().route(
    (url) => !url.href.startsWith(site.url),
    (route) => {
      problems.push(`asked for ${route.request().url()}`)
      return route.abort()
    },
  )
  page.on('pageerror', ({ message }) => problems.push(message))
  page.on('response', (response) => {
    if (!response.ok()) problems.push(`${response.status()} ${response.url()}`)
  })
  await page.goto(site.url + path, { timeout: 60_000 })
  return { page, problems }
}

it('works below a path and without a network, its panel included', async () => {
  const { page, problems } = await open('?path=/story/scenes--two-people-chatting')
  const story = page.frameLocator('#storybook-preview-iframe')
  await story.getByText('I do, one moment.').first().waitFor({ timeout: 30_000 })
  await page.getByRole('tab', { name: 'Network' }).click()
  const connections = page.getByRole('table', { name: /Connections/ })
  await connections.getByRole('row', { name: /alice CONNECTED/ }).waitFor()
  await page.getByRole('searchbox', { name: 'Filter' }).fill('chat_message')
  await page
    .getByRole('list', { name: 'Entries' })
    .getByRole('button', { name: /I do, one moment/ })
    .first()
    .click()
  await page.getByText('"content": "I do, one moment."').waitFor()
  await page.getByRole('button', { name: 'Half-open' }).click()
  await page.getByRole('slider', { name: /Latency/ }).fill('300')
  await page.getByText('300 ms').waitFor()
  const weather = page.getByRole('combobox', { name: 'Network', exact: true })
  expect(await weather.inputValue()).toBe('Custom')
  await weather.selectOption('Slow')
  await page.getByText('600 ms').waitFor()
  expect(problems).toEqual([])
})

it('has a page for each component, with its stories and the code behind them', async () => {
  const { page, problems } = await open('iframe.html?viewMode=docs&id=messagecomposer--docs')
  await page.getByText('useDraft').first().waitFor({ timeout: 20_000 })
  await page.getByRole('textbox', { name: 'Message' }).nth(3).waitFor({ timeout: 20_000 })
  expect(problems).toEqual([])
})

it('[C142] looks as it did, in one font, at one time', async () => {
  const painter = await startPainter()
  try {
    const fingerprint = await takeFingerprint(painter, site.url)
    const pictures = await takePictures(painter, site.url)
    const { changes, isComparable } = compare({ version: painter.version(), fingerprint, pictures })
    if (!isComparable) console.info(`No pictures of this Chromium on such a system; see those in ${recorded}`)
    expect(changes, `the pictures are in ${recorded}`).toEqual([])
  } finally {
    await painter.close()
  }
}, 180_000)

it('[C141] shows what is wrong for as long as one looks', async () => {
  const index = (await (await fetch(`${site.url}index.json`)).json()) as {
    readonly entries: Readonly<Record<string, { readonly id: string; readonly tags: readonly string[] }>>
  }
  const failures = Object.values(index.entries).filter(({ tags }) => tags.includes('failure'))
  expect(failures.length).toBeGreaterThan(6)
  const look = async (id: string) => {
    const { page } = await open(addressOf(id))
    await played(page)
    const shown = async () => {
      const texts = await page.locator('.story-frame').allInnerTexts()
      return texts.map((text) =>
        text.replace(/Next attempt .*|Trying now…/g, '…').replace(/\s*\(waiting\)/g, ''),
      )
    }
    const before = await shown()
    await page.waitForTimeout(LOOKED_MS)
    expect(await shown(), id).toEqual(before)
    await page.context().close()
  }
  const work = async () => {
    for (let next = failures.shift(); next; next = failures.shift()) await look(next.id)
  }
  await Promise.all([work(), work(), work()])
}, 180_000)

/** Longer than anything that an interface does by itself. */
const LOOKED_MS = 6_000

it('stands still for who wants less motion', async () => {
  const { page } = await open('iframe.html?viewMode=story&id=typingindicator--one')
  const dot = page.locator('.qw-typing-dots > i').first()
  const animation = () => dot.evaluate((element) => getComputedStyle(element).animationName)
  await dot.waitFor({ timeout: 20_000 })
  expect(await animation()).not.toBe('none')
  await page.emulateMedia({ reducedMotion: 'reduce' })
  expect(await animation()).toBe('none')
})

it('grows with the size of text that its reader has chosen', async () => {
  const { page } = await open('iframe.html?viewMode=story&id=messagelist--short')
  const bubble = page.locator('.qw-bubble')
  const size = () => bubble.evaluate((element) => Number.parseFloat(getComputedStyle(element).fontSize))
  await bubble.waitFor({ timeout: 20_000 })
  const before = await size()
  await page.addStyleTag({ content: 'html { font-size: 200% }' })
  expect(await size()).toBe(2 * before)
})

it('[C143] has an edge or a word wherever one can press, where its reader has chosen the colours', async () => {
  const bare: string[] = []
  for (const story of [
    'messageactions--picker',
    'messageactions--sheet',
    'rooms--members',
    'chatroom--failed-sends',
  ]) {
    const { page } = await open(addressOf(story))
    await played(page)
    await page.emulateMedia({ forcedColors: 'active' })
    const found = await page.locator('.story-frame :is(button, a, textarea, input)').evaluateAll(bareOf)
    bare.push(...found.map((html) => `${story}: ${html}`))
  }
  expect(bare).toEqual([])
})

/** Runs in the page: the controls that show nothing where only edges, text and strokes are left. */
function bareOf(elements: readonly Element[]): string[] {
  const isSeen = (element: Element) => {
    const { borderTopWidth, borderTopStyle, outlineStyle } = getComputedStyle(element)
    const hasEdge = (borderTopStyle !== 'none' && borderTopWidth !== '0px') || outlineStyle !== 'none'
    const strokes = [...element.querySelectorAll('svg path')].map((path) => getComputedStyle(path))
    const hasStroke = strokes.some(({ stroke, fill }) => stroke !== 'none' || fill !== 'none')
    return hasEdge || hasStroke || (element.textContent ?? '').trim() !== ''
  }
  return elements.filter((element) => !isSeen(element)).map((element) => element.outerHTML.slice(0, 100))
}

it('has edges where its reader has chosen the colours', async () => {
  const { page } = await open('iframe.html?viewMode=story&id=messagelist--sending')
  const edges = () =>
    page
      .locator('.qw-bubble')
      .evaluateAll((all) => all.map((element) => getComputedStyle(element).outlineWidth))
  await page.locator('.qw-bubble').nth(4).waitFor({ timeout: 20_000 })
  await page.emulateMedia({ forcedColors: 'active' })
  expect(await edges()).toEqual(['1px', '2px', '2px', '2px', '2px'])
})

it('shows where the focus is', async () => {
  const { page } = await open('iframe.html?viewMode=story&id=chatroom--unread')
  await log(page).getByText('New messages').waitFor({ timeout: 20_000 })
  const seen = new Set<string>()
  for (let stop = 0; stop < 8; stop++) {
    await page.keyboard.press('Tab')
    const [name, outline] = await page.evaluate(() => {
      const element = document.activeElement ?? document.body
      const { outlineStyle, outlineWidth } = getComputedStyle(element)
      return [element.getAttribute('aria-label'), `${outlineStyle} ${outlineWidth}`]
    })
    if (name === null || name === undefined) continue
    seen.add(name)
    expect(outline, name).toMatch(/^solid [1-9]/)
  }
  expect([...seen]).toEqual(expect.arrayContaining(['Messages', 'Message']))
})

const LONG_MS = 50

/** Runs in the page. Puts a measure named `long frame` into the trace for each frame that took longer than 50 ms. */
function watchFrames(): void {
  const observer = new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) {
      performance.measure('long frame', { start: startTime, duration })
    }
  })
  observer.observe({ type: 'long-animation-frame' })
}

/** Microseconds. `tdur` is the processor time of a task, where `dur` is what the clock says. */
interface TraceEvent {
  readonly name: string
  readonly ph: string
  readonly pid: number
  readonly tid: number
  readonly ts: number
  readonly dur?: number
  readonly tdur?: number
}

/**
 * The frames that `act` makes too long, in ms of work: the processor time of the page's main thread in each frame that
 * the browser calls long. A frame is also late when another program has the processor; that is no fault of the page.
 */
async function longFrames(page: Page, act: () => Promise<unknown>, over = LONG_MS): Promise<number[]> {
  await browser.startTracing(page, { categories: ['toplevel', 'blink.user_timing'] })
  await act()
  // A long frame is told of when it is over, and a little later; the last one may just have begun.
  await page.evaluate(twoFrames)
  await page.waitForTimeout(200)
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as {
    traceEvents: TraceEvent[]
  }
  const edges = (phase: string) => traceEvents.filter(({ name, ph }) => name === 'long frame' && ph === phase)
  const ends = edges('e')
  return edges('b')
    .map(({ pid, tid, ts: start }, index) => {
      const end = ends[index]?.ts ?? Number.POSITIVE_INFINITY
      const work = traceEvents
        .filter((event) => event.pid === pid && event.tid === tid && event.name.endsWith('RunTask'))
        .map(({ ts, dur = 0, tdur = 0 }) => {
          const inside = Math.min(ts + dur, end) - Math.max(ts, start)
          return inside > 0 ? tdur * (inside / dur) : 0
        })
      return Math.round(work.reduce((sum, time) => sum + time, 0) / 1_000)
    })
    .filter((work) => work > over)
}

const SCROLLS: Readonly<Record<string, (page: Page) => Promise<unknown>>> = {
  'a thumb that is dragged from the end to the beginning': (page) =>
    log(page).evaluate(async (list) => {
      for (let step = 100; step >= 0; step--) {
        list.scrollTop = (step / 100) * list.scrollHeight
        await new Promise(requestAnimationFrame)
      }
    }),
  async 'a wheel'(page) {
    for (let turn = 0; turn < 60; turn++) await page.mouse.wheel(0, 240)
  },
  async 'a wheel, fast'(page) {
    for (let turn = 0; turn < 40; turn++) await page.mouse.wheel(0, 3_000)
  },
  async keys(page) {
    for (const key of ['End', 'PageUp', 'PageUp', 'Home', 'PageDown']) {
      await log(page).press(key)
      await page.waitForTimeout(100)
    }
  },
}

async function openList(story: string, last: number): Promise<Page> {
  const { page } = await open(`iframe.html?viewMode=story&id=messagelist--${story}`)
  await log(page)
    .getByText(new RegExp(`^${last}:`))
    .waitFor({ timeout: 30_000 })
  await page.evaluate(watchFrames)
  // Loading the page, and the addon that looks for violations of accessibility: neither is scrolling.
  const idle = () => page.waitForTimeout(1_000)
  await expect.poll(() => longFrames(page, idle), { timeout: 30_000 }).toEqual([])
  await log(page).hover()
  return page
}

/** On a slow machine the same work takes longer, with few messages as with many. */
const SPREAD = 1.5
/** A list that is too slow is slow each time. What another program did to the machine’s caches, or a collection of garbage, is not there again. */
const TRIES = 4
const PAUSE_MS = 1_000

it('scrolls fifty thousand messages without a frame over 50 ms, or none longer than with a tenth of them', async () => {
  const few = await openList('five-thousand', 5_000)
  let limit = LONG_MS
  for (const scroll of Object.values(SCROLLS)) {
    const frames = await longFrames(few, () => scroll(few), 0)
    limit = Math.max(limit, ...frames.map((work) => work * SPREAD))
  }
  await few.close()
  const page = await openList('fifty-thousand', 50_000)
  for (const [how, scroll] of Object.entries(SCROLLS)) {
    let long = await longFrames(page, () => scroll(page), limit)
    for (let tries = 1; long.length > 0 && tries < TRIES; tries++) {
      await page.waitForTimeout(PAUSE_MS)
      long = await longFrames(page, () => scroll(page), limit)
    }
    expect(long, how).toEqual([])
  }
  // What is measured can be measured.
  expect(await longFrames(page, () => page.evaluate(workTooLong))).not.toEqual([])
}, 300_000)

/** Runs in the page: until what has been asked of the next frame is done. */
async function twoFrames(): Promise<void> {
  for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame)
}

/** Runs in the page. */
function workTooLong(): void {
  requestAnimationFrame((now) => {
    while (performance.now() < now + 200);
  })
}
