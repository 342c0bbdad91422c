/** The applications as scripts/test-platforms.mjs has built them: their back ends, what serves them, and pages of them in Chromium. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, vi } from 'vitest'

const { PLATFORMS = '', CHROMIUM_PATH: executablePath } = process.env

/** Where one of them is. */
export const application = (name: string) => join(PLATFORMS, name)

/** As long as a busy machine needs. */
export const eventually: typeof expect.poll = (read, options) =>
  expect.poll(read, { timeout: 30_000, ...options })

const isOver = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null

async function kill(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || isOver(child)) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

/** With what it has started, where it has a process group of its own. */
async function killGroup(child: ChildProcess): Promise<void> {
  if (isOver(child) || child.pid === undefined) return
  const ended = once(child, 'exit')
  process.kill(-child.pid, 'SIGKILL')
  await ended
}

export const freePort = () =>
  new Promise<number>((resolve, reject) => {
    const probe = createServer().once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })

export interface BackEnd {
  readonly port: number
  /** On the same port; nothing where it runs. */
  start(): Promise<void>
  end(): Promise<void>
}

export function createBackEnd(cwd: string, port: number): BackEnd {
  let child: ChildProcess | undefined
  return {
    port,
    start: async () => {
      if (child && !isOver(child)) return
      const env = { ...process.env, BACKEND_PORT: String(port), TICK_MS: '200' }
      const started = spawn(process.execPath, ['server.mjs'], {
        cwd,
        env,
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      child = started
      const ended = once(started, 'exit').then(() => Promise.reject(new Error('The back end ended')))
      ended.catch(() => {})
      await Promise.race([once(started.stdout, 'data'), ended])
    },
    end: () => kill(child),
  }
}

export interface Served {
  readonly origin: string
  readonly said: () => string
  end(): Promise<void>
}

interface Serving {
  readonly command?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

const PREVIEW = ['node_modules/vite/bin/vite.js', 'preview', '--port', '0', '--host', '127.0.0.1']

/** By Node, in the folder of an application, until it has said where. `npm run dev` is two processes, its back end among them. */
export async function serve(cwd: string, { command = PREVIEW, env = {} }: Serving = {}): Promise<Served> {
  let said = ''
  const child = spawn(process.execPath, command, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const hear = (text: Buffer) => {
    said += stripVTControlCharacters(text.toString())
  }
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  const origin = () => /http:\/\/(?:127\.0\.0\.1|localhost):[1-9]\d+/.exec(said)?.[0]
  await vi.waitFor(() => expect(origin(), said).toBeDefined(), { timeout: 60_000 })
  return { origin: origin() ?? '', said: () => said, end: () => killGroup(child) }
}

export interface Running {
  readonly backEnd: BackEnd
  readonly served: Served
}

/** For all tests of a file, with its back end, which is there again when a test begins. */
export function runApplication(name: string, backEndOf = name): Running {
  const running: { backEnd?: BackEnd; served?: Served } = {}
  beforeAll(async () => {
    const backEnd = createBackEnd(application(backEndOf), await freePort())
    running.backEnd = backEnd
    await backEnd.start()
    running.served = await serve(application(name), { env: { BACKEND_PORT: String(backEnd.port) } })
  })
  afterEach(() => running.backEnd?.start())
  afterAll(async () => {
    await running.served?.end()
    await running.backEnd?.end()
  })
  return running as Running
}

let browser: Promise<Browser> | undefined

afterAll(async () => {
  await (await browser)?.close()
  browser = undefined
})

export function newContext(options: BrowserContextOptions = {}): Promise<BrowserContext> {
  browser ??= chromium.launch({ args: ['--no-sandbox'], ...(executablePath && { executablePath }) })
  return browser.then((started) => started.newContext(options))
}

export type OpenOptions = BrowserContextOptions & { readonly context?: BrowserContext }

/** A frame that the page has sent, by its type. */
export interface Sent {
  readonly type: string
  readonly [field: string]: unknown
}

export interface Opened {
  readonly page: Page
  /** What went wrong on it. That its back end is away, the browser says by itself. */
  readonly complaints: readonly string[]
  readonly requests: readonly string[]
  /** Through sockets, and by whom they are open now. */
  readonly sent: readonly Sent[]
  readonly openSockets: () => number
  readonly rows: () => Promise<readonly string[]>
  readonly status: () => Promise<string>
  readonly close: () => Promise<void>
}

export async function openPage(
  url: string,
  { context: given, ...options }: OpenOptions = {},
): Promise<Opened> {
  const context = given ?? (await newContext(options))
  const page = await context.newPage()
  const heard = listen(page)
  await page.goto(url)
  // The devtools have states and lists of their own.
  const main = page.getByRole('main')
  return {
    page,
    ...heard,
    rows: () => main.locator('li').allInnerTexts(),
    status: () => main.getByRole('status').innerText(),
    close: () => (given ? page.close() : context.close()),
  }
}

export async function isLiveAndMoves({ rows, status }: Opened): Promise<void> {
  await eventually(status).toBe('live')
  const before = await rows()
  await eventually(rows).not.toEqual(before)
}

function listen(page: Page) {
  const [complaints, requests]: string[][] = [[], []]
  const sent: Sent[] = []
  let open = 0
  page.on('pageerror', (error) => complaints?.push(String(error)))
  page.on('console', (message) => {
    const isAboutBackEnd = /ERR_CONNECTION_REFUSED|WebSocket connection|502|500 \(Internal/.test(
      message.text(),
    )
    if (['error', 'warning'].includes(message.type()) && !isAboutBackEnd) complaints?.push(message.text())
  })
  page.on('request', (request) => requests?.push(request.url()))
  page.on('websocket', (socket) => {
    open += 1
    socket.on('close', () => {
      open -= 1
    })
    socket.on('framesent', ({ payload }) => sent.push(JSON.parse(String(payload))))
  })
  return { complaints: complaints ?? [], requests: requests ?? [], sent, openSockets: () => open }
}
