/** A picture and a file in the demo: chosen, dropped, shown to others, in a place that was kept free, and served so that nothing runs. */
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Demo, ready, startBrowser, startDemo, visit } from './demo.ts'

let browser: Browser
let demo: Demo

beforeAll(async () => {
  browser = await startBrowser()
  demo = await startDemo()
})
afterAll(async () => {
  await browser.close()
  await demo.close()
})

const open = async (user: string): Promise<Page> => {
  const { page } = await visit(browser, demo, { user, room: 'general' })
  await ready(page)
  return page
}

/** A PNG that a browser has drawn. */
const drawn = (page: Page) =>
  page.evaluate(() => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 900, height: 600 })
    const brush = canvas.getContext('2d')
    if (brush) {
      Object.assign(brush, { fillStyle: '#8fb8d0' }).fillRect(0, 0, 900, 600)
      Object.assign(brush, { fillStyle: '#2f5d7c' }).fillRect(0, 380, 900, 220)
      Object.assign(brush, { fillStyle: '#f3c969' }).fillRect(640, 90, 110, 110)
    }
    return canvas.toDataURL('image/png').split(',')[1] ?? ''
  })

it('[C124] sends a picture and a page of HTML, and nothing of it runs anywhere', {
  timeout: 60_000,
}, async () => {
  const [alice, bob] = [await open('alice'), await open('bob')]
  const buffer = Buffer.from(await drawn(alice), 'base64')
  await alice.getByLabel('Files to attach').setInputFiles([
    { name: 'The pier, this morning.png', mimeType: 'image/png', buffer },
    { name: 'tides.html', mimeType: 'text/html', buffer: Buffer.from('<script>alert(1)</script>') },
  ])
  await alice.getByRole('list', { name: 'Files to send' }).waitFor()
  if (process.env.SHOTS) await alice.screenshot({ path: `${process.env.SHOTS}/chosen.png` })
  await alice.getByRole('textbox', { name: 'Message' }).fill('From this morning')
  await alice.keyboard.press('Enter')
  const picture = bob.getByRole('img', { name: 'The pier, this morning.png' })
  await picture.waitFor()
  await expect.poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(900)
  const box = await picture.boundingBox()
  expect([box?.width, box?.height]).toEqual([300, 200])
  const urls = await Promise.all(
    [bob.locator('.qw-picture').last(), bob.locator('.qw-file').last()].map((link) =>
      link.getAttribute('href'),
    ),
  )
  const [shown, saved] = await Promise.all(urls.map((url) => fetch(String(url))))
  expect(shown?.headers.get('content-type')).toBe('image/png')
  expect(saved?.headers.get('content-type')).toBe('application/octet-stream')
  expect(saved?.headers.get('content-disposition')).toBe("attachment; filename*=UTF-8''tides.html")
  for (const { headers } of [shown, saved] as Response[]) {
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('content-security-policy')).toContain('sandbox')
  }
  if (process.env.SHOTS) {
    await bob.screenshot({ path: `${process.env.SHOTS}/bob.png` })
    await alice.screenshot({ path: `${process.env.SHOTS}/alice.png` })
    await alice.emulateMedia({ colorScheme: 'dark' })
    await alice.setViewportSize({ width: 390, height: 760 })
    await alice.screenshot({ path: `${process.env.SHOTS}/phone.png` })
  }
  // Kept: another visit shows it, in the same place.
  await bob.reload()
  await bob.getByRole('img', { name: 'The pier, this morning.png' }).waitFor()
  const near = new URL(String(urls[0])).origin
  const post = (headers: Record<string, string>, body: string, name = 'a') =>
    fetch(`${near}/files?name=${name}`, { method: 'POST', headers, body }).then(({ status }) => status)
  expect(await post({}, 'x')).toBe(401)
  expect(await post({ authorization: 'Bearer nonsense' }, 'x')).toBe(401)
  const { token } = (await (await fetch(`${near}/token?user=bob`)).json()) as { token: string }
  const authorization = `Bearer ${token}`
  expect(await post({ authorization }, 'x', '')).toBe(400)
  expect(await post({ authorization, origin: 'https://evil.example' }, 'x')).toBe(403)
  expect(await post({ authorization }, 'x'.repeat(20_000_001)).catch(() => 413)).toBe(413)
  expect(await post({ authorization }, 'x')).toBe(201)
  for (const path of ['/files/..%2fdemo.sqlite', '/files/00000000-0000-0000-0000-000000000000/a', '/files/'])
    expect((await fetch(near + path)).status).toBe(404)
})
