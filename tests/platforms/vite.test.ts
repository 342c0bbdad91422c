/** examples/vite with the packed package, built, in Chromium. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  application,
  type BackEnd,
  createBackEnd,
  eventually,
  freePort,
  openPage,
  type Served,
  serve,
} from './application.ts'

let backEnd: BackEnd
let served: Served

beforeAll(async () => {
  backEnd = createBackEnd(application('vite'), await freePort())
  await backEnd.start()
  served = await serve(application('vite'), { env: { BACKEND_PORT: String(backEnd.port) } })
})
afterEach(() => backEnd.start())
afterAll(async () => {
  await served?.end()
  await backEnd?.end()
})

describe('[O6] Vite, built, with the packed package', () => {
  it('is live over the address that the page came from, and asks once', async () => {
    const { page, complaints, requests, sent, openSockets, rows, status, close } = await openPage(
      served.origin,
    )
    await eventually(status).toBe('live')
    const before = await rows()
    expect(before.join()).toMatch(/ABC \d+,XYZ \d+/)
    await eventually(rows).not.toEqual(before)
    expect(sent.filter(({ type }) => type === 'get_prices')).toHaveLength(1)
    expect(openSockets()).toBe(1)
    expect(requests.every((url) => url.startsWith(served.origin) || url.startsWith('data:'))).toBe(true)
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true)
    expect(complaints).toEqual([])
    await close()
  })

  it('keeps what it shows while the back end is away, and goes on', async () => {
    const { complaints, rows, status, close } = await openPage(served.origin)
    await eventually(status).toBe('live')
    await backEnd.end()
    await eventually(status).toBe('offline')
    expect(await rows()).toHaveLength(2)
    await backEnd.start()
    await expect.poll(status, { timeout: 60_000 }).toBe('live')
    // A new process begins anew: what it says is what is shown.
    await eventually(async () => (await rows())[0]).toMatch(/^ABC 10\d$/)
    expect(complaints).toEqual([])
    await close()
  })

  it('has a back end that checks who dials: a page of somebody else hears nothing', async () => {
    const code = `const socket = new WebSocket('ws://127.0.0.1:${backEnd.port}/ws/')
      socket.onclose = (event) => console.log(event.code)`
    const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [told] = await once(child.stdout, 'data')
    expect(String(told).trim()).toMatch(/^40\d\d$/)
  })
})
