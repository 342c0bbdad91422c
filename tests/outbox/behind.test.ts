/** What stays behind, for whatever reason, and what was made after it. */
import { afterEach, describe, expect, it } from 'vitest'
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
