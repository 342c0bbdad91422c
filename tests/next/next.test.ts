/** examples/next, as scripts/test-next.mjs has built it with the packed package, in Chromium. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import { type Browser, type BrowserContextOptions, chromium } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'

const example = resolve(import.meta.dirname, '../../examples/next')
const noSocket = join(import.meta.dirname, 'noSocket.mjs')
const { BACKEND_PORT, NEXT_PUBLIC_BACKEND, CHROMIUM_PATH: executablePath } = process.env

let browser: Browser
let application: ChildProcess
let backEnd: ChildProcess | undefined
let origin = ''
let said = ''

const startBackEnd = async () => {
  const env = { ...process.env, BACKEND_PORT, TICK_MS: '200' }
  backEnd = spawn(process.execPath, ['server.mjs'], {
    cwd: example,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(backEnd, 'exit').then(() => Promise.reject(new Error('The back end ended')))
  ended.catch(() => {})
  await Promise.race([backEnd.stdout && once(backEnd.stdout, 'data'), ended])
}
const endBackEnd = async () => {
  const ended = backEnd?.exitCode === null && once(backEnd, 'exit')
  backEnd?.kill('SIGKILL')
  await ended
}

const startApplication = async () => {
  const next = join(example, 'node_modules/next/dist/bin/next')
  application = spawn(
    process.execPath,
    ['--import', noSocket, next, 'start', '--port', '0', '--hostname', '127.0.0.1'],
    {
      cwd: example,
      env: { ...process.env, NODE_ENV: 'production', NODE_OPTIONS: `--import=${noSocket}` },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  const hear = (text: Buffer) => {
    said += text
  }
  application.stdout?.on('data', hear)
  application.stderr?.on('data', hear)
  await vi.waitFor(() => expect(said).toMatch(/http:\/\/127\.0\.0\.1:\d+[\s\S]*Ready/), { timeout: 60_000 })
  origin = /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0] ?? ''
}

beforeAll(async () => {
  browser = await chromium.launch({ args: ['--no-sandbox'], ...(executablePath && { executablePath }) })
  await startBackEnd()
  await startApplication()
})
afterEach(async () => {
  if (backEnd?.exitCode !== null || backEnd.killed) await startBackEnd()
})
afterAll(async () => {
  await browser?.close()
  application?.kill('SIGKILL')
  await endBackEnd()
})

async function open(path: string, options: BrowserContextOptions = {}) {
  const context = await browser.newContext(options)
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  const requests: string[] = []
  page.on('request', (request) => requests.push(request.url()))
  await page.goto(origin + path)
  const rows = () => page.locator('li').allInnerTexts()
  const status = () => page.getByRole('status').innerText()
  return { page, complaints, requests, rows, status, close: () => context.close() }
}

const pricesIn = (html: string) => /ABC(?:<!-- -->| )+(\d+)/.exec(html)?.[1]

describe('[O5] Next.js, App Router, with the packed package', () => {
  it('has the prices in the first HTML, those of this request, and dials nothing', async () => {
    const html = async () => (await fetch(origin)).text()
    const first = pricesIn(await html())
    expect(first).toMatch(/^\d+$/)
    await expect.poll(async () => pricesIn(await html()), { timeout: 30_000 }).not.toBe(first)
    await Promise.all(Array.from({ length: 20 }, html))
    expect(said).not.toContain('A socket from the server')
    // That it would have been told of.
    const probe = spawn(process.execPath, ['--import', noSocket, '-e', 'new WebSocket("ws://a")'])
    const [told] = await once(probe.stderr, 'data')
    expect(String(told)).toContain('A socket from the server: ws://a')
  })

  it('shows them where scripts are off', async () => {
    const { rows, close } = await open('/', { javaScriptEnabled: false })
    expect((await rows()).join()).toMatch(/ABC \d+,XYZ \d+/)
    await close()
  })

  it('hydrates without a complaint, is live, and goes on after the back end was away', async () => {
    const { complaints, rows, status, close } = await open('/')
    await expect.poll(status, { timeout: 30_000 }).toBe('live')
    const before = await rows()
    expect(before).toHaveLength(2)
    await expect.poll(rows, { timeout: 30_000 }).not.toEqual(before)
    expect(complaints).toEqual([])
    await endBackEnd()
    await expect.poll(status, { timeout: 30_000 }).toBe('offline')
    expect(await rows()).toHaveLength(2)
    await startBackEnd()
    await expect.poll(status, { timeout: 60_000 }).toBe('live')
    // A new process begins anew: what it says is what is shown.
    await expect.poll(async () => (await rows())[0], { timeout: 30_000 }).toMatch(/^ABC 10\d$/)
    await close()
  })

  it('is prerendered where nothing is fetched on the server, and filled in the browser', async () => {
    const html = await (await fetch(`${origin}/browser`)).text()
    expect(html).toContain('Prices, from the browser')
    expect(pricesIn(html)).toBeUndefined()
    const { complaints, requests, rows, status, close } = await open('/browser')
    await expect.poll(status, { timeout: 30_000 }).toBe('live')
    expect((await rows()).join()).toMatch(/ABC \d+,XYZ \d+/)
    expect(requests.filter((url) => url === `http://${NEXT_PUBLIC_BACKEND}/prices`)).toHaveLength(1)
    expect(complaints).toEqual([])
    await close()
  })
})
