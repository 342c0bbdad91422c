/** TanStack's own packages beside the packed querywire, in pages that are live. */
import { describe, expect, it } from 'vitest'
import {
  eventually,
  isLiveAndMoves,
  newContext,
  type Opened,
  openPage,
  runApplication,
} from './application.ts'

const running = runApplication('neighbours', 'vite')

const asked = ({ sent }: Opened) => sent.filter(({ type }) => type === 'get_prices').length
const changes = ({ page }: Opened) => page.evaluate(() => Number(Reflect.get(window, 'changes')))

describe('[O8] beside querywire', () => {
  it('broadcastQueryClient: two tabs are live, tell each other, ask at their pace, and come to rest', async () => {
    const openedAt = performance.now()
    const context = await newContext()
    const open = () => openPage(`${running.served.origin}/?with=broadcast`, { context })
    const tabs = [await open(), await open()] as const
    for (const tab of tabs) await isLiveAndMoves(tab)
    await running.backEnd.end()
    for (const tab of tabs) await eventually(tab.status).toBe('offline')
    await eventually(async () => (await tabs[0].rows()).join() === (await tabs[1].rows()).join()).toBe(true)
    await eventually(async () => {
      const before = await Promise.all(tabs.map(changes))
      await tabs[0].page.waitForTimeout(500)
      return (await Promise.all(tabs.map(changes))).join() === before.join()
    }).toBe(true)
    await running.backEnd.start()
    for (const tab of tabs) await isLiveAndMoves(tab)
    // Nothing is numbered here, so what another tab tells is asked for: at the pace of [Q29], however much moves.
    const seconds = (performance.now() - openedAt) / 1_000
    for (const tab of tabs) expect(asked(tab)).toBeLessThanOrEqual(10 + seconds / 2)
    for (const tab of tabs) expect(tab.complaints).toEqual([])
    await context.close()
  })

  it.each(['sync', 'async'])(
    '%s-storage persister: what was kept is shown without a back end, and brought up to date with one',
    async (which) => {
      const context = await newContext()
      const open = () => openPage(`${running.served.origin}/?with=${which}`, { context })
      const first = await open()
      await isLiveAndMoves(first)
      const seen = (await first.rows()).map((row) => Number(row.split(' ')[1]))
      await first.page.waitForTimeout(500)
      await first.close()
      await running.backEnd.end()
      const second = await open()
      await eventually(() => second.page.locator('li').count()).toBe(2)
      const kept = (await second.rows()).map((row) => Number(row.split(' ')[1]))
      expect(kept.every((price, at) => price >= (seen[at] ?? 0))).toBe(true)
      expect(await second.status()).not.toBe('live')
      await running.backEnd.start()
      await expect.poll(second.status, { timeout: 60_000 }).toBe('live')
      // A new process begins anew: what it says is what is shown, whatever was kept.
      await eventually(async () => (await second.rows())[0]).toMatch(/^ABC 1\d\d$/)
      expect(asked(second)).toBe(1)
      expect([...first.complaints, ...second.complaints]).toEqual([])
      await context.close()
    },
  )

  it('React Query Devtools: the query is there, moves, and is live again after whatever was done to it', async () => {
    const opened = await openPage(`${running.served.origin}/?with=devtools`)
    const { page, complaints, close } = opened
    await isLiveAndMoves(opened)
    const button = (name: string | RegExp) => page.getByRole('button', { name, exact: true }).first()
    const press = (name: string | RegExp) => button(name).click()
    await press(/^Query key .*"prices"/)
    for (const action of ['Refetch', 'Invalidate', 'Reset', 'Delete item']) {
      await press(action)
      await isLiveAndMoves(opened)
      await eventually(async () => (await opened.rows()).length).toBe(2)
    }
    await press('Trigger Loading')
    await press('Restore Loading')
    await isLiveAndMoves(opened)
    // There is nothing to restore: the next event is shown.
    await press('Trigger Error')
    await isLiveAndMoves(opened)
    await press('Mock offline behavior')
    await press(/^(Unset|Restore) offline/)
    await isLiveAndMoves(opened)
    await press('Clear query cache')
    await isLiveAndMoves(opened)
    await press('Remove')
    await isLiveAndMoves(opened)
    expect(complaints).toEqual([])
    await close()
  })
})
