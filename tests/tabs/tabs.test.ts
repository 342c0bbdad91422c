import { expect, it } from 'vitest'
import { createRandom } from '../../src/testing/server/random.ts'
import { createVirtualClock } from '../../src/testing/virtualClock.ts'
import { createNumberServer } from './numberServer.ts'
import { createReader } from './reader.ts'
import { createVirtualBrowser } from './virtualBrowser.ts'

function setup() {
  const clock = createVirtualClock(1_700_000_000_000)
  const server = createNumberServer()
  const browser = createVirtualBrowser({ clock, random: createRandom(1), onSocket: server.accept })
  return { clock, server, browser }
}

it('[B1] five tabs have one socket, and each hears everything', async () => {
  const { clock, server, browser } = setup()
  const readers = Array.from({ length: 5 }, () => createReader(browser.openPage()))
  await clock.advance(2_000)
  expect(readers.map(({ role }) => role())).toEqual([
    'leader',
    'follower',
    'follower',
    'follower',
    'follower',
  ])
  expect(server.open()).toHaveLength(1)
  server.say('one')
  for (const [at, reader] of readers.entries()) reader.send(`from ${at}`, at % 2 === 0)
  await clock.advance(1_000)
  expect(server.log).toHaveLength(6)
  for (const { rows, sent } of readers) {
    expect(rows).toEqual(server.log)
    expect(sent.map(({ outcome }) => outcome)).toEqual(['done'])
  }
})

it('[B2] crash', async () => {
  const { clock, server, browser } = setup()
  const readers = Array.from({ length: 5 }, () => createReader(browser.openPage()))
  await clock.advance(2_000)
  browser.pages[0]?.crash()
  server.say('one')
  await clock.advance(200)
  expect(readers.map(({ role }) => role())).toEqual(['leader', 'leader', 'follower', 'follower', 'follower'])
  expect(server.open()).toHaveLength(1)
  for (const { rows } of readers.slice(1)) expect(rows).toEqual(server.log)
})

it('[B3] freeze', async () => {
  const { clock, server, browser } = setup()
  const readers = Array.from({ length: 3 }, () => createReader(browser.openPage()))
  await clock.advance(2_000)
  browser.pages[0]?.freeze()
  server.say('one')
  await clock.advance(10_000)
  expect(
    readers
      .slice(1)
      .map(({ role }) => role())
      .sort(),
  ).toEqual(['follower', 'leader'])
  for (const { rows } of readers.slice(1)) expect(rows).toEqual(server.log)
  browser.pages[0]?.thaw()
  server.say('two')
  await clock.advance(10_000)
  expect(readers.map(({ role }) => role()).sort()).toEqual(['follower', 'follower', 'leader'])
  for (const { rows } of readers) expect(rows).toEqual(server.log)
  expect(server.open()).toHaveLength(1)
})
