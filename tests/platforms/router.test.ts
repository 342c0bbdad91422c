/** examples/router with the packed package, built, in Chromium: loaders that ask TanStack Query, pages that are live. */
import { describe, expect, it } from 'vitest'
import {
  application,
  eventually,
  freePort,
  isLiveAndMoves,
  type Opened,
  openPage,
  runApplication,
  serve,
} from './application.ts'

const running = runApplication('router')

const open = (path: string) => openPage(running.served.origin + path)
const asked = ({ sent }: Opened, wanted: string) => sent.filter(({ type }) => type === wanted).length
const link = ({ page }: Opened, name: string) => page.getByRole('link', { name, exact: true })
const heading = ({ page }: Opened) => page.getByRole('heading').innerText()

describe('[O7] TanStack Router, loaders, with the packed package', () => {
  it('a deep link loads, is shown with its data, and is live; each thing is asked for once', async () => {
    const opened = await open('/prices/ABC')
    await isLiveAndMoves(opened)
    expect(await heading(opened)).toBe('ABC')
    expect(asked(opened, 'get_ticker')).toBe(1)
    expect(asked(opened, 'subscribe_ticker')).toBe(1)
    expect(opened.complaints).toEqual([])
    await opened.close()
  })

  it('a link is followed with its data, back and forward ask nothing anew while it is live', async () => {
    const opened = await open('/')
    await link(opened, 'Prices').click()
    await isLiveAndMoves(opened)
    await link(opened, 'XYZ').click()
    await isLiveAndMoves(opened)
    expect(await heading(opened)).toBe('XYZ')
    await opened.page.goBack()
    await isLiveAndMoves(opened)
    expect(await heading(opened)).toBe('Prices')
    await opened.page.goForward()
    await isLiveAndMoves(opened)
    expect(await heading(opened)).toBe('XYZ')
    expect([asked(opened, 'get_prices'), asked(opened, 'get_ticker')]).toEqual([1, 1])
    expect(opened.openSockets()).toBe(1)
    expect(opened.complaints).toEqual([])
    await opened.close()
  })

  it('a link that is hovered is loaded once, is shown at once, and its channel is left if nobody goes there', async () => {
    const opened = await open('/prices')
    await isLiveAndMoves(opened)
    await link(opened, 'ABC').hover()
    await eventually(() => asked(opened, 'get_ticker')).toBe(1)
    await opened.page.mouse.move(0, 400)
    await eventually(() => asked(opened, 'unsubscribe_ticker')).toBe(asked(opened, 'subscribe_ticker'))
    // Again, and there: what was missed meanwhile is in it.
    await link(opened, 'ABC').click()
    await isLiveAndMoves(opened)
    const prices = (await opened.rows()).map(Number)
    expect(prices).toEqual(prices.map((_, at) => (prices[0] ?? 0) + at))
    expect(opened.complaints).toEqual([])
    await opened.close()
  })

  it('a page that was left leaves its channel five seconds later, and nothing more is heard of it', async () => {
    const opened = await open('/prices/JKL')
    await isLiveAndMoves(opened)
    await link(opened, 'Home').click()
    await eventually(() => asked(opened, 'unsubscribe_ticker')).toBe(1)
    expect(asked(opened, 'subscribe_ticker')).toBe(1)
    await link(opened, 'Prices').click()
    await link(opened, 'JKL').click()
    await isLiveAndMoves(opened)
    expect(asked(opened, 'subscribe_ticker')).toBe(2)
    expect(opened.complaints).toEqual([])
    await opened.close()
  })

  it('a loader that is refused shows why, goes on trying when told to, and the other pages go on', async () => {
    const opened = await open('/prices')
    await isLiveAndMoves(opened)
    const { page } = opened
    await page.evaluate(() => {
      history.pushState({}, '', '/prices/NONE')
      dispatchEvent(new PopStateEvent('popstate'))
    })
    await eventually(() => page.getByRole('alert').count()).toBe(1)
    const said = await page.getByRole('alert').innerText()
    expect(said).not.toBe('')
    await page.getByRole('button', { name: 'Again' }).click()
    await eventually(() => page.getByRole('alert').innerText()).toBe(said)
    await link(opened, 'Prices').click()
    await isLiveAndMoves(opened)
    await opened.close()
  })

  it('a loader waits for a back end that is away, and is done when it is back', async () => {
    const opened = await open('/')
    await link(opened, 'Prices').click()
    await isLiveAndMoves(opened)
    await running.backEnd.end()
    await eventually(opened.status).toBe('offline')
    await link(opened, 'XYZ').click()
    await running.backEnd.start()
    await eventually(() => heading(opened)).toBe('XYZ')
    await isLiveAndMoves(opened)
    expect(opened.complaints).toEqual([])
    await opened.close()
  })
})

describe('[O11] examples/router, opened elsewhere', () => {
  it('is a page that is live after `npm run dev`, at any host name', async () => {
    const dev = await serve(application('router'), {
      command: ['--run', 'dev'],
      env: { BACKEND_PORT: String(await freePort()) },
    })
    const { complaints, rows, status, close } = await openPage(
      `${dev.origin.replace('localhost', 'elsewhere.localhost')}/prices`,
    )
    await expect.poll(status, { timeout: 60_000 }).toBe('live')
    const before = await rows()
    await eventually(rows).not.toEqual(before)
    expect(complaints).toEqual([])
    await close()
    await dev.end()
  })
})
