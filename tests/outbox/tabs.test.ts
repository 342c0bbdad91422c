/** What several tabs of one user do with one outbox. */
import { afterEach, describe, expect, it } from 'vitest'
import { ROOM } from '../chat/kit.ts'
import { createTabs, type Tab, type Tabs } from './support/tab.ts'

let tabs: Tabs
afterEach(() => tabs.close())

/** Two tabs, and a server that is away for so long. */
async function openTwo(downMs: number, options: Parameters<typeof createTabs>[1] = {}) {
  tabs = createTabs({}, options)
  const both = [tabs.open('alice'), tabs.open('alice')] as const
  await tabs.pass()
  tabs.server.faults.restart({ downMs })
  await tabs.pass()
  return both
}

const bySender = (type: string) =>
  tabs.sent(type).map(({ data, message }) => (data as { message?: unknown })?.message ?? message)

describe('[Q70] what waits in an outbox', () => {
  it('is sent once, by one of the tabs that find it after a crash', async () => {
    const [first, second] = await openTwo(5_000)
    first.say('one')
    first.say('two')
    await tabs.pass()
    expect(tabs.browser.kept('alice')).toHaveLength(2)
    first.kill()
    const third = tabs.open('alice')
    await tabs.pass()
    expect(second.shown()).toEqual(['one (queued)', 'two (queued)'])
    await tabs.pass(20_000)
    expect(tabs.stored()).toEqual(['one', 'two'])
    expect(tabs.sent('chat_message')).toHaveLength(2)
    for (const tab of [second, third]) expect(tab.shown()).toEqual(['one', 'two'])
    expect(tabs.browser.kept('alice')).toEqual([])
  })

  it('of two tabs is all there, whichever wrote last', async () => {
    const both = await openTwo(60_000)
    both[0].say('of the first')
    await tabs.pass()
    both[1].say('of the second')
    await tabs.pass()
    for (const tab of both) expect(tab.shown()).toEqual(['of the first (queued)', 'of the second (queued)'])
    for (const tab of both) tab.kill()
    const after = tabs.open('alice')
    await tabs.pass(80_000)
    expect(tabs.stored()).toEqual(['of the first', 'of the second'])
    expect(after.shown()).toEqual(['of the first', 'of the second'])
  })

  it('is nothing to go on with while the tab that made it is there', async () => {
    const [first, second] = await openTwo(5_000)
    first.say('mine')
    await tabs.pass(30_000)
    expect(tabs.stored()).toEqual(['mine'])
    expect(bySender('chat_message')).toHaveLength(1)
    expect(second.shown()).toEqual(['mine'])
    expect(
      first.page.sockets.flatMap(({ frames }) => frames).some(({ type }) => type === 'chat_message'),
    ).toBe(true)
  })

  it('is gone on with after a minute where there are no locks', async () => {
    const [first, second] = await openTwo(1_000, { hasLocks: false })
    first.say('left')
    await tabs.pass()
    first.kill()
    await tabs.pass(30_000)
    expect(tabs.stored()).toEqual([])
    expect(second.shown()).toEqual(['left (queued)'])
    await tabs.pass(60_000)
    expect(tabs.stored()).toEqual(['left'])
  })

  it('of a tab that is frozen is gone on with, and not sent again when it thaws', async () => {
    const [first, second] = await openTwo(5_000)
    first.say('cold')
    await tabs.pass()
    first.page.freeze()
    await tabs.pass(200_000)
    expect(second.shown()).toEqual(['cold'])
    first.page.thaw()
    await tabs.pass(20_000)
    expect(tabs.sent('chat_message')).toHaveLength(1)
    expect(first.shown()).toEqual(['cold'])
    expect(tabs.browser.kept('alice')).toEqual([])
  })

  it('holds nothing, and keeps no timer, when all is sent', async () => {
    const [first] = await openTwo(1_000)
    first.say('done')
    await tabs.pass(10_000)
    expect(tabs.browser.kept('alice')).toEqual([])
    await tabs.pass(300_000)
    expect(tabs.browser.records('alice')).toEqual([])
  })
})

describe('[Q71] what is sent from several tabs', () => {
  it('goes to a room in the order in which it was made', async () => {
    const [first, second] = await openTwo(5_000)
    for (let at = 0; at < 10; at++) {
      const tab = at % 2 ? first : second
      tab.say(`message ${at}`)
      await tabs.pass(10)
    }
    await tabs.pass(30_000)
    expect(tabs.stored()).toEqual(Array.from({ length: 10 }, (_, at) => `message ${at}`))
    expect(tabs.sent('chat_message')).toHaveLength(10)
  })

  it('waits for what was left before it, and for nothing of another room', async () => {
    const [first, second] = await openTwo(5_000, { hasLocks: false })
    first.say('left')
    await tabs.pass()
    first.kill()
    second.say('behind it')
    await tabs.pass(20_000)
    expect(tabs.stored()).toEqual([])
    expect(second.shown()).toEqual(['left (queued)', 'behind it (queued)'])
    await tabs.pass(61_000)
    expect(tabs.stored()).toEqual(['left', 'behind it'])
  })

  it('goes on in order, however many, over a crash', async () => {
    const [first, second] = await openTwo(20_000)
    const texts = Array.from({ length: 150 }, (_, at) => `m${at}`)
    for (const text of texts) first.say(text)
    await tabs.pass()
    expect(tabs.browser.kept('alice')).toHaveLength(150)
    first.kill()
    second.say('last')
    await tabs.pass(120_000)
    expect(tabs.stored()).toEqual([...texts, 'last'])
    expect(tabs.sent('chat_message')).toHaveLength(151)
    expect(tabs.browser.kept('alice')).toEqual([])
  })
})

describe('[Q72] every tab', () => {
  it('shows how it goes, wherever it is sent, and retries and discards it from anywhere', async () => {
    const [first, second] = await openTwo(2_000)
    first.say('fails')
    await tabs.pass()
    expect(second.shown()).toEqual(['fails (queued)'])
    tabs.server.faults.rejectNext('chat_message', { code: 'internal' })
    await tabs.pass(5_000)
    for (const tab of [first, second]) expect(tab.shown()).toEqual(['fails (failed)'])
    const [row] = second.rows()
    expect(row?.local?.error).toMatchObject({ code: 'rejected', reason: 'internal' })
    tabs.server.faults.latencyMs = 500
    void second.chat.sendMessage.retry(second.queryClient, second.keyOf('fails')).catch(() => undefined)
    await tabs.pass(300)
    for (const tab of [first, second]) expect(tab.shown()).toEqual(['fails (sending)'])
    await tabs.pass(3_000)
    for (const tab of [first, second]) expect(tab.shown()).toEqual(['fails'])
    expect(tabs.stored()).toEqual(['fails'])
    tabs.server.faults.rejectNext('chat_message', { code: 'internal' })
    first.say('given up')
    await tabs.pass(2_000)
    second.chat.sendMessage.discard(second.queryClient, second.keyOf('given up'))
    await tabs.pass(2_000)
    for (const tab of [first, second]) expect(tab.shown()).toEqual(['fails'])
    expect(tabs.browser.kept('alice')).toEqual([])
  })

  it('discards what waits in another one', async () => {
    const [first, second] = await openTwo(5_000)
    first.say('not this')
    first.say('but this')
    await tabs.pass()
    second.chat.sendMessage.discard(second.queryClient, second.keyOf('not this'))
    await tabs.pass()
    for (const tab of [first, second]) expect(tab.shown()).toEqual(['but this (queued)'])
    await tabs.pass(20_000)
    expect(tabs.stored()).toEqual(['but this'])
  })

  it('shows what was changed before it was sent', async () => {
    const [first, second] = await openTwo(5_000)
    first.say('draft')
    await tabs.pass()
    const key = first.keyOf('draft')
    first.chat.sendMessage.amend(first.queryClient, key, () => 'final')
    await tabs.pass()
    expect(second.shown()).toEqual(['final (queued)'])
    expect(second.chat.sendMessage.isUnsent(second.queryClient, key)).toBe(false)
    first.kill()
    await tabs.pass()
    expect(second.chat.sendMessage.isUnsent(second.queryClient, key)).toBe(true)
    await tabs.pass(20_000)
    expect(tabs.stored()).toEqual(['final'])
  })

  it('edits, from another tab, a message that waits, once that is sent', async () => {
    const [first, second] = await openTwo(5_000)
    first.say('helo')
    await tabs.pass()
    const [row] = second.rows()
    void second.chat.editMessage
      .start(second.queryClient, { message_id: String(row?.id), content: 'hello' }, { roomId: ROOM })
      .catch(() => undefined)
    await tabs.pass(20_000)
    expect(tabs.stored()).toEqual(['hello'])
    for (const tab of [first, second]) expect(tab.shown()).toEqual(['hello'])
  })
})

describe('[C83] what another tab has in hand', () => {
  const room = { roomId: ROOM }
  const acts = {
    edited: ({ chat, queryClient }, message_id) =>
      chat.editMessage.start(queryClient, { message_id, content: 'changed' }, room),
    deleted: ({ chat, queryClient }, message_id) =>
      chat.deleteMessage.start(queryClient, { message_id }, room),
    answered: ({ chat, queryClient }, reply_to_id) =>
      chat.sendMessage.start(queryClient, { content: 'answer', reply_to_id }, room),
    'reacted to': ({ chat, queryClient }, message_id) =>
      chat.react.start(queryClient, { message_id, reaction: '👍' }, room),
  } satisfies Record<string, (tab: Tab, id: string | number) => Promise<unknown>>
  const ends: Record<string, object[]> = {
    edited: [{ content: 'changed' }],
    deleted: [{ deleted_at: expect.any(String) }],
    answered: [{ content: 'oops' }, { content: 'answer' }],
    'reacted to': [{ content: 'oops', reactions: [{ name: '👍' }] }],
  }

  it.each(
    Object.entries(acts).flatMap(([name, act]) =>
      [100, 3_000].map((latencyMs) => [name, latencyMs, act] as const),
    ),
  )('can be %s at once, with a server %i ms away', async (name, latencyMs, act) => {
    tabs = createTabs()
    const [first, second] = [tabs.open('alice'), tabs.open('alice')]
    await tabs.pass(1_000)
    tabs.server.faults.latencyMs = latencyMs
    first.say('oops')
    await tabs.pass(50)
    expect(second.shown()).toEqual(['oops (sending)'])
    const acting = act(second, second.rows()[0]?.id ?? '')
    await tabs.pass(30_000)
    await acting
    const stored = tabs.server.state().rooms.find(({ id }) => id === ROOM)?.messages
    expect(stored).toMatchObject(ends[name] ?? [])
    if (name === 'answered') expect(stored?.[1]?.reply_to_id).toBe(stored?.[0]?.id)
    expect(second.rows()).toMatchObject(name === 'deleted' ? [] : (ends[name] ?? []))
    expect(second.rows().filter(({ local }) => local)).toEqual([])
  })
})
