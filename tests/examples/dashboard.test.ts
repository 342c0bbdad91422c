/** The dashboard, with a market that moves, in the hands of two people; by what it has stored. */
import { mkdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { source as axe } from 'axe-core'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { serveApp, startBrowser } from '../e2e/demo.ts'
import { type ExampleServer, startExample } from '../e2e/exampleServer.ts'

// A page of five hundred rows, on a machine that has other things to do.
vi.setConfig({ testTimeout: 240_000 })

const pictures = join(tmpdir(), 'querywire-looks')
const FEW = 200
let server: ExampleServer
let app: Awaited<ReturnType<typeof serveApp>>
let browser: Browser

beforeAll(async () => {
  mkdirSync(pictures, { recursive: true })
  server = await startExample('dashboard/server/main.ts', 'DASHBOARD', { DASHBOARD_RATE: String(FEW) })
  app = await serveApp('dashboard', { VITE_DASHBOARD_URL: `ws://127.0.0.1:${server.port}` })
  browser = await startBrowser()
})

afterEach(async () => {
  server.goOn()
  await Promise.all(browser.contexts().map((context) => context.close()))
})

afterAll(async () => {
  await browser?.close()
  await app?.close()
  await server?.close()
})

interface Ticker {
  readonly symbol: string
  readonly sector: string
  readonly open: number
  readonly price: number
  readonly held: number
}
interface Stored {
  readonly tickers: readonly Ticker[]
  readonly orders: readonly number[]
  readonly desk: { readonly orders: number; readonly turnover: number }
}

function stored(): Stored {
  using database = new DatabaseSync(server.database, { readOnly: true })
  const all = (table: string) => database.prepare(`SELECT * FROM ${table}`).all()
  const bodies = (table: string) => all(table).map(({ body }) => JSON.parse(String(body)))
  return {
    tickers: bodies('tickers'),
    orders: all('orders').map(({ id }) => Number(id)),
    desk: bodies('desk')[0],
  }
}

const moveOf = ({ price, open }: Ticker) => ((price - open) / open) * 100
const text = (value: number, digits = 2) =>
  value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
const shown = ({ symbol, price, held }: Ticker) => `${symbol} ${text(price)} ${text(held, 0)}`

async function enter(search: string, how: BrowserContextOptions = {}) {
  const context = await browser.newContext({ viewport: { width: 1200, height: 760 }, ...how })
  const page = await context.newPage()
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('console', (message) => {
    const isAboutServer = /ERR_CONNECTION_REFUSED|WebSocket connection/.test(message.text())
    if (['error', 'warning'].includes(message.type()) && !isAboutServer) problems.push(message.text())
  })
  await page.goto(`${app.url}?${search}`)
  await isLive(page)
  return { page, problems }
}

/** As long as a busy machine needs. */
const eventually = <Value>(read: () => Value | Promise<Value>) => expect.poll(read, { timeout: 30_000 })
const isLive = (page: Page) =>
  page.getByRole('status').getByText('live', { exact: true }).waitFor({ timeout: 30_000 })
const choose = (page: Page, label: string, value: string) =>
  page.getByRole('combobox', { name: label, exact: true }).selectOption(value)
/** From then on it moves no more, and what is shown is to be what is stored. */
const pause = (page: Page) => choose(page, 'Changes per second', '0')
const go = (page: Page, rate = FEW) => choose(page, 'Changes per second', String(rate))

const tableOf = (page: Page): Promise<string[]> =>
  page
    .locator('tbody')
    .evaluate((body) =>
      [...(body as HTMLTableSectionElement).rows].map(({ cells }) =>
        [0, 2, 5].map((at) => cells[at]?.textContent).join(' '),
      ),
    )
const row = (page: Page, symbol: string) =>
  page.getByRole('row').filter({ has: page.getByRole('button', { name: symbol, exact: true }) })
const detail = (page: Page, symbol: string) => page.getByRole('region', { name: symbol, exact: true })
const figure = async (page: Page, region: string, name: string) => {
  const term = page.getByRole('region', { name: region, exact: true }).locator('dt', { hasText: name })
  return (await term.locator('+ dd').textContent()) ?? ''
}
const select = (page: Page, symbol: string) => page.getByRole('button', { name: symbol, exact: true }).click()
const order = async (page: Page, symbol: string, { size, way }: { size: number; way: 'Buy' | 'Sell' }) => {
  await detail(page, symbol).getByLabel('Size').fill(String(size))
  await detail(page, symbol).getByRole('button', { name: way }).click()
}
const log = (page: Page) => page.getByRole('region', { name: 'Orders', exact: true }).getByRole('listitem')
const idsIn = async (page: Page) =>
  (await log(page).locator('small').allTextContents()).map((line) => Number(/#(\d+)/.exec(line)?.[1]))

const bySymbol = (a: Ticker, b: Ticker): number => (a.symbol < b.symbol ? -1 : 1)

async function agrees(page: Page, is: (ticker: Ticker) => boolean = () => true, by = bySymbol) {
  // The last step before the pause may still be on its way to the file.
  await eventually(async () => {
    const expected = stored().tickers.filter(is).toSorted(by).map(shown)
    return JSON.stringify(await tableOf(page)) === JSON.stringify(expected)
  }).toBe(true)
}

it('[Q67] reads all of it by a data layer of at most forty lines', () => {
  const file = readFileSync(join(import.meta.dirname, '../../examples/dashboard/live.ts'), 'utf8')
  expect(file.trimEnd().split('\n').length).toBeLessThanOrEqual(40)
})

/** By querywire, and by the glue that one writes without it: what both do. */
describe.each([
  ['by querywire', 'user=alice'],
  ['by hand', 'user=alice&by-hand'],
])('%s', (_way, search) => {
  it('[Q67] five hundred rows move, and when they rest they are what is stored; the detail is of the same ticker', async () => {
    const { page, problems } = await enter(search)
    await go(page)
    const before = await tableOf(page)
    expect(before).toHaveLength(500)
    await eventually(async () => {
      const now = await tableOf(page)
      return now.filter((line, at) => line !== before[at]).length
    }).toBeGreaterThan(100)
    await select(page, 'ALSY')
    const price = () => detail(page, 'ALSY').locator('.price').innerText()
    const first = await price()
    await eventually(price).not.toBe(first)
    await pause(page)
    await agrees(page)
    const { tickers } = stored()
    const ticker = tickers.find(({ symbol }) => symbol === 'ALSY') as Ticker
    expect(await price()).toContain(text(ticker.price))
    expect(problems).toEqual([])
  })

  it('[Q67] a filter lets in and out what moves, in the order that was chosen, and says of how many', async () => {
    const { page, problems } = await enter(search)
    await go(page)
    await choose(page, 'Sector', 'Finance')
    await choose(page, 'Moved by', '1')
    await choose(page, 'Order', 'gain')
    const lines = new Set<string>()
    await eventually(async () => {
      for (const line of await tableOf(page)) lines.add(line.slice(0, 4))
      return lines.size
    }).toBeGreaterThan(10)
    await pause(page)
    const isIn = (ticker: Ticker) => ticker.sector === 'Finance' && Math.abs(moveOf(ticker)) >= 1
    await agrees(page, isIn, (a, b) => moveOf(b) - moveOf(a) || bySymbol(a, b))
    const { tickers } = stored()
    const count = tickers.filter(isIn).length
    expect(await page.locator('output').textContent()).toBe(`${count} of 500`)
    const finance = tickers.filter(({ sector }) => sector === 'Finance').length
    expect(await page.getByRole('option', { name: /^Finance/ }).textContent()).toBe(`Finance (${finance})`)
    expect(problems).toEqual([])
  })

  it('[Q67] an order is there at once, and one that is refused is taken back', async () => {
    const { page, problems } = await enter(search)
    await pause(page)
    await select(page, 'BIWO')
    const held = () => figure(page, 'BIWO', 'Held')
    const heldInRow = () => row(page, 'BIWO').getByRole('cell').last().textContent()
    const before = Number(await held())
    const orders = stored().orders.length
    server.hold()
    await order(page, 'BIWO', { size: 100, way: 'Buy' })
    await eventually(held).toBe(String(before + 100))
    expect(await heldInRow()).toBe(String(before + 100))
    server.goOn()
    await eventually(() => stored().orders.length).toBe(orders + 1)
    await eventually(async () => (await idsIn(page))[0]).toBe(stored().orders.at(-1))
    await eventually(() => detail(page, 'BIWO').locator('.outcome').textContent()).toBe('')

    server.hold()
    await order(page, 'BIWO', { size: 1000, way: 'Buy' })
    await eventually(held).toBe(text(before + 1100, 0))
    server.goOn()
    await detail(page, 'BIWO').getByRole('alert').getByText('The desk may hold 1000 BIWO at most').waitFor()
    await eventually(held).toBe(String(before + 100))
    await agrees(page)
    await eventually(() => figure(page, 'Desk', 'Orders')).toBe(String(stored().desk.orders))
    expect(await figure(page, 'Desk', 'Turnover')).toBe(`$${text(stored().desk.turnover, 0)}`)
    expect(problems).toEqual([])
  })

  it('[Q67] reads the orders by page, each once, down to the first', async () => {
    const { page } = await enter(search)
    const older = page.getByRole('button', { name: 'Older' })
    await log(page).first().waitFor()
    while ((await older.count()) > 0) {
      const { length } = await idsIn(page)
      await older.click()
      await eventually(async () => (await idsIn(page)).length).toBeGreaterThan(length)
      await eventually(() => page.getByText('Loading …').count()).toBe(0)
    }
    expect(await idsIn(page)).toEqual(stored().orders.toReversed())
  })
})

it('[Q67] after the server was killed and is back, both windows have everything, and each order once', async () => {
  const [alice, bob] = [await enter('user=alice'), await enter('user=bob')]
  await go(alice.page)
  await choose(bob.page, 'Moved by', '1')
  await select(alice.page, 'CEST')
  await eventually(() => figure(alice.page, 'CEST', 'Held')).not.toBe('')
  const before = stored()
  const held = before.tickers.find(({ symbol }) => symbol === 'CEST')?.held ?? 0

  // One on its way, one into the void.
  server.hold()
  await order(alice.page, 'CEST', { size: 7, way: 'Buy' })
  await server.kill()
  await alice.page.getByRole('status').getByText('offline').waitFor()
  await order(alice.page, 'CEST', { size: 11, way: 'Buy' })
  await eventually(() => figure(alice.page, 'CEST', 'Held')).toBe(String(held + 18))
  await server.start()

  for (const { page } of [alice, bob]) await isLive(page)
  await eventually(() => stored().orders.length).toBe(before.orders.length + 2)
  await pause(alice.page)
  await agrees(alice.page)
  await agrees(bob.page, (ticker) => Math.abs(moveOf(ticker)) >= 1)
  const now = stored()
  expect(now.tickers.find(({ symbol }) => symbol === 'CEST')?.held).toBe(held + 18)
  for (const { page, problems } of [alice, bob]) {
    await eventually(async () => (await idsIn(page)).slice(0, 10)).toEqual(
      now.orders.toReversed().slice(0, 10),
    )
    await eventually(() => figure(page, 'Desk', 'Orders')).toBe(String(now.desk.orders))
    expect(await figure(page, 'Desk', 'Turnover')).toBe(`$${text(now.desk.turnover, 0)}`)
    expect(problems).toEqual([])
  }
})

it('[Q67] is walked by the keyboard, which stays in the list when its row leaves', async () => {
  const { page } = await enter('user=alice')
  await pause(page)
  await page.getByRole('button', { name: 'ALBR', exact: true }).focus()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await detail(page, 'ALCH').waitFor()
  await page.keyboard.press('End')
  const focused = () => page.evaluate(() => document.activeElement?.textContent?.slice(0, 4))
  expect(await focused()).toBe('ZEWO')
  const isInList = () => page.evaluate(() => document.activeElement?.closest('.rows') !== null)
  // Without a hand on the mouse: the row goes while it has the focus.
  await page.getByRole('combobox', { name: 'Sector' }).evaluate((select: HTMLSelectElement) => {
    select.value = 'Energy'
    select.dispatchEvent(new Event('change', { bubbles: true }))
  })
  await eventually(async () => (await tableOf(page))[0]?.slice(0, 4)).toBe('ALOI')
  expect(await isInList()).toBe(true)
  await page.keyboard.press('ArrowDown')
  expect(await focused()).toBe('ALOI')
})

it.each([
  ['light', {}],
  ['dark', { colorScheme: 'dark' }],
  ['phone', { viewport: { width: 360, height: 720 } }],
] as const)('[Q67] fits, and has nothing that axe objects to: %s', async (name, how) => {
  const { page } = await enter('user=alice', how)
  await go(page)
  await select(page, 'ALSY')
  await detail(page, 'ALSY').locator('.price').waitFor()
  await log(page).first().waitFor()
  await pause(page)
  await agrees(page)
  await page.screenshot({ path: join(pictures, `dashboard-${name}.png`), fullPage: true })
  const beyond = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  )
  expect(beyond).toBe(0)
  // The other rows are like these.
  await choose(page, 'Sector', 'Energy')
  await eventually(async () => (await tableOf(page)).length).toBe(50)
  await page.evaluate(axe)
  const { violations } = await page.evaluate(() =>
    (globalThis as unknown as { axe: typeof import('axe-core') }).axe.run(),
  )
  expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([])
})
