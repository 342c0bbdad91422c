/** The site in Chromium: light, dark and on a phone. `DOCS_PICTURES=folder` keeps what was seen. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { type PreviewServer, preview } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root } from './site.ts'

const PAGES = [
  '',
  'learn/start/vite.html',
  'learn/start/chat.html',
  'learn/concepts/levels.html',
  'learn/concepts/continuity.html',
  'learn/concepts/fold.html',
  'learn/concepts/outbox.html',
  'learn/comparison.html',
  'mistakes.html',
  'versions.html',
  'repository/README.html',
  'SPEC.html',
  'reference/query/functions/createLive.html',
  'reference/chat/index.html',
]
const LOOKS = [
  { name: 'light', colorScheme: 'light', width: 1280 },
  { name: 'dark', colorScheme: 'dark', width: 1280 },
  { name: '360', colorScheme: 'light', width: 360 },
] as const

let server: PreviewServer
let browser: Browser
let origin: string

beforeAll(async () => {
  server = await preview({
    root: join(root, 'site'),
    configFile: false,
    logLevel: 'silent',
    preview: { port: 0, host: '127.0.0.1' },
  })
  origin = server.resolvedUrls?.local[0] ?? ''
  const { CHROMIUM_PATH: executablePath } = process.env
  browser = await chromium.launch({ args: ['--no-sandbox'], ...(executablePath && { executablePath }) })
})
afterAll(async () => {
  await browser?.close()
  await server?.close()
})

async function open({ colorScheme, width }: Omit<(typeof LOOKS)[number], 'name'>) {
  const context = await browser.newContext({ colorScheme, viewport: { width, height: 800 } })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('requestfailed', (request) => {
    // Prefetched when the test went on to the next page.
    const why = request.failure()?.errorText
    if (why !== 'net::ERR_ABORTED') complaints.push(`${request.url()}: ${why}`)
  })
  page.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`${response.url()}: ${response.status()}`)
  })
  return { page, complaints, close: () => context.close() }
}

const keepPicture = async (page: Page, name: string) => {
  const folder = process.env.DOCS_PICTURES
  if (folder === undefined) return
  await mkdir(folder, { recursive: true })
  await page.screenshot({ path: join(folder, `${name}.png`), fullPage: name.includes('concepts') })
}

describe('[O3] the site in Chromium', () => {
  it.each(LOOKS)(
    'complains of nothing and scrolls in one direction only: $name',
    async ({ name, ...look }) => {
      const { page, complaints, close } = await open(look)
      for (const path of PAGES) {
        await page.goto(origin + path)
        await page.locator('.VPContent h1').first().waitFor()
        const overflow = await page.evaluate(() => {
          const { scrollWidth, clientWidth } = document.documentElement
          return scrollWidth - clientWidth
        })
        expect({ path, overflow }).toEqual({ path, overflow: 0 })
        const isDark = await page.evaluate(() => document.documentElement.classList.contains('dark'))
        expect(isDark).toBe(look.colorScheme === 'dark')
        await keepPicture(page, `${name}-${path.replaceAll('/', '-').replace('.html', '') || 'home'}`)
      }
      expect(complaints).toEqual([])
      await close()
    },
  )

  it('finds what one looks for, and goes there', async () => {
    const { page, complaints, close } = await open({ colorScheme: 'light', width: 1280 })
    await page.goto(origin)
    await page.locator('#local-search button, .VPNavBarSearch button').first().click()
    await page.locator('.VPLocalSearchBox input').fill('continuity')
    const found = page.locator('.VPLocalSearchBox .result').first()
    await found.waitFor()
    await keepPicture(page, 'light-search')
    await found.click()
    await page.waitForURL(/continuity|fold|SPEC|ARCHITECTURE/)
    expect(complaints).toEqual([])
    await close()
  })
})
