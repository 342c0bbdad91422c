import { expect, it, onTestFinished, vi } from 'vitest'
import { createStage, rolesOf, socketsOf } from './stage.ts'

it('[B10] a leader that crashes is replaced at once; what was missed is fetched, and nothing is sent twice', async () => {
  const { clock, server, openAll } = createStage()
  const [first, ...others] = await openAll(5)
  const [second, third] = others
  await clock.advance(2_000)
  second?.send('say', true)
  third?.send('poke', false)
  await clock.advance(1)
  server.isSilent = true
  second?.send('say again', true)
  third?.send('poke again', false)
  await clock.advance(10)
  first?.page.crash()
  server.isSilent = false
  server.say('meanwhile')
  await clock.advance(500)
  expect(rolesOf(others)).toEqual(['leader', 'follower', 'follower', 'follower'])
  expect(server.open()).toHaveLength(1)
  for (const { rows } of others) expect(rows).toEqual(server.log)
  expect(second?.sent.map(({ outcome }) => outcome)).toEqual(['done', 'done'])
  expect(third?.sent.at(-1)?.outcome).toMatchObject({ code: 'connection_lost', maybeDelivered: true })
  expect(new Set(server.log).size).toBe(server.log.length)
  const pokes = [...server.frames].filter(([id]) => server.typeOf.get(id) === 'poke')
  expect(pokes.map(([, times]) => times)).toEqual(pokes.map(() => 1))
})

it('[B11] a leader that is closed says so: the others have another one within a moment', async () => {
  const { clock, server, openAll } = createStage()
  const [first, ...others] = await openAll(3)
  await clock.advance(2_000)
  first?.page.close()
  server.say('meanwhile')
  await clock.advance(200)
  for (const { rows } of others) expect(rows).toEqual(['meanwhile'])
  expect(server.open()).toHaveLength(1)
})

it('[B11] a leader that needs no connection any more hands over before it lets go: nobody is without one', async () => {
  const { clock, server, openAll } = createStage()
  const [first, ...others] = await openAll(3)
  for (const { states } of others) states.length = 0
  first?.manager.disconnect()
  for (let at = 0; at < 40; at++) {
    server.say(`number ${at}`)
    await clock.advance(250)
  }
  expect(rolesOf(others).sort()).toEqual(['follower', 'leader'])
  expect(server.open()).toHaveLength(1)
  for (const { rows, states } of others) {
    expect(rows).toEqual(server.log)
    expect(states.filter((state) => state !== 'CONNECTED')).toEqual([])
  }
})

it('[B12] one that looked at is asked first: hidden tabs stand behind it', async () => {
  const { clock, openAll } = createStage()
  const [first, ...others] = await openAll(4)
  for (const { page } of others.slice(0, 2)) page.setHidden(true)
  others[2]?.page.setHidden(true)
  others[2]?.page.setHidden(false)
  await clock.advance(100)
  first?.page.crash()
  await clock.advance(500)
  expect(rolesOf(others)).toEqual(['follower', 'follower', 'leader'])
})

it('[B12] a hidden tab counts as looked at while another one is: it asks where its channels stand', async () => {
  const { clock, server, openAll } = createStage()
  server.tellsHeads = false
  const [first, second] = await openAll(2)
  second?.send('known', true)
  await clock.advance(1_000)
  const asked: string[] = []
  second?.manager.inspect((entry) => {
    if (entry.type === 'sent') asked.push(String((entry as { frame?: { type?: string } }).frame?.type))
  })
  second?.page.setHidden(true)
  await clock.advance(180_000)
  expect(asked).toContain('sync')
  first?.page.setHidden(true)
  await clock.advance(20_000)
  asked.length = 0
  await clock.advance(300_000)
  expect(asked).not.toContain('sync')
})

it('[B13] a leader that stands still keeps the lock, is asked in vain, and loses it; thawed, it writes nothing', async () => {
  const { clock, server, openAll } = createStage()
  const readers = await openAll(3)
  const [first, ...others] = readers
  first?.send('before', true)
  await clock.advance(100)
  first?.page.freeze()
  server.say('meanwhile')
  const [frozen] = first?.page.sockets ?? []
  const written = frozen?.sent.length
  others[0]?.send('to the frozen one', true)
  await clock.advance(6_000)
  expect(rolesOf(others).sort()).toEqual(['follower', 'leader'])
  for (const { rows } of others) expect(rows).toEqual(server.log)
  expect(others[0]?.sent.map(({ outcome }) => outcome)).toEqual(['done'])
  first?.page.thaw()
  await clock.advance(5_000)
  expect(frozen?.sent.length).toBe(written)
  expect(rolesOf(readers).sort()).toEqual(['follower', 'follower', 'leader'])
  expect(server.open()).toHaveLength(1)
  for (const { rows } of readers) expect(rows).toEqual(server.log)
  expect(new Set(server.log).size).toBe(server.log.length)
})

it('[B14] a page that freezes, or goes into the back/forward cache, gives everything back first, and comes again', async () => {
  const { clock, server, browser, openAll } = createStage()
  const readers = await openAll(2)
  const [first, second] = readers
  first?.page.freeze(true)
  await clock.advance(500)
  expect(rolesOf(readers)).toEqual(['out', 'leader'])
  expect(socketsOf(first ?? expect.fail())).toEqual([])
  expect([...browser.locks.values()].filter(({ holder }) => holder?.page.name === 'page-1')).toEqual([])
  server.say('meanwhile')
  await clock.advance(60_000)
  first?.page.thaw()
  await clock.advance(2_000)
  expect(rolesOf(readers)).toEqual(['follower', 'leader'])
  expect(first?.rows).toEqual(['meanwhile'])
  expect(second?.rows).toEqual(['meanwhile'])
})

it('[B15] who finds no leader within a second dials, and gives that up when one answers', async () => {
  const { clock, server, browser, open, openAll } = createStage()
  const [first] = await openAll(1)
  first?.page.freeze()
  const second = open()
  await clock.advance(1_600)
  expect(second.role()).toBe('candidate')
  expect(second.manager.store.getState().state).toBe('CONNECTED')
  server.say('one')
  await clock.advance(10)
  expect(second.rows).toEqual(['one'])
  second.states.length = 0
  await clock.advance(20_000)
  expect(second.role()).toBe('leader')
  first?.page.thaw()
  await clock.advance(5_000)
  expect(second.states.filter((state) => state !== 'CONNECTED')).toEqual([])
  expect(
    browser.pages.flatMap(({ sockets }) => sockets.filter(({ readyState }) => readyState <= 1)),
  ).toHaveLength(1)
})

it('[B16] without locks or channels each tab has its own connection, as without sharing', async () => {
  const { clock, server, open } = createStage()
  const readers = [open({ shared: { browser: undefined } }), open({ shared: { browser: undefined } })]
  await clock.advance(1_000)
  expect(server.open()).toHaveLength(2)
  server.say('one')
  await clock.advance(100)
  for (const { rows } of readers) expect(rows).toEqual(['one'])
})

it.each(['channel', 'locks'])(
  '[B16] so it has where the browser refuses the page its %s',
  async (refused) => {
    const refuse = function refuse() {
      throw new DOMException('The operation is insecure.', 'SecurityError')
    }
    const locks = { get: refused === 'locks' ? refuse : () => ({ request: async () => undefined }) }
    const works = vi.fn(function channel() {
      return { postMessage: () => undefined, close: () => undefined }
    })
    vi.stubGlobal('document', {})
    vi.stubGlobal('navigator', Object.defineProperty({}, 'locks', locks))
    vi.stubGlobal('BroadcastChannel', refused === 'channel' ? refuse : works)
    onTestFinished(() => void vi.unstubAllGlobals())
    const { clock, server, open } = createStage()
    open({ shared: { browser: undefined } })
    await clock.advance(1_000)
    expect(server.open()).toHaveLength(1)
  },
)

it('[B17] a tab that hears nothing for long, or has lost touch, is told to begin anew; one that is gone leaves nothing behind', async () => {
  let loss = 0
  const { clock, server, browser, openAll } = createStage({ loss: () => loss })
  const readers = await openAll(3)
  loss = 1
  server.say('lost between the tabs')
  await clock.advance(1)
  loss = 0
  await clock.advance(10)
  server.say('heard')
  await clock.advance(40_000)
  for (const { rows } of readers) expect(rows).toEqual(server.log)
  for (const { page } of readers.slice(1)) page.crash()
  await clock.advance(1_000)
  readers[0]?.manager.close()
  await clock.advance(10_000)
  expect(server.open()).toHaveLength(0)
  expect([...browser.locks.values()].filter(({ holder, queue }) => holder || queue.length > 0)).toEqual([])
  expect(browser.channels()).toBe(0)
})
