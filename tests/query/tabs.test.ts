/** Tabs that tell each other of their caches, with TanStack's `broadcastQueryClient` over a real BroadcastChannel. */
import { broadcastQueryClient } from '@tanstack/query-broadcast-client-experimental'
import { afterEach, describe, expect, it } from 'vitest'
import { history, message, range } from './support/room.ts'
import { openTab, quiet, type Tab } from './support/tab.ts'

const cleanups: (() => void)[] = []
afterEach(() => {
  for (const cleanup of cleanups.splice(0).reverse()) cleanup()
})

const POSITION = { seq: 3, epoch: 'e' }

function openTabs() {
  const broadcastChannel = `tabs ${performance.now()}`
  const open = () => {
    const tab = openTab()
    const { queryClient } = tab
    tab.onClose(broadcastQueryClient({ queryClient, broadcastChannel, options: { type: 'native' } }))
    cleanups.push(tab.close)
    return tab
  }
  const tabs: readonly [Tab, Tab] = [open(), open()]
  let told = 0
  const ear = new BroadcastChannel(broadcastChannel)
  ear.onmessage = () => told++
  cleanups.push(() => ear.close())
  return { tabs, told: () => told, texts: () => tabs.map((tab) => tab.texts().join(' ')) }
}

/** Both live, with three messages, from a back end that tells positions or not. */
async function openBoth(hasPositions: boolean) {
  const opened = openTabs()
  for (const tab of opened.tabs) {
    tab.mount()
    tab.fake.live(false, hasPositions ? POSITION : undefined)
    await quiet(...opened.tabs)
    tab.answer(history(range(1, 3), hasPositions ? { as_of: 3, epoch: 'e' } : {}))
    await quiet(...opened.tabs)
  }
  const numbered = (seq: number) => (hasPositions ? { seq, epoch: 'e' } : {})
  return {
    ...opened,
    created: (id: number, more = {}) => ({
      type: 'created',
      payload: { ...message(id), ...more },
      ...numbered(id),
    }),
  }
}

describe('[Q37] tabs that tell each other', () => {
  it('and are all live show each event once, and say it once; positions spare every question', async () => {
    const { tabs, told, texts, created } = await openBoth(true)
    const before = told()
    for (const tab of tabs) tab.fake.emit(created(4))
    await quiet(...tabs)
    expect(texts()).toEqual(['m1 m2 m3 m4', 'm1 m2 m3 m4'])
    expect(told() - before).toBe(2)
    for (const tab of tabs) {
      tab.fake.emit(created(5))
      await quiet(...tabs)
      expect(texts()).toEqual(['m1 m2 m3 m4 m5', 'm1 m2 m3 m4 m5'])
    }
    expect(told() - before).toBe(3)
    expect(tabs.map(({ fake }) => fake.requests)).toEqual([[], []])
  })

  it('come to rest where the back end tells no positions, instead of asking in turns', async () => {
    const { tabs, told, texts, created } = await openBoth(false)
    for (const tab of tabs) {
      tab.fake.emit(created(4))
      await quiet(...tabs)
      expect(texts()).toEqual(['m1 m2 m3 m4', 'm1 m2 m3 m4'])
    }
    let asked = 0
    const before = told()
    for (let second = 0; second < 8; second++) {
      for (const tab of tabs) {
        tab.fake.advance(1_000)
        await quiet(...tabs)
        asked += tab.fake.requests.length
        tab.answer(history(range(1, 4)))
        await quiet(...tabs)
      }
    }
    // One for the event that came by way of the other tab first, one for what its answer is made of.
    expect(asked).toBeLessThanOrEqual(2)
    expect(told() - before).toBeLessThanOrEqual(2)
    expect(texts()).toEqual(['m1 m2 m3 m4', 'm1 m2 m3 m4'])
  })

  it('are not kept from asking by what another one fetches, and may never get', async () => {
    const { tabs, texts, created } = await openBoth(true)
    const [one, two] = tabs
    void one.observer.fetchNextPage()
    await quiet(...tabs)
    one.fake.emit(created(4))
    await quiet(...tabs)
    expect(one.query()?.state.fetchStatus).toBe('fetching')
    expect(two.query()?.state.fetchStatus).toBe('idle')
    one.refuse()
    two.fake.down()
    two.fake.live()
    await quiet(...tabs)
    expect(two.fake.requests).toHaveLength(1)
    two.answer(history(range(3, 5)))
    await quiet(...tabs)
    expect(texts()[1]).toBe('m3 m4 m5')
  })

  it('load their pages, whatever the others tell meanwhile', async () => {
    const { tabs, texts, created } = await openBoth(true)
    const [one] = tabs
    void one.observer.fetchNextPage()
    await quiet(...tabs)
    for (const tab of tabs) tab.fake.emit(created(4))
    await quiet(...tabs)
    one.answer(history(range(-1, 0), { has_older: false, as_of: 3, epoch: 'e' }))
    await quiet(...tabs)
    expect(texts()).toEqual(['m-1 m0 m1 m2 m3 m4', 'm-1 m0 m1 m2 m3 m4'])
  })

  it('show what is sent in one of them once, and not what was given up', async () => {
    const { tabs, texts, created } = await openBoth(true)
    const [one, two] = tabs
    one.send('mine')
    await quiet(...tabs)
    expect(texts()).toEqual(['m1 m2 m3 mine', 'm1 m2 m3 mine'])
    for (const tab of tabs) tab.fake.emit(created(4, { text: 'mine', client_id: 'id-1' }))
    await quiet(...tabs)
    expect(texts()).toEqual(['m1 m2 m3 mine', 'm1 m2 m3 mine'])
    one.send('given up')
    await quiet(...tabs)
    two.fake.emit(created(5))
    await quiet(...tabs)
    expect(texts()[0]).toContain('given up')
    one.queryClient.getMutationCache().clear()
    one.fake.emit(created(5))
    await quiet(...tabs)
    expect(texts()).toEqual(['m1 m2 m3 mine m5', 'm1 m2 m3 mine m5'])
  })

  it('open nothing for what only others look at, and go on from it once somebody looks', async () => {
    const { tabs, texts } = openTabs()
    const [one, two] = tabs
    one.mount()
    one.fake.live(false, POSITION)
    await quiet(...tabs)
    one.answer(history(range(1, 3), { as_of: 3, epoch: 'e' }))
    await quiet(...tabs)
    void one.observer.fetchNextPage()
    one.fake.emit({ type: 'created', payload: message(4), seq: 4, epoch: 'e' })
    await quiet(...tabs)
    expect(texts()[1]).toBe('m1 m2 m3 m4')
    expect(two.fake.channels).toEqual([])
    two.mount()
    // What came after the position that its data tells.
    for (const id of [4, 5]) two.fake.emit({ type: 'created', payload: message(id), seq: id, epoch: 'e' })
    two.fake.live(true, { seq: 5, epoch: 'e' })
    await quiet(...tabs)
    expect(texts()[1]).toBe('m1 m2 m3 m4 m5')
    expect(two.fake.requests).toEqual([])
  })
})
