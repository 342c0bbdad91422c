/** What a followed page promises, looked at in Chromium. */
import { type Browser, chromium, type Page } from 'playwright-core'
import { expect } from 'vitest'

/** As long as a busy machine needs; the first look at a page is when it is bundled. */
export const eventually: typeof expect.poll = (read, options) =>
  expect.poll(read, { timeout: 120_000, ...options })

export const startBrowser = (): Promise<Browser> => {
  const { CHROMIUM_PATH: executablePath } = process.env
  return chromium.launch({ args: ['--no-sandbox'], ...(executablePath && { executablePath }) })
}

export interface Visit {
  readonly page: Page
  /** What went wrong on it. That its back end is away, the browser says by itself. */
  readonly complaints: readonly string[]
  readonly status: () => Promise<string>
  readonly text: () => Promise<string>
  readonly close: () => Promise<void>
}

export async function visit(browser: Browser, url: string): Promise<Visit> {
  const page = await (await browser.newContext()).newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (message) => {
    const isAboutBackEnd = /ERR_CONNECTION_REFUSED|WebSocket connection/.test(message.text())
    if (message.type() === 'error' && !isAboutBackEnd) complaints.push(message.text())
  })
  await page.goto(url, { timeout: 120_000 })
  return {
    page,
    complaints,
    status: async () =>
      (
        await page
          .getByRole('status')
          .first()
          .innerText()
          .catch(() => '')
      ).trim(),
    text: () => page.locator('body').innerText(),
    close: () => page.context().close(),
  }
}

/** It changes by itself. */
export async function moves(read: () => Promise<unknown>): Promise<void> {
  const before = await read()
  await eventually(read).not.toEqual(before)
}
