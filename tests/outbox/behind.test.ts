/** What stays behind, for whatever reason, and what was made after it. */
import { afterEach, describe, expect, it } from 'vitest'
import { ROOM } from '../chat/kit.ts'
import { createTabs, type Tab, type Tabs } from './support/tab.ts'

let tabs: Tabs
afterEach(() => tabs.close())

async function openAway(count: number, options?: Parameters<typeof createTabs>[1]) {
  tabs = createTabs({}, options)
  const opened: Tab[] = []
  for (let at = 0; at < count; at++) {
    opened.push(tabs.open('alice'))
    await tabs.pass()
  }
  tabs.server.faults.restart({ downMs: 1_000 })
  await tabs.pass()
  return opened as [Tab, Tab, Tab]
}

const MINUTE_MS = 60_000
const WEEK_MS = 7 * 24 * 3_600_000

const retry = ({ chat, queryClient, keyOf }: Tab, text: string) =>
  void chat.sendMessage.retry(queryClient, keyOf(text)).catch(() => undefined)

describe('[C62] what failed when its connection was closed', () => {
  it('is there to be tried again, and holds up nothing that is sent afterwards', async () => {
    const [tab] = await openAway(1)
    tab.say('one')
    await tabs.pass()
    tab.chat.manager.close()
    await tabs.pass()
    expect(tab.shown()).toEqual(['one (failed)'])
    tab.chat.manager.connect()
    await tabs.pass(5_000)
    for (const text of ['two', 'three']) tab.say(text)
    await tabs.pass(5_000)
    expect(tabs.stored()).toEqual(['two', 'three'])
    retry(tab, 'one')
    await tabs.pass(5_000)
    expect(tabs.stored()).toEqual(['two', 'three', 'one'])
    expect(tab.shown()).toEqual(['two', 'three', 'one'])
    expect(tabs.browser.kept('alice')).toEqual([])
  })

  it('is gone on with by another tab after a minute or two, also where that does not hold the lock', async () => {
    const [closing, other] = await openAway(2)
    closing.say('one')
    await tabs.pass()
    closing.chat.manager.close()
    other.say('two')
    await tabs.pass(120_000)
    expect(tabs.stored()).toEqual(['one', 'two'])
    closing.chat.manager.connect()
    await tabs.pass(5_000)
    for (const tab of [closing, other]) expect(tab.shown()).toEqual(['one', 'two'])
  })
})

describe('[Q74] an end that the storage did not take', () => {
  const full = () => new DOMException('The disk is full', 'QuotaExceededError')

  async function openTwo() {
    tabs = createTabs()
    const both = [tabs.open('alice'), tabs.open('alice')] as const
    await tabs.pass()
    tabs.server.faults.latencyMs = 200
    return both
  }

  it.each([
    ['is answered', 0],
    ['goes out', 1],
  ])('is written down as soon as it can be, where the disk was full when it %s', async (_when, isBefore) => {
    const [first, second] = await openTwo()
    if (isBefore) tabs.server.faults.restart({ downMs: 1_000 })
    first.say('one')
    await tabs.pass(100)
    expect(tabs.browser.kept('alice')).toHaveLength(1)
    first.page.fault = full
    await tabs.pass(30_000)
    expect(tabs.stored()).toEqual(['one'])
    first.page.fault = undefined
    await tabs.pass(30_000)
    expect(tabs.browser.kept('alice')).toEqual([])
    first.say('two')
    second.say('three')
    await tabs.pass(1_000)
    expect(tabs.stored()).toEqual(['one', 'two', 'three'])
    expect(tabs.sent('chat_message')).toHaveLength(3)
  })

  it('is a failure, and can be tried again elsewhere', async () => {
    const [first, second] = await openTwo()
    tabs.server.faults.rejectNext('chat_message', { code: 'internal' })
    first.say('one')
    await tabs.pass(100)
    first.page.fault = full
    await tabs.pass(30_000)
    first.page.fault = undefined
    second.say('two')
    await tabs.pass(30_000)
    expect(tabs.stored()).toEqual(['two'])
    retry(second, 'one')
    await tabs.pass(5_000)
    expect(tabs.stored()).toEqual(['two', 'one'])
  })
})

/** As one that another version of the application has made. */
function rename(text: string, name: string): void {
  const renamed = tabs.browser
    .records('alice')
    .map((record) => ('variables' in record && record.variables === text ? { ...record, name } : record))
  tabs.browser.disk.users.set('alice', renamed)
}

describe('[Q71] what this version of the application does not know', () => {
  it('holds up nothing for longer than a minute or two, and runs out as all else', async () => {
    const [before] = await openAway(1)
    before.say('one')
    await tabs.pass()
    rename('one', 'chat.forgotten')
    before.kill()
    const after = tabs.open('alice')
    after.say('two')
    await tabs.pass(3 * MINUTE_MS)
    expect(tabs.stored()).toEqual(['two'])
    expect(tabs.browser.kept('alice')).toMatchObject([{ name: 'chat.forgotten', status: 'pending' }])
    tabs.clock.skew(WEEK_MS)
    await tabs.pass(MINUTE_MS)
    expect(tabs.browser.kept('alice')).toMatchObject([{ status: 'failed', error: { code: 'expired' } }])
    tabs.clock.skew(WEEK_MS)
    await tabs.pass(MINUTE_MS)
    expect(tabs.browser.kept('alice')).toEqual([])
  })
})

/** Known only where its page has been loaded. */
const defineTask = ({ chat }: Tab) =>
  chat.live.mutation<string, unknown, { roomId: string }>('task', {
    endpoint: '/ws/',
    channel: ({ roomId }) => ({ room_id: roomId }),
    request: (message, { request, clientId, params }) =>
      request('chat_message', { room_id: params.roomId, message, client_id: clientId }),
  })

describe('[Q70] what a tab has left that was closed in order', () => {
  it('is gone on with by one that knows it, where the one that holds the lock does not', async () => {
    const [holder, leaving] = await openAway(2)
    void defineTask(leaving)
      .start(leaving.queryClient, 'task', { roomId: ROOM })
      .catch(() => undefined)
    await tabs.pass()
    leaving.stop()
    await tabs.pass()
    leaving.kill()
    defineTask(tabs.open('alice'))
    holder.say('of the holder')
    await tabs.pass(10_000)
    expect(tabs.stored()).toEqual(['of the holder'])
    await tabs.pass(2 * MINUTE_MS)
    expect(tabs.stored()).toEqual(['of the holder', 'task'])
    expect(tabs.browser.kept('alice')).toEqual([])
  })
})

describe('[Q70] a clock that is set back by an hour', () => {
  it.each([true, false])('keeps nobody waiting for it (locks: %s)', async (hasLocks) => {
    const [first, second] = await openAway(2, { hasLocks })
    await tabs.pass(5_000)
    for (const socket of first.page.sockets) socket.onClientMessage = undefined
    first.say('one')
    await tabs.pass()
    tabs.clock.skew(-60 * MINUTE_MS)
    if (hasLocks) first.page.freeze()
    else first.kill()
    await tabs.pass(3 * MINUTE_MS)
    expect(tabs.stored()).toEqual(['one'])
    expect(second.shown()).toEqual(['one'])
  })
})
