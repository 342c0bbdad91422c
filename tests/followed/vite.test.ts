/** From an empty folder: README's first minutes, the first page, the chat, its test, the dashboard, Django. One after the other, as read. */
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { stepsOf } from './page.ts'
import { eventually, moves, startBrowser, type Visit, visit } from './pages.ts'
import { createReader, type Reader } from './reader.ts'

const VITE = 'docs/learn/start/vite.md'

let reader: Reader
let browser: Browser
const open: Visit[] = []

beforeAll(async () => {
  browser = await startBrowser()
  reader = await createReader()
})
afterEach(async () => {
  await Promise.all(open.splice(0).map(({ close }) => close()))
})
afterAll(async () => {
  await browser?.close()
  await reader?.close()
})

async function look(search = ''): Promise<Visit> {
  // What is imported for the first time, Vite bundles, and then loads the page anew.
  const first = await visit(browser, reader.address() + search)
  await eventually(first.status).not.toBe('')
  await first.close()
  const opened = await visit(browser, reader.address() + search)
  open.push(opened)
  return opened
}

async function endsAndComesBack({ status }: Visit, [gone, back]: readonly [string, string]): Promise<void> {
  const server = reader.terminal('node server.mjs')
  await server.end()
  await eventually(status).toBe(gone)
  await reader.follow([{ kind: 'command', command: server.command }])
  await eventually(status).toBe(back)
}

async function talk(alice: Visit, bob: Visit): Promise<void> {
  for (const { status } of [alice, bob]) await eventually(status).toBe('Connected')
  for (const [from, to, words] of [
    [alice, bob, 'Hello'],
    [bob, alice, 'Hi!'],
  ] as const) {
    await from.page.getByRole('textbox').fill(words)
    await from.page.getByRole('textbox').press('Enter')
    await eventually(to.text).toContain(words)
  }
}

describe('[O9] followed to the letter, with the tarball and nothing else', () => {
  it('the first page makes an app that is live', async () => {
    await reader.follow(await stepsOf(VITE))
    const prices = await look()
    await eventually(prices.status).toBe('live')
    expect(await prices.text()).toMatch(/ABC \d+\s+XYZ \d+/)
    await moves(prices.text)
    await endsAndComesBack(prices, ['offline', 'live'])
    await reader.type('npm run build')
    expect(prices.complaints).toEqual([])
  })

  it('README’s first minutes show the same', async () => {
    await reader.follow(await stepsOf('README.md', { from: '## The first minutes', to: '## Entry points' }))
    const prices = await look()
    await eventually(prices.status).toBe('live')
    await moves(prices.text)
    expect(prices.complaints).toEqual([])
  })

  it('the chat lets two people talk, through a server that ends', async () => {
    await reader.follow(await stepsOf('docs/learn/start/chat.md'))
    const [alice, bob] = [await look('?user=alice'), await look('?user=bob')]
    await talk(alice, bob)
    const server = reader.terminal('node server.mjs')
    await server.end()
    await eventually(alice.status).toBe('Not connected')
    await alice.page.getByRole('textbox').fill('Are you there?')
    await alice.page.getByRole('textbox').press('Enter')
    await eventually(alice.text).toContain('alice: Are you there? queued')
    await reader.follow([{ kind: 'command', command: server.command }])
    await eventually(bob.text).toContain('alice: Are you there?')
    await eventually(alice.text).not.toContain('queued')
    expect((await bob.text()).match(/Are you there\?/g)).toHaveLength(1)
    expect([...alice.complaints, ...bob.complaints]).toEqual([])
  })

  it('its test passes, and would not if nothing came in', async () => {
    await reader.follow(
      await stepsOf('docs/learn/guides/testing.md', { to: '## What can go wrong, on purpose' }),
    )
    expect(await reader.type('npx vitest run')).toMatch(/Tests\s+1 passed/)
    const broken = "sed -i \"s/server.inject('7'/server.inject('8'/\" src/ChatRoom.test.tsx && npx vitest run"
    await expect(reader.type(broken)).rejects.toThrow('1 failed')
  })

  it('the dashboard shows what costs more than 100, the dearest first, and counts', async () => {
    await reader.follow(await stepsOf('docs/learn/recipes/dashboard.md'))
    const dashboard = await look()
    await eventually(dashboard.status).toBe('live')
    const prices = async () =>
      (await dashboard.page.getByRole('listitem').allInnerTexts()).map((row) => Number(row.split(' ')[1]))
    const trades = async () => Number(/(\d+) trades/.exec(await dashboard.text())?.[1])
    await eventually(async () => (await prices()).length).toBeGreaterThan(20)
    await moves(prices)
    await moves(async () => (await prices()).length)
    const shown = await prices()
    expect(shown.every((price) => price > 100)).toBe(true)
    expect(shown).toEqual(shown.toSorted((a, b) => b - a))
    const before = await trades()
    await eventually(trades).toBeGreaterThan(before)
    await endsAndComesBack(dashboard, ['offline', 'live'])
    expect(dashboard.complaints).toEqual([])
  })

  it('the Django project lets two people talk', async () => {
    await reader.terminal('node server.mjs').end()
    await reader.follow(
      await stepsOf('docs/learn/back-ends/django.md', { from: '## A project with the app' }),
    )
    const tokenOf = async (name: string) =>
      (await reader.type(`python manage.py issue_token ${name}`)).trim().split('\n').at(-1)
    const [alice, bob] = [
      await look(`?token=${await tokenOf('alice')}`),
      await look(`?token=${await tokenOf('bob')}`),
    ]
    await talk(alice, bob)
    expect(await (await fetch(`http://127.0.0.1:${reader.port}/health`)).text()).not.toBe('')
    expect([...alice.complaints, ...bob.complaints]).toEqual([])
  })
})
