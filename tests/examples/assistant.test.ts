/** The assistant of the demo: its answers grow, are stopped, and survive what happens to a page, a network and a server. */
import type { Page, WebSocketRoute } from 'playwright-core'
import { expect, it, vi } from 'vitest'
import { log, ready, say, visit } from '../e2e/demo.ts'
import { browser, demo } from '../e2e/runningDemo.ts'

// Much happens in each of them, and a busy machine takes its time.
vi.setConfig({ testTimeout: 180_000 })

const enter = async (user: string, room = `${user}-assistant`) => {
  const { page, problems } = await visit(browser, demo, { user, room })
  await ready(page)
  return { page, problems }
}

const stopButton = (page: Page) => log(page).getByRole('button', { name: 'Stop' })
const answer = (page: Page) => log(page).getByRole('article').last()
const textOf = (page: Page) => answer(page).locator('.qw-bubble-text').innerText()
const heard = (page: Page) => page.getByRole('status', { name: 'New messages' })

/** Words take their time, and a slow machine more of it. */
const eventually = <Value>(look: () => Value) => expect.poll(look, { timeout: 40_000 })

/** Connections go through here from the next load of the page on. */
async function breakable(page: Page): Promise<{ cut(): void; mend(): void }> {
  const open = new Set<WebSocketRoute>()
  let isCut = false
  await page.routeWebSocket(/\/ws\//, (socket) => {
    if (isCut) return void socket.close({ code: 1001 })
    open.add(socket)
    socket.connectToServer()
  })
  return {
    cut: () => {
      isCut = true
      for (const socket of open) void socket.close({ code: 1001 })
      open.clear()
    },
    mend: () => {
      isCut = false
    },
  }
}

/** A long answer, of which a dozen words are there. */
async function ask(page: Page, text = 'Something long, please'): Promise<void> {
  await say(page, text)
  await stopButton(page).waitFor()
  await eventually(() => textOf(page)).toMatch(/time to reload/)
}

it('[C135] writes word by word, is heard once when it is finished, and stays in view', async () => {
  const { page, problems } = await enter('alice')
  await say(page, 'Show me some code')
  await stopButton(page).waitFor()
  // As soon as it has begun the block is one, without its marks; and it never ceases to be.
  await eventually(() => answer(page).locator('pre').count()).toBe(1)
  const seen: string[] = []
  await eventually(async () => {
    seen.push(await answer(page).innerText())
    return stopButton(page).count()
  }).toBe(0)
  expect(seen.filter((text) => text.includes('```') || !text.includes('function'))).toEqual([])
  expect(new Set(seen).size).toBeGreaterThan(3)
  expect(await textOf(page)).toMatch(/ends it\.$/)
  await eventually(() => heard(page).innerText()).toMatch(/^assistant: Like this.*ends it\.$/s)
  const belowEnd = ({ scrollHeight, scrollTop, clientHeight }: Element) =>
    scrollHeight - scrollTop - clientHeight
  expect(await log(page).evaluate(belowEnd)).toBeLessThanOrEqual(1)
  expect(problems).toEqual([])
})

it('[C136] is stopped by its button, with the keyboard too, for everybody; the focus stays at the message', async () => {
  const { page } = await enter('alice', 'general')
  const bob = await enter('bob', 'general')
  await ask(page, '@assistant something long, please')
  await page.getByRole('textbox', { name: 'Message' }).focus()
  // Past the button for files.
  for (let back = 0; back < 2; back++) await page.keyboard.press('Shift+Tab')
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Stop')
  await page.keyboard.press('Enter')
  for (const each of [page, bob.page]) {
    await answer(each).getByText('stopped', { exact: true }).waitFor()
    expect(await textOf(each)).toMatch(/^.*A long answer(?!.*all of it)/s)
  }
  expect(await textOf(page)).toBe(await textOf(bob.page))
  expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('ARTICLE')
  await eventually(() => heard(bob.page).innerText()).toMatch(/\(stopped\)$/)
})

it('[C137] goes on from where it is after a lost connection and a reload, with nothing missing or doubled', async () => {
  const { page } = await enter('alice')
  const network = await breakable(page)
  await page.reload()
  await ready(page)
  await ask(page)
  network.cut()
  const before = await textOf(page)
  await page.waitForTimeout(1_000)
  // Whatever the server writes meanwhile.
  expect(await textOf(page)).toBe(before)
  network.mend()
  await eventually(() => textOf(page).then((text) => text.length)).toBeGreaterThan(before.length + 30)
  await page.reload()
  await ready(page)
  await stopButton(page).waitFor()
  await eventually(() => textOf(page)).toContain(before)
  await eventually(() => stopButton(page).count()).toBe(0)
  const text = await textOf(page)
  expect(text.match(/When the first ferry/g)).toHaveLength(3)
  expect(text.match(/That was all of it\./g)).toHaveLength(1)
  // It was finished after the reload, and is heard then.
  await eventually(() => heard(page).innerText()).toMatch(/^assistant: A long answer/)
})

it('[C137] says that it was broken off when the server went down in the middle', async () => {
  const { page } = await enter('carol')
  await ask(page)
  await demo.stopServer()
  await demo.startServer()
  await answer(page).getByText('broken off', { exact: true }).waitFor()
  expect(await textOf(page)).toMatch(/^A long answer/)
  expect(await stopButton(page).count()).toBe(0)
  await say(page, 'Show me some code')
  await eventually(() => textOf(page)).toMatch(/ends it\.$/)
})
