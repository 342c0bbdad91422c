/** examples/next with the packed package, in Chromium. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  application,
  type BackEnd,
  createBackEnd,
  type OpenOptions,
  openPage,
  type Served,
  serve,
} from './application.ts'

const noSocket = join(import.meta.dirname, 'noSocket.mjs')
const { BACKEND_PORT, NEXT_PUBLIC_BACKEND } = process.env

let backEnd: BackEnd
let served: Served

beforeAll(async () => {
  backEnd = createBackEnd(application('next'), Number(BACKEND_PORT))
  await backEnd.start()
  served = await serve(application('next'), {
    command: [
      '--import',
      noSocket,
      'node_modules/next/dist/bin/next',
      'start',
      '--port',
      '0',
      '--hostname',
      '127.0.0.1',
    ],
    env: { NODE_ENV: 'production', NODE_OPTIONS: `--import=${noSocket}` },
  })
})
afterEach(() => backEnd.start())
afterAll(async () => {
  await served?.end()
  await backEnd?.end()
})

const open = (path: string, options?: OpenOptions) => openPage(served.origin + path, options)

const pricesIn = (html: string) => /ABC(?:<!-- -->| )+(\d+)/.exec(html)?.[1]

describe('[O5] Next.js, App Router, with the packed package', () => {
  it('has the prices in the first HTML, those of this request, and dials nothing', async () => {
    const html = async () => (await fetch(served.origin)).text()
    const first = pricesIn(await html())
    expect(first).toMatch(/^\d+$/)
    await expect.poll(async () => pricesIn(await html()), { timeout: 30_000 }).not.toBe(first)
    await Promise.all(Array.from({ length: 20 }, html))
    expect(served.said()).not.toContain('A socket from the server')
    // That it would have been told of.
    const probe = spawn(process.execPath, ['--import', noSocket, '-e', 'new WebSocket("ws://a")'])
    const [told] = await once(probe.stderr, 'data')
    expect(String(told)).toContain('A socket from the server: ws://a')
  })

  it('hydrates without a complaint, is live, and goes on after the back end was away', async () => {
    const { complaints, rows, status, close } = await open('/')
    await expect.poll(status, { timeout: 30_000 }).toBe('live')
    const before = await rows()
    expect(before).toHaveLength(2)
    await expect.poll(rows, { timeout: 30_000 }).not.toEqual(before)
    expect(complaints).toEqual([])
    await backEnd.end()
    await expect.poll(status, { timeout: 30_000 }).toBe('offline')
    expect(await rows()).toHaveLength(2)
    await backEnd.start()
    await expect.poll(status, { timeout: 60_000 }).toBe('live')
    // A new process begins anew: what it says is what is shown.
    await expect.poll(async () => (await rows())[0], { timeout: 30_000 }).toMatch(/^ABC 10\d$/)
    await close()
  })

  it('is prerendered where nothing is fetched on the server, and filled in the browser', async () => {
    const html = await (await fetch(`${served.origin}/browser`)).text()
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
