/** What is kept, for how long, for whom, and what happens where it cannot be. */
import { dehydrate, hydrate, QueryClient } from '@tanstack/react-query'
import { afterEach, describe, expect, it } from 'vitest'
import type { OutboxRecord } from '../../src/outbox/index.ts'
import { shouldDehydrateMutation } from '../../src/query/index.ts'
import { ROOM } from '../chat/kit.ts'
import { ODD_THROWS } from '../query/support/oddThrows.ts'
import { createTabs, type Tabs } from './support/tab.ts'

let tabs: Tabs
afterEach(() => tabs.close())

type TabOptions = Parameters<Tabs['open']>[1]

async function openAway(downMs: number, options?: TabOptions) {
  tabs = createTabs()
  const tab = tabs.open('alice', options)
  await tabs.pass()
  tabs.server.faults.restart({ downMs })
  await tabs.pass()
  return tab
}

const keptOf = (tab: ReturnType<Tabs['open']>) =>
  tab.rows().map(({ content, local }) => [content, local?.isKept])
const DAY_MS = 24 * 3_600_000

describe('[Q74] what cannot be kept', () => {
  it.each([
    { options: { maxSends: 2 }, reason: 'too_many', last: 'three' },
    { options: { maxBytes: 2_000 }, reason: 'too_large', last: 'x'.repeat(1_000) },
  ])('($reason) says so, and is sent all the same', async ({ options, reason, last }) => {
    const tab = await openAway(5_000, options)
    for (const text of ['one', 'two', last]) tab.say(text)
    await tabs.pass()
    expect(keptOf(tab)).toEqual([
      ['one', undefined],
      ['two', undefined],
      [last, false],
    ])
    expect(tab.errors).toMatchObject([{ code: 'not_kept', reason }])
    await tabs.pass(20_000)
    expect(tabs.stored()).toEqual(['one', 'two', last])
    expect(tabs.browser.kept('alice')).toEqual([])
  })

  it.each([
    ['refuses', () => new DOMException('The disk is full', 'QuotaExceededError')],
    ['never answers', () => 'hangs' as const],
  ])('because the storage %s, says so, and is sent all the same, in order', async (_name, fault) => {
    const tab = await openAway(1_000)
    tab.page.fault = fault
    for (const text of ['one', 'two']) tab.say(text)
    await tabs.pass(4_000)
    expect(tab.errors).toMatchObject([{ code: 'not_kept', reason: 'storage' }])
    await tabs.pass(20_000)
    expect(tabs.stored()).toEqual(['one', 'two'])
    expect(tabs.sent('chat_message')).toHaveLength(2)
  })

  it('says so on its row', async () => {
    const tab = await openAway(60_000)
    tab.page.fault = () => new Error('no')
    tab.say('one')
    await tabs.pass()
    expect(keptOf(tab)).toEqual([['one', false]])
  })
})

describe('[Q75] what is kept', () => {
  it('[T68] has failed with whatever was thrown, and is not sent again by itself', async () => {
    for (const thrown of ODD_THROWS) {
      tabs = createTabs()
      const odd = () => {
        throw thrown
      }
      const make = (tab: ReturnType<Tabs['open']>) =>
        tab.chat.live.mutation<string, unknown>('odd', { request: odd })
      const tab = tabs.open('alice')
      const mutation = make(tab)
      await tabs.pass()
      const outcome = mutation.start(tab.queryClient, 'once').catch(() => 'failed')
      await tabs.pass(1_000)
      expect(await outcome).toBe('failed')
      expect(tabs.browser.records('alice')).toMatchObject([{ status: 'failed' }])
      expect(tab.errors).toEqual([])
      tabs.close()
    }
    tabs = createTabs()
  })

  it('fails after seven days, and is forgotten after another seven', async () => {
    const tab = await openAway(1_000)
    tab.say('late')
    await tabs.pass()
    tab.kill()
    tabs.clock.skew(8 * DAY_MS)
    const after = tabs.open('alice')
    await tabs.pass(10_000)
    expect(after.shown()).toEqual(['late (failed)'])
    expect(after.rows()[0]?.local?.error).toMatchObject({ code: 'expired' })
    expect(tabs.stored()).toEqual([])
    void after.chat.sendMessage.retry(after.queryClient, after.keyOf('late'))
    await tabs.pass()
    expect(tabs.stored()).toEqual(['late'])
  })

  it('does not run out with the queue of the connection', async () => {
    const tab = await openAway(600_000, { queue: { maxAgeMs: 1_000 } })
    tab.say('patient')
    await tabs.pass(700_000)
    expect(tabs.stored()).toEqual(['patient'])
  })

  it('is left alone by an older version, and read by a newer one', async () => {
    const tab = await openAway(1_000)
    tab.say('old')
    await tabs.pass()
    tab.kill()
    const [record] = tabs.browser.records('alice')
    const newer = {
      v: 2,
      id: 'from the future',
      order: 99,
      at: 0,
      words: 'in other fields',
    } as unknown as OutboxRecord
    tabs.browser.disk.users.set('alice', [{ ...record, v: 0 } as OutboxRecord, newer])
    const after = tabs.open('alice')
    await tabs.pass(20_000)
    expect(tabs.stored()).toEqual(['old'])
    expect(after.shown()).toEqual(['old'])
    await tabs.pass(300_000)
    expect(tabs.browser.records('alice')).toEqual([newer])
    void after.chat.signOut()
    await tabs.pass()
    expect(JSON.stringify(tabs.browser.records('alice'))).not.toContain('in other fields')
  })

  it('is cloned, not put into text', async () => {
    const tab = await openAway(1_000)
    const picture = new Blob(['picture'])
    void tab.chat.sendMessage
      .start(tab.queryClient, { content: 'look', extra: { at: new Date(0), picture } }, { roomId: ROOM })
      .catch(() => undefined)
    await tabs.pass()
    expect(tabs.browser.kept('alice')).toMatchObject([{ variables: { extra: { at: new Date(0) } } }])
    expect(
      tabs.browser.kept('alice').map((each) => 'variables' in each && Object(each.variables).extra.picture),
    ).toEqual([expect.any(Blob)])
  })
})

describe('[Q76] what is kept of one user', () => {
  it.each([null, { id: 1 }])('[T67] has no user where the application says %j', async (nobody) => {
    tabs = createTabs()
    tabs.server.faults.restart({ downMs: 60_000 })
    const user = () => nobody as never
    const tokenManager = { getAccessToken: () => 'opaque' }
    const currentUser = () => (nobody === null ? undefined : ({ id: nobody } as never))
    const tab = tabs.open('alice', { user, tokenManager, currentUser })
    tab.say('whose?')
    await tabs.pass(1_000)
    expect(tab.queryClient.getMutationCache().getAll()).toHaveLength(1)
    expect([...tabs.browser.disk.users.values()].flat()).toEqual([])
  })

  it('is removed when they sign out, in all tabs', async () => {
    const tab = await openAway(60_000)
    const other = tabs.open('alice')
    tab.say('secret')
    other.say('of the other')
    await tabs.pass()
    const leaving = tab.chat.signOut()
    await tabs.pass()
    await leaving
    expect(tabs.browser.kept('alice')).toEqual([])
    expect(JSON.stringify(tabs.browser.records('alice'))).not.toContain('secret')
    const after = tabs.open('alice')
    await tabs.pass(80_000)
    expect(tabs.stored()).toEqual([])
    for (const each of [other, after]) expect(each.shown()).toEqual([])
  })

  it('is seen by nobody else, also where the server says who is here', async () => {
    const session = { user: 'alice' }
    const told = { currentUser: () => ({ id: 'alice', username: 'alice' }) }
    const part = (value: object) => btoa(JSON.stringify(value))
    const tokenManager = {
      getAccessToken: () => `${part({ alg: 'none' })}.${part({ sub: session.user })}.`,
    }
    const tab = await openAway(5_000, { ...told, tokenManager })
    tab.say('of alice')
    await tabs.pass()
    // The cookie is another one's by now, and the page has not noticed.
    session.user = 'bob'
    void tab.chat.signIn()
    await tabs.pass(20_000)
    expect(tab.rows()).toEqual([])
    expect(tabs.stored()).toEqual([])
    tabs.open('alice')
    await tabs.pass(20_000)
    const messages = tabs.server.state().rooms[0]?.messages.map(({ content, sender }) => [content, sender])
    expect(messages).toMatchObject([['of alice', expect.anything()]])
    expect(JSON.stringify(messages)).not.toContain('bob')
  })
})

describe('[Q77] a cache that a former version stored', () => {
  async function stored() {
    tabs = createTabs()
    const former = tabs.newChat('alice')
    const queryClient = new QueryClient()
    const stop = former.live.connect(queryClient)
    tabs.server.faults.restart({ downMs: 2_000 })
    for (const text of ['one', 'two'])
      void former.sendMessage.start(queryClient, text, { roomId: ROOM }).catch(() => undefined)
    await tabs.pass(10)
    const state = JSON.stringify(dehydrate(queryClient, { shouldDehydrateMutation }))
    stop()
    former.manager.close()
    return state
  }

  it('hands its sends over once, however many tabs restore it, and later', async () => {
    const state = await stored()
    const both = [tabs.open('alice'), tabs.open('alice')] as const
    for (const { queryClient } of both) hydrate(queryClient, JSON.parse(state))
    await tabs.pass(20_000)
    expect(tabs.stored()).toEqual(['one', 'two'])
    expect(tabs.sent('chat_message')).toHaveLength(2)
    const late = tabs.open('alice')
    hydrate(late.queryClient, JSON.parse(state))
    await tabs.pass(20_000)
    expect(tabs.sent('chat_message')).toHaveLength(2)
    for (const tab of [...both, late]) expect(tab.shown()).toEqual(['one', 'two'])
  })

  it('gets none of them any more', async () => {
    const tab = await openAway(60_000)
    tab.say('kept')
    await tabs.pass()
    const { mutations } = dehydrate(tab.queryClient, { shouldDehydrateMutation })
    expect(mutations).toEqual([])
  })
})

describe('[Q78] at level 0', () => {
  it('what was handed to a socket is never sent again, and what was not is', async () => {
    tabs = createTabs({ level: 0 })
    const tab = tabs.open('alice', { endpoint: undefined, level: 0 })
    await tabs.pass()
    for (const socket of tabs.sockets) socket.onClientMessage = undefined
    tab.say('written')
    await tabs.pass(20)
    expect(tabs.browser.kept('alice')).toMatchObject([{ variables: 'written', wasSent: true }])
    tab.kill()
    const after = tabs.open('alice', { endpoint: undefined, level: 0 })
    await tabs.pass(30_000)
    expect(tabs.sent('chat_message')).toHaveLength(1)
    expect(after.shown()).toEqual(['written (failed)'])
    void after.chat.sendMessage.retry(after.queryClient, after.keyOf('written')).catch(() => undefined)
    await tabs.pass(5_000)
    expect(tabs.stored()).toEqual(['written'])
    expect(after.shown()).toEqual(['written'])
  })

  it('is marked as written before the frame is', async () => {
    tabs = createTabs({ level: 0 }, { delayMs: () => 5 })
    const tab = tabs.open('alice', { endpoint: undefined, level: 0 })
    await tabs.pass()
    const before: unknown[] = []
    for (const socket of tab.page.sockets) {
      const { send } = socket
      socket.send = (data) => {
        if (String(data).includes('marked')) before.push(...tabs.browser.kept('alice'))
        send(data)
      }
    }
    tab.say('marked')
    await tabs.pass(200)
    expect(before).toMatchObject([{ variables: 'marked', wasSent: true }])
  })
})
