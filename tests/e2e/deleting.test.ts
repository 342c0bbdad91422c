/** Messages of the demo that are deleted, by somebody who does not stay for the five seconds in which they can be brought back. */
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { bubbles, log, ready, say, visit } from './demo.ts'
import { browser, demo } from './runningDemo.ts'

const enter = async (user: string) => {
  const { page, problems } = await visit(browser, demo, { user, room: 'general' })
  await ready(page)
  return { page, problems }
}

async function remove(page: Page, text: string): Promise<void> {
  const own = log(page).getByRole('article').filter({ hasText: text })
  await own.getByRole('img', { name: 'Sent' }).waitFor()
  await bubbles(page, text).click({ button: 'right' })
  await page.getByRole('menuitem', { name: 'Delete' }).click()
  await log(page).getByRole('button', { name: 'Undo' }).waitFor()
}

it('[C129] a reload takes nothing back', { timeout: 60_000 }, async () => {
  const [alice, bob] = [await enter('alice'), await enter('bob')]
  await say(alice.page, 'Not for everybody')
  await bubbles(bob.page, 'Not for everybody').waitFor()
  await remove(alice.page, 'Not for everybody')
  await alice.page.reload()
  await ready(alice.page)
  for (const { page } of [bob, alice]) {
    await bubbles(page, 'Not for everybody').waitFor({ state: 'detached', timeout: 15_000 })
  }
  expect([...alice.problems, ...bob.problems]).toEqual([])
})

it('[C129] neither does closing the page: the next one goes on', { timeout: 60_000 }, async () => {
  const [alice, bob] = [await enter('alice'), await enter('bob')]
  await say(alice.page, 'Said by mistake')
  await bubbles(bob.page, 'Said by mistake').waitFor()
  await remove(alice.page, 'Said by mistake')
  const context = alice.page.context()
  const address = alice.page.url()
  await alice.page.close()
  const next = await context.newPage()
  await next.goto(address)
  await ready(next)
  for (const page of [bob.page, next]) {
    await bubbles(page, 'Said by mistake').waitFor({ state: 'detached', timeout: 15_000 })
  }
})
