/** Rooms with odd ids: each has its own endpoint, cache entry and draft, or is refused with what to do. */
import { hashKey } from '@tanstack/react-query'
import { afterEach, describe, expect, it } from 'vitest'
import { createChat } from '../../src/chat/index.ts'
import { contextOf } from '../../src/chat/model/session/context.ts'
import { draftKey, forgetDrafts, readDraft, writeDraft } from '../../src/chat/model/session/drafts.ts'
import { browserEnvironment } from '../../src/transport/index.ts'
import { createWorld, type World } from './kit.ts'

const ODD = [
  'a',
  'A',
  'a/b',
  'a%2fb',
  'a%2Fb',
  'a%252Fb',
  'a?b',
  'a#b',
  'a b',
  'a+b',
  'a%20b',
  '%',
  '%u',
  '%ud800',
  '...',
  '%2e',
  '%2e%2e',
  '__proto__',
  'constructor',
  'toString',
  'undefined',
  'é',
  'e\u0301',
  '\u202e',
  '\ufffd',
  '\u0000',
  ' ',
  '\n',
  '\\',
  '7',
  '7.0',
  'NaN',
  'Infinity',
  'null',
  '[]',
]
const IMPOSSIBLE = ['', '.', '..', '\ud800', 'a\udc00b']

const all = [...ODD, ...IMPOSSIBLE]

let world: World | undefined
afterEach(() => world?.close())

describe('room ids', () => {
  const chat = createChat({ url: 'ws://localhost:9000', environment: browserEnvironment(), debug: false })

  it('[C93] no two share a cache entry or a draft, and a number is its text', () => {
    const keys = (ids: readonly (string | number)[]) => ids.map((id) => hashKey(chat.messages(id).queryKey))
    const drafts = all.map((id) => draftKey('alice', id))
    expect(new Set(keys(all)).size).toBe(all.length)
    expect(new Set(drafts).size).toBe(all.length)
    expect(new Set(all.map((id) => draftKey(id, 'a'))).size).toBe(all.length)
    const numbers = [7, 7.5, -0, Number.NaN, Number.POSITIVE_INFINITY, 1e21]
    expect(keys(numbers)).toEqual(keys(numbers.map(String)))
    expect(draftKey('alice', 7)).toBe(draftKey('alice', '7'))
  })

  it('[C93] a draft is forgotten with its user, and with nobody else', () => {
    const users = ['a', 'a/b', '%u', '\ud800', '__proto__']
    for (const user of users) for (const id of all) writeDraft(draftKey(user, id), `${user} in ${id}`)
    for (const id of all) expect(readDraft(draftKey('a/b', id))).toBe(`a/b in ${id}`)
    forgetDrafts('a')
    expect(readDraft(draftKey('a', '..'))).toBe('')
    expect(readDraft(draftKey('\ud800', '..'))).toBe('\ud800 in ..')
    for (const user of users) forgetDrafts(user)
  })

  it('[C93] the endpoint is that of this room alone, also after a URL has made of it what it makes', () => {
    const { room } = contextOf(chat).endpoints
    const paths = ODD.map((id) => new URL(`wss://a.b${room?.({ roomId: id })}`).pathname)
    const ids = paths.map((path) => decodeURIComponent(path.slice('/ws/chat/'.length, -1)))
    expect(ids).toEqual(ODD)
    expect(new Set(paths).size).toBe(ODD.length)
  })

  it.each(IMPOSSIBLE)(
    '[C93] %j can have no path of its own: its queries say so, and its sends',
    async (id) => {
      world = createWorld()
      const { chat, queryClient } = world.open('alice', { endpoint: undefined, roomId: 'general' })
      await world.pass()
      const urls = () => world?.sockets.map(({ url }) => new URL(url).pathname)
      const before = urls()
      const wanted = { code: 'misconfigured', message: expect.stringContaining('encodeURIComponent') }
      const outcomes: unknown[] = []
      const note = (promise: Promise<unknown>) => void promise.catch((error: unknown) => outcomes.push(error))
      note(queryClient.infiniteQuery({ ...chat.messages(id), retry: false }))
      await world.pass()
      note(chat.sendMessage.start(queryClient, 'hi', { roomId: id }))
      await world.pass()
      expect(outcomes).toMatchObject([wanted, wanted])
      expect(urls()).toEqual(before)
    },
  )

  // Not every database has a NUL or half a character in its texts, so the server takes neither.
  it.each([...ODD, '.', '..'].filter((id) => id !== '\u0000'))(
    '[C93] %j is a room like any other where one connection carries all',
    async (id) => {
      world = createWorld({ rooms: [{ id }, { id: 'another' }] })
      const alice = world.open('alice', { roomId: id })
      await world.pass()
      world.server.inject(id, { sender: 'bob', content: 'here' })
      world.server.inject('another', { sender: 'bob', content: 'there' })
      await world.pass()
      expect(alice.texts()).toEqual(['here'])
    },
  )
})
