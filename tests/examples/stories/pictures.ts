/**
 * Key stories as pictures, and where their parts are. One font, one clock, one seed, and nothing that moves: the same on each
 * machine that draws letters in the same way.
 */
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { addressOf, played } from './played.ts'

interface Picture {
  readonly story: string
  readonly width?: number
  readonly colorScheme?: 'dark'
  readonly forcedColors?: 'active'
  /** Percent. */
  readonly text?: number
}

const PICTURES: Readonly<Record<string, Picture>> = {
  conversation: { story: 'messagelist--conversation' },
  'conversation-dark': { story: 'messagelist--conversation', colorScheme: 'dark' },
  'conversation-320': { story: 'messagelist--conversation', width: 320 },
  'conversation-large': { story: 'messagelist--conversation', text: 200 },
  sending: { story: 'messagelist--sending' },
  'sending-forced-colors': { story: 'messagelist--sending', forcedColors: 'active' },
  text: { story: 'messagetext--formatted' },
  refused: { story: 'chatroom--failed-sends' },
  menu: { story: 'messageactions--seen-by' },
  'menu-320': { story: 'messageactions--seen-by', width: 320 },
  answering: { story: 'messagecomposer--answering' },
  rooms: { story: 'roomlist--rooms' },
  members: { story: 'rooms--members' },
  'no-such-room': { story: 'rooms--unknown', colorScheme: 'dark' },
}

/** `[x, y, width, height]` in pixels, of each element of the part that is to be seen, from top to bottom. */
export type Geometry = Readonly<Record<string, readonly (readonly number[])[]>>

export interface Taken {
  readonly name: string
  readonly png: Buffer
  readonly geometry: Geometry
}

const PARTS = [
  '.story-frame',
  '.qw-bubble',
  '.qw-message-avatar',
  '.qw-day',
  '.qw-list-scroll',
  '.qw-composer',
  '.qw-composer-field',
  '.qw-send',
  '.qw-room',
  '.qw-unread-badge',
  '[role=menu]',
  '[role=menuitem]',
  'dialog[open]',
]

const NOW = new Date('2026-03-04T09:30:00Z')
const WIDTH = 420
const HEIGHT = 520
const AT_ONCE = 3

const BROWSER_ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--font-render-hinting=none',
  '--disable-lcd-text',
  '--force-color-profile=srgb',
]

/** Another one than for the other tests: how letters are drawn is settled when it starts. */
export const startPainter = (): Promise<Browser> =>
  chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
    args: BROWSER_ARGUMENTS,
  })

/** Storybook brings a font along. Emoji are drawn with what a machine has, and are left out. */
const styleOf = ({ text = 100 }: Partial<Picture>) => `<style>
  @font-face { font-family: Pictured; font-weight: 400; src: url(sb-common-assets/nunito-sans-regular.woff2) }
  @font-face { font-family: Pictured; font-weight: 600; src: url(sb-common-assets/nunito-sans-bold.woff2) }
  :root, [data-theme], .qw { --qw-font: Pictured !important; --qw-font-code: Pictured !important }
  html { font-size: ${text}% }
  .qw-reactions, .qw-menu-reactions, .qw-message:has([data-emoji]) { display: none !important }
</style>`

/** Runs in the page. */
function seedRandom(): void {
  let state = 7
  Math.random = () => {
    state = (state * 16_807) % 2_147_483_647
    return state / 2_147_483_647
  }
}

/** What says whether this machine draws as another one: letters of several sizes, a round corner, a shadow, an icon. */
const FINGERPRINT = `<!doctype html>${styleOf({})}
<body style="margin: 16px; font-family: Pictured; background: #fff; color: #171a21">
  ${[11, 13, 15, 20, 32].map((size) => `<p style="font-size: ${size}px">The 9:15 leaves from <b>North Dock</b></p>`).join('')}
  <div style="inline-size: 90px; block-size: 40px; border-radius: 18px; background: #3b57d6; box-shadow: 0 1px 2px #14192833"></div>
  <svg viewBox="0 0 20 20" width="20"><path d="m4 10.5 4 4 8-9" fill="none" stroke="#171a21" stroke-width="1.7" /></svg>`

async function contextFor(
  browser: Browser,
  siteUrl: string,
  picture: Partial<Picture>,
): Promise<BrowserContext> {
  const { width = WIDTH, colorScheme = 'light', forcedColors = 'none' } = picture
  const context = await browser.newContext({
    viewport: { width, height: HEIGHT },
    colorScheme,
    forcedColors,
    reducedMotion: 'reduce',
    locale: 'en-GB',
    timezoneId: 'UTC',
  })
  await context.clock.setFixedTime(NOW)
  await context.addInitScript(seedRandom)
  await context.route(`${siteUrl}iframe.html*`, async (route) => {
    const response = await route.fetch()
    const body = (await response.text()).replace('</head>', `${styleOf(picture)}</head>`)
    return route.fulfill({ response, body })
  })
  await context.route(`${siteUrl}fingerprint.html`, (route) =>
    route.fulfill({ contentType: 'text/html', body: FINGERPRINT }),
  )
  return context
}

/** When two of them are the same, nothing moves any more. */
async function stillPicture(page: Page): Promise<Buffer> {
  await page.evaluate(() => document.fonts.ready.then(() => undefined))
  let last: Buffer = Buffer.alloc(0)
  for (let tries = 0; tries < 20; tries++) {
    const next = await page.screenshot({ animations: 'disabled', caret: 'hide' })
    if (next.equals(last)) return next
    last = next
    await page.waitForTimeout(100)
  }
  return last
}

/** Runs in the page. */
function measure(parts: readonly string[]): Geometry {
  const rectOf = (element: Element) => {
    const { x, y, width, height } = element.getBoundingClientRect()
    return [x, y, width, height].map(Math.round)
  }
  const entries = parts.map((part) => {
    const rects = [...document.querySelectorAll(part)].map(rectOf)
    return [part, rects.filter(([, , width = 0]) => width > 0).sort(([, a = 0], [, b = 0]) => a - b)] as const
  })
  return Object.fromEntries(entries.filter(([, rects]) => rects.length > 0))
}

async function take(browser: Browser, siteUrl: string, name: string): Promise<Taken> {
  const picture = PICTURES[name] ?? { story: '' }
  const context = await contextFor(browser, siteUrl, picture)
  const page = await context.newPage()
  await page.goto(siteUrl + addressOf(picture.story))
  await played(page)
  const png = await stillPicture(page)
  const geometry = await page.evaluate(measure, PARTS)
  await context.close()
  return { name, png, geometry }
}

export async function takeFingerprint(browser: Browser, siteUrl: string): Promise<Buffer> {
  const context = await contextFor(browser, siteUrl, {})
  const page = await context.newPage()
  await page.goto(`${siteUrl}fingerprint.html`)
  const png = await stillPicture(page)
  await context.close()
  return png
}

export async function takePictures(browser: Browser, siteUrl: string): Promise<readonly Taken[]> {
  const waiting = Object.keys(PICTURES)
  const taken: Taken[] = []
  const work = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      taken.push(await take(browser, siteUrl, name))
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return taken.sort((a, b) => a.name.localeCompare(b.name))
}
