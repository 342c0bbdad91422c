/** README, pasted block by block into an empty app, in the hands of two people. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { stripVTControlCharacters } from 'node:util'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { startBrowser } from '../e2e/demo.ts'
import {
  type Block,
  createEmptyApp,
  inStages,
  installed,
  type PastedApp,
  readBlocks,
  readersEnvironment,
} from '../package/pastedApp.ts'

let app: PastedApp
let browser: Browser
let stages: Block[][]
let appUrl: string
const children = new Set<ChildProcess>()
let server: ChildProcess | undefined
let vite: ChildProcess | undefined

/** Runs in the app's folder; resolves with what `pattern` finds in a line that it prints. */
async function start(
  args: readonly string[],
  pattern: RegExp,
): Promise<{ child: ChildProcess; found: string }> {
  const child = spawn(process.execPath, args, {
    cwd: app.folder,
    env: readersEnvironment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.add(child)
  const lines = createInterface({ input: child.stdout })
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`${args.join(' ')} ended with ${code}`)))
    // Read to the end: a child whose output nobody takes stops.
    lines.on('line', (line) => {
      const found = pattern.exec(stripVTControlCharacters(line))?.[1]
      if (found) resolve({ child, found })
    })
  })
}

async function startServer(): Promise<void> {
  server = (await start(['server.mjs'], /Listening on (\S+)/)).child
}

async function endServer(): Promise<void> {
  if (server) await end(server)
  server = undefined
}

async function end(child: ChildProcess): Promise<void> {
  children.delete(child)
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}

beforeAll(async () => {
  stages = inStages(await readBlocks())
  app = await createEmptyApp(await installed())
  browser = await startBrowser()
})

afterEach(endServer)

afterAll(async () => {
  await browser?.close()
  for (const child of children) await end(child)
  await app?.remove()
})

interface Window {
  readonly page: Page
  readonly problems: string[]
}

async function open(user: string): Promise<Window> {
  const page = await (await browser.newContext()).newPage()
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('console', (message) => {
    // The browser itself says so of a server that is away, which is a part of this.
    if (message.type() !== 'error' || /ERR_CONNECTION_REFUSED|WebSocket connection/.test(message.text()))
      return
    problems.push(message.text())
  })
  await page.goto(`${appUrl}?user=${user}`)
  return { page, problems }
}

const status = (page: Page) => page.getByRole('status')
const input = (page: Page) => page.getByRole('textbox', { name: 'Message' })

async function say(page: Page, text: string): Promise<void> {
  await input(page).fill(text)
  await input(page).press('Enter')
}

const sees = (page: Page, text: string) => page.getByText(text).first().waitFor({ timeout: 20_000 })
const settles = (page: Page, text: string) =>
  vi.waitFor(async () => expect(await status(page).textContent()).toBe(text), 20_000)

/**
 * Vite begins anew with what is pasted: what a page imports for the first time it would find while the page loads, which
 * leaves a slow machine with two copies of React until somebody reloads.
 */
async function edit(blocks: readonly Block[]): Promise<void> {
  if (vite) await end(vite)
  await app.paste(blocks)
  const script = join('node_modules', 'vite', 'bin', 'vite.js')
  const started = await start([script, '--force'], /Local:\s+(\S+)/)
  vite = started.child
  appUrl = started.found
  const { page } = await open('alice')
  await status(page).waitFor()
  await page.context().close()
}

describe('[C95] README’s blocks, pasted in order', () => {
  it('show prices that change, that the server is away, and that it is back', async () => {
    await edit(stages[0] ?? [])
    await startServer()
    const { page, problems } = await open('alice')
    await settles(page, 'live')
    await sees(page, 'ABC 10')
    const shown = await page.locator('body').innerText()
    await vi.waitFor(async () => expect(await page.locator('body').innerText()).not.toBe(shown), 5_000)
    await endServer()
    await settles(page, 'offline')
    await startServer()
    await settles(page, 'live')
    await page.context().close()
    expect(problems).toEqual([])
  })

  it('let two people talk, through an empty message, one that is too long, and a server that ends', async () => {
    await edit(stages.flat())
    await startServer()
    const alice = await open('alice')
    const bob = await open('bob')
    await settles(alice.page, 'Connected')
    await settles(bob.page, 'Connected')

    await input(alice.page).pressSequentially('Hello')
    await sees(bob.page, 'alice is typing …')
    await input(alice.page).press('Enter')
    await sees(bob.page, 'alice: Hello')
    expect(await input(alice.page).inputValue()).toBe('')
    await say(bob.page, 'Hi!')
    await sees(alice.page, 'bob: Hi!')

    for (const nothing of ['', '   ']) await say(alice.page, nothing)
    expect(await alice.page.getByRole('alert').count()).toBe(0)
    await say(alice.page, 'x'.repeat(4_001))
    await sees(alice.page, 'at most 4000')
    expect(await input(alice.page).inputValue()).toHaveLength(4_001)
    await say(alice.page, 'shorter')
    await sees(bob.page, 'alice: shorter')
    expect(await alice.page.getByRole('alert').count()).toBe(0)

    await endServer()
    await settles(alice.page, 'Not connected')
    await say(alice.page, 'Are you there?')
    await sees(alice.page, 'alice: Are you there? queued')
    await startServer()
    await sees(bob.page, 'alice: Are you there?')
    await settles(alice.page, 'Connected')
    expect([...alice.problems, ...bob.problems]).toEqual([])
  })

  it('say on screen whom the server does not know, and what is not sent', async () => {
    await edit(stages.flat())
    await startServer()
    const { page, problems } = await open('mallory')
    const alert = page.getByRole('alert')
    await alert.waitFor()
    expect(await alert.textContent()).toMatch(/unauthorized/)
    await say(page, 'Let me in')
    await sees(page, 'mallory: Let me in failed')
    await page.getByRole('button', { name: 'Again' }).click()
    await sees(page, 'mallory: Let me in failed')
    expect(problems).toEqual([])
  })
})
