/** For a file of tests that imports it: one demo and one browser for all of them, and no page that outlives its test. */
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { type Demo, startBrowser, startDemo } from './demo.ts'

export let demo: Demo
export let browser: Browser

beforeAll(async () => {
  demo = await startDemo()
  browser = await startBrowser()
})

afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()))
})

afterAll(async () => {
  await browser?.close()
  await demo?.close()
})
