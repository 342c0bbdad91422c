/** examples/vite with the packed package, built, in Chromium. */

import { describe, expect, it } from 'vitest'
import { application, eventually, freePort, openPage, runApplication, serve } from './application.ts'

const running = runApplication('vite')

describe('[O6] Vite, built, with the packed package', () => {
  it('is live over the address that the page came from, and asks once', async () => {
    const { page, complaints, requests, sent, openSockets, rows, status, close } = await openPage(
      running.served.origin,
    )
    await eventually(status).toBe('live')
    const before = await rows()
    expect(before.join()).toMatch(/ABC \d+,XYZ \d+/)
    await eventually(rows).not.toEqual(before)
    expect(sent.filter(({ type }) => type === 'get_prices')).toHaveLength(1)
    expect(openSockets()).toBe(1)
    expect(requests.every((url) => url.startsWith(running.served.origin) || url.startsWith('data:'))).toBe(
      true,
    )
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true)
    expect(complaints).toEqual([])
    await close()
  })

  it('keeps what it shows while the back end is away, and goes on', async () => {
    const { complaints, rows, status, close } = await openPage(running.served.origin)
    await eventually(status).toBe('live')
    await running.backEnd.end()
    await eventually(status).toBe('offline')
    expect(await rows()).toHaveLength(2)
    await running.backEnd.start()
    await expect.poll(status, { timeout: 60_000 }).toBe('live')
    // A new process begins anew: what it says is what is shown.
    await eventually(async () => (await rows())[0]).toMatch(/^ABC 10\d$/)
    expect(complaints).toEqual([])
    await close()
  })
})

describe('[O11] examples/vite, opened elsewhere', () => {
  it('is a page that is live after `npm run dev`, at any host name', async () => {
    const dev = await serve(application('vite'), {
      command: ['--run', 'dev'],
      env: { BACKEND_PORT: String(await freePort()) },
    })
    const { complaints, rows, status, close } = await openPage(
      `${dev.origin.replace('localhost', 'elsewhere.localhost')}`,
    )
    await expect.poll(status, { timeout: 60_000 }).toBe('live')
    const before = await rows()
    await eventually(rows).not.toEqual(before)
    expect(complaints).toEqual([])
    await close()
    await dev.end()
  })
})
