/** The demo as `npm run demo` starts it, on free ports and with a data file of its own, and pages that look at it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { createServer } from 'vite'
import { buildDemo, serveDemo } from '../../scripts/demoApp.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))

interface Listening {
  readonly event: 'listening'
  readonly url: string
  readonly port: number
}

export interface Demo {
  readonly appUrl: string
  killServer(): Promise<void>
  /** As Ctrl-C does: it has time to say goodbye. */
  stopServer(): Promise<void>
  /** With the same data; on the same port, or on another one, where no page looks for it. */
  startServer(options?: { readonly elsewhere: boolean }): Promise<{ readonly url: string }>
  close(): Promise<void>
}

export async function startDemo(): Promise<Demo> {
  const folder = mkdtempSync(join(tmpdir(), 'querywire-e2e-'))
  const database = join(folder, 'demo.sqlite')
  let server = await startServer({ DEMO_DB: database, WS_PORT: '0' })
  const { port } = server.listening
  const app = await startApp(server.listening)
  const end = async (signal: NodeJS.Signals) => {
    if (server.child.exitCode !== null || server.child.signalCode !== null) return
    server.child.kill(signal)
    await once(server.child, 'exit')
  }
  const killServer = () => end('SIGKILL')
  return {
    appUrl: app.url,
    killServer,
    stopServer: () => end('SIGTERM'),
    startServer: async ({ elsewhere } = { elsewhere: false }) => {
      server = await startServer({ DEMO_DB: database, WS_PORT: elsewhere ? '0' : String(port) })
      return server.listening
    },
    close: async () => {
      await app.close()
      await killServer()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function startServer(
  env: Record<string, string>,
): Promise<{ child: ChildProcess; listening: Listening }> {
  const child = spawn(process.execPath, [join('examples', 'server', 'main.ts'), '--demo'], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('{')) return { child, listening: JSON.parse(line) as Listening }
  }
  throw new Error('The demo server ended before it listened')
}

const startApp = async ({ url }: Listening) => {
  await buildDemo()
  // Not `localhost`: a browser tries ::1 first, where the same port may be another program's.
  return serveDemo({ chatUrl: url, port: 0, host: '127.0.0.1' })
}

/** Another app of `examples/`. */
export async function serveApp(
  name: string,
  env: Readonly<Record<string, string>>,
): Promise<{ url: string; close: () => Promise<void> }> {
  Object.assign(process.env, env)
  const app = await createServer({
    root: join(root, 'examples', name),
    logLevel: 'error',
    // A page must not reload or change because somebody saves a file while the tests run. Not `localhost`: a browser
    // tries ::1 first, where the same port may be another program's.
    server: { host: '127.0.0.1', port: 0, hmr: false, watch: null },
    clearScreen: false,
    // What an older run has bundled may miss something, and a page that must not reload would never get it.
    optimizeDeps: { force: true },
  })
  await app.listen()
  const address = app.resolvedUrls?.local[0]
  if (address === undefined) throw new Error('Vite listens nowhere')
  return { url: address, close: () => app.close() }
}

const BROWSER_ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-sync',
]

export const startBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
    args: [...BROWSER_ARGUMENTS, '--disable-background-networking', '--disable-component-update'],
  })

/** A page, and everything that went wrong on it. */
export interface Visit {
  readonly page: Page
  readonly problems: readonly string[]
}

export interface VisitOptions {
  readonly user: string
  readonly room?: string
  readonly width?: number
  readonly height?: number
  readonly colorScheme?: 'light' | 'dark'
}

/** A context of its own: two users in one browser share neither storage nor cookies. */
export async function visit(browser: Browser, demo: Demo, options: VisitOptions): Promise<Visit> {
  const { user, room, width = 1100, height = 720, colorScheme = 'light' } = options
  const context = await browser.newContext({ viewport: { width, height }, colorScheme })
  const page = await context.newPage()
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('console', (message) => {
    // A refused connection is logged by the browser itself; being without a server is a part of these tests.
    if (message.type() === 'error' && !/ERR_CONNECTION_REFUSED|WebSocket connection/.test(message.text())) {
      problems.push(message.text())
    }
  })
  const search = new URLSearchParams({ user, ...(room === undefined ? {} : { room }) })
  await page.goto(`${demo.appUrl}?${search}`)
  return { page, problems }
}

export const log = (page: Page) => page.getByRole('log', { name: 'Messages' })

export const bubbles = (page: Page, text: string) => log(page).getByText(text, { exact: true })

export async function say(page: Page, text: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Message' }).fill(text)
  await page.getByRole('button', { name: 'Send' }).click()
}

/** Resolves when the list has something to show. */
export async function ready(page: Page): Promise<void> {
  await log(page).getByRole('article').first().waitFor()
}

/** A message of somebody who has no page, through a socket of its own. Resolves when the server has taken it. */
export async function sayFromElsewhere(
  url: string,
  { user, room, text }: { readonly user: string; readonly room: string; readonly text: string },
): Promise<void> {
  const answer = await fetch(`${url.replace(/^ws/, 'http')}/token?user=${user}`)
  const { token } = (await answer.json()) as { token: string }
  const socket = new WebSocket(`${url}/ws/?token=${token}`)
  const data = { room_id: room, message: text, client_id: `elsewhere-${text}` }
  await new Promise<void>((resolve, reject) => {
    socket.onopen = () => socket.send(JSON.stringify({ type: 'chat_message', data, id: 'said' }))
    socket.onmessage = (event) => {
      if (String(event.data).includes('"reply_to":"said"')) resolve()
    }
    socket.onclose = ({ code }) => reject(new Error(`The server closed (${code}) before it took "${text}"`))
  })
  socket.close()
}
