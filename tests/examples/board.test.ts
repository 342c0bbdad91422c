/** A board in two windows: what is dragged in one moves in the other, whatever happens to the server meanwhile. */
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { serveApp, startBrowser } from '../e2e/demo.ts'
import { type ExampleServer, startExample } from '../e2e/exampleServer.ts'

let server: ExampleServer
let app: Awaited<ReturnType<typeof serveApp>>
let browser: Browser

beforeAll(async () => {
  server = await startExample('board/server.ts', 'BOARD')
  app = await serveApp('board', { VITE_BOARD_URL: `ws://127.0.0.1:${server.port}` })
  browser = await startBrowser()
})

afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()))
})

afterAll(async () => {
  await browser?.close()
  await app?.close()
  await server?.close()
})

const enter = async (user: string, board: string) => {
  const context = await browser.newContext({ viewport: { width: 1000, height: 560 } })
  const page = await context.newPage()
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('console', (message) => {
    const isAboutServer = /ERR_CONNECTION_REFUSED|WebSocket connection/.test(message.text())
    if (message.type() === 'error' && !isAboutServer) problems.push(message.text())
  })
  await page.goto(`${app.url}?user=${user}&board=${board}`)
  await isLive(page)
  return { page, problems }
}

/** As long as a busy machine needs. */
const eventually = <Value>(read: () => Promise<Value>) => expect.poll(read, { timeout: 30_000 })
const isLive = (page: Page) =>
  page.getByRole('status').getByText('live', { exact: true }).waitFor({ timeout: 30_000 })
const column = (page: Page, name: string) => page.getByRole('region', { name, exact: true })
const card = (page: Page, title: string) =>
  page.getByRole('listitem').filter({ has: page.getByText(title, { exact: true }) })
const titlesIn = (page: Page, name: string) => column(page, name).getByTitle('Rename').allTextContents()
const allOf = async (page: Page) => ({
  'To do': await titlesIn(page, 'To do'),
  Doing: await titlesIn(page, 'Doing'),
  Done: await titlesIn(page, 'Done'),
})

async function add(page: Page, name: string, title: string) {
  await page.getByRole('textbox', { name: `New card in ${name}` }).fill(title)
  await column(page, name).getByRole('button', { name: 'Add' }).click()
  await column(page, name).getByText(title, { exact: true }).and(page.getByRole('button')).waitFor()
}

/** Takes it up, and holds it. */
async function lift(page: Page, title: string) {
  await card(page, title).hover({ position: { x: 4, y: 4 } })
  await page.mouse.down()
  await page.mouse.move(300, 300, { steps: 4 })
}

async function dropIn(page: Page, name: string) {
  const box = await column(page, name).boundingBox()
  if (!box) throw new Error(`No column ${name}`)
  await page.mouse.move(box.x + box.width / 2, box.y + 20, { steps: 4 })
  await page.mouse.up()
}

it('shows in one window what is dragged, added and renamed in the other', async () => {
  const [alice, bob] = [await enter('alice', 'two'), await enter('bob', 'two')]
  await add(alice.page, 'To do', 'Buy milk')
  await add(bob.page, 'To do', 'Sweep the floor')
  await lift(alice.page, 'Buy milk')
  await dropIn(alice.page, 'Doing')
  await eventually(() => titlesIn(bob.page, 'Doing')).toEqual(['Buy milk'])
  bob.page.once('dialog', (dialog) => void dialog.accept('Buy oat milk'))
  await card(bob.page, 'Buy milk').getByTitle('Rename').click()
  const expected = { 'To do': ['Sweep the floor'], Doing: ['Buy oat milk'], Done: [] }
  for (const { page, problems } of [alice, bob]) {
    await eventually(() => allOf(page)).toEqual(expected)
    expect(problems).toEqual([])
  }
})

it('is moved by a keyboard, which stays with the card', async () => {
  const { page } = await enter('alice', 'keys')
  await add(page, 'To do', 'Water the plants')
  for (const name of ['Doing', 'Done']) {
    await page.getByRole('combobox', { name: 'Column of Water the plants' }).focus()
    await page.keyboard.press('ArrowDown')
    await eventually(() => titlesIn(page, name)).toEqual(['Water the plants'])
    const focused = page.locator(':focus')
    expect(await focused.getAttribute('aria-label')).toBe('Column of Water the plants')
  }
  await isLive(page)
})

it('loses nothing when the server is killed while cards are held and dropped, and both are level again', {
  timeout: 120_000,
}, async () => {
  const [alice, bob] = [await enter('alice', 'killed'), await enter('bob', 'killed')]
  for (const title of ['One', 'Two', 'Three']) await add(alice.page, 'To do', title)
  await eventually(() => titlesIn(bob.page, 'To do')).toEqual(['One', 'Two', 'Three'])

  // Killed while one is held, and dropped into the void.
  await lift(alice.page, 'One')
  await server.kill()
  await dropIn(alice.page, 'Doing')
  await eventually(() => titlesIn(alice.page, 'Doing')).toEqual(['One'])
  await add(bob.page, 'To do', 'Four')
  expect(await titlesIn(bob.page, 'Doing')).toEqual([])
  await server.start()
  for (const { page } of [alice, bob]) {
    await isLive(page)
    await eventually(() => allOf(page)).toEqual({
      'To do': ['Two', 'Three', 'Four'],
      Doing: ['One'],
      Done: [],
    })
  }

  // Killed with one on its way: a server that stands still takes what is sent, and answers nothing.
  await lift(bob.page, 'Two')
  server.hold()
  await dropIn(bob.page, 'Done')
  await eventually(() => titlesIn(bob.page, 'Done')).toEqual(['Two'])
  await server.kill()
  await server.start()
  for (const { page, problems } of [alice, bob]) {
    await isLive(page)
    await eventually(() => allOf(page)).toEqual({ 'To do': ['Three', 'Four'], Doing: ['One'], Done: ['Two'] })
    expect(problems).toEqual([])
  }
  const late = await enter('carol', 'killed')
  expect(await allOf(late.page)).toEqual(await allOf(alice.page))
})
