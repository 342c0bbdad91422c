/** The first page for Next.js, from an empty folder. */
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stepsOf } from './page.ts'
import { eventually, moves, startBrowser, visit } from './pages.ts'
import { createReader, type Reader } from './reader.ts'

const NEXT = 'docs/learn/start/next.md'

let reader: Reader
let browser: Browser

beforeAll(async () => {
  browser = await startBrowser()
  reader = await createReader()
})
afterAll(async () => {
  await browser?.close()
  await reader?.close()
})

const pricesIn = (html: string) => /ABC(?:<!-- -->| )+(\d+)/.exec(html)?.[1]

describe('[O10] followed to the letter, with the tarball and nothing else', () => {
  it('the first page for Next.js makes prices that are in the first HTML and live from then on', async () => {
    await reader.follow(await stepsOf(NEXT, { to: '## What is tried' }))
    const html = async () => pricesIn(await (await fetch(reader.address())).text())
    // Compiled for the first request, however long that takes.
    await html()
    await eventually(html).toMatch(/^\d+$/)
    await moves(html)
    const { page, complaints, status, close } = await visit(browser, reader.address())
    await eventually(status).toBe('live')
    const rows = () => page.getByRole('main').getByRole('listitem').allInnerTexts()
    expect((await rows()).join()).toMatch(/ABC \d+,XYZ \d+/)
    await moves(rows)
    const server = reader.terminal('node server.mjs')
    await server.end()
    await eventually(status).toBe('offline')
    await reader.follow([{ kind: 'command', command: server.command }])
    await eventually(status).toBe('live')
    await moves(rows)
    expect(complaints).toEqual([])
    await close()
  })

  it('builds for production as it stands', async () => {
    await reader.terminal('npm run dev').end()
    expect(await reader.type('npm run build')).toContain('Compiled successfully')
  })
})
