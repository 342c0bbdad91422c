import { afterEach, describe, expect, it } from 'vitest'
import type { ChatLevel } from '../../src/chat/index.ts'
import { createWorld, ROOM, type World } from './kit.ts'

let world: World
afterEach(() => world.close())

const room = { roomId: ROOM }
type Page = ReturnType<World['open']>

async function start(level: ChatLevel = 3, latencyMs = 1_000) {
  world = createWorld({ level, rooms: [{ id: ROOM, messages: [{ sender: 'bob', content: 'hi' }] }] })
  const alice = world.open('alice')
  await world.pass(300)
  world.server.faults.latencyMs = latencyMs
  return alice
}

const tap = ({ chat, queryClient, ids }: Page, remove = false, message_id = ids()[0] ?? '') =>
  chat.react.start(queryClient, { message_id, reaction: '👍', remove }, room)
const thumbs = (page: Page) => page.rows()[0]?.reactions?.find(({ name }) => name === '👍')
const isOn = (page: Page) => thumbs(page)?.me === true
const ignore = () => undefined

/** What a page shows at any notification. */
function watched(page: Page): boolean[] {
  const seen: boolean[] = []
  page.history.subscribe(() => seen.push(isOn(page)))
  return seen
}

describe('[C100] a reaction', () => {
  it.each([1, 2, 3] as const)(
    'shows with the tap, and what was tapped last until the server agrees, at level %i',
    async (level) => {
      const alice = await start(level)
      const first = tap(alice)
      expect(thumbs(alice)).toEqual({ name: '👍', count: 1, me: true, user_ids: ['alice'] })
      await world.pass(100)
      const others = [tap(alice, true)]
      expect(thumbs(alice)).toBeUndefined()
      await world.pass(100)
      others.push(tap(alice))
      const seen = watched(alice)
      await world.pass(5_000)
      await Promise.all([first, ...others])
      expect(new Set([...seen, isOn(alice)])).toEqual(new Set([true]))
      expect(world.server.state().rooms[0]?.messages[0]?.reactions).toMatchObject([{ name: '👍' }])
    },
  )

  it('counts beside those of others, on two devices and two users', async () => {
    const alice = await start(3, 0)
    const [phone, bob] = [world.open('alice'), world.open('bob')]
    await world.pass(300)
    await Promise.all([tap(bob), world.pass()])
    world.server.faults.latencyMs = 1_000
    const taps = [tap(alice), tap(phone), tap(bob, true)]
    expect(thumbs(alice)).toEqual({ name: '👍', count: 2, me: true, user_ids: ['bob', 'alice'] })
    await world.pass(3_000)
    await Promise.all(taps)
    expect([alice, phone, bob].map(thumbs)).toEqual([
      { name: '👍', count: 1, me: true, user_ids: ['alice'] },
      { name: '👍', count: 1, me: true, user_ids: ['alice'] },
      { name: '👍', count: 1, me: false, user_ids: ['alice'] },
    ])
  })

  it('goes where the server refuses it, back to what the server says', async () => {
    const alice = await start()
    world.server.faults.rejectNext('remove_reaction', { code: 'forbidden' })
    const on = tap(alice)
    const off = tap(alice, true).then(ignore, ignore)
    expect(isOn(alice)).toBe(false)
    await world.pass(3_000)
    await Promise.all([on, off])
    expect(thumbs(alice)).toEqual({ name: '👍', count: 1, me: true, user_ids: ['alice'] })
  })

  it('survives a lost reply', async () => {
    const alice = await start(2)
    const taps = [tap(alice), tap(alice, true), tap(alice)]
    await world.pass(500)
    const seen = watched(alice)
    world.server.faults.disconnectAll()
    await world.pass(10_000)
    await Promise.all(taps)
    expect(new Set([...seen, isOn(alice)])).toEqual(new Set([true]))
  })

  it('shows on a message that has no id yet', async () => {
    const alice = await start()
    const sending = alice.send('mine')
    await world.pass(10)
    const reacting = tap(alice, false, alice.rows()[1]?.id as string)
    const on = () => alice.rows()[1]?.reactions?.[0]?.me
    expect(on()).toBe(true)
    const seen: unknown[] = []
    alice.history.subscribe(() => seen.push(on()))
    await world.pass(5_000)
    await Promise.all([sending, reacting])
    expect(new Set(seen)).toEqual(new Set([true]))
  })

  it('is nobody else’s after a change of user', async () => {
    const alice = await start()
    const user = { now: 'alice' }
    const other = world.open('alice', { tokenManager: { getAccessToken: () => user.now } })
    await world.pass(3_000)
    const tapped = tap(other).then(ignore, ignore)
    expect(isOn(other)).toBe(true)
    user.now = 'carol'
    other.chat.signIn()
    await world.pass(5_000)
    await tapped
    expect(isOn(other)).toBe(false)
    expect(alice.rows()).toHaveLength(1)
  })

  it('does not hide an edit that its reply overtook', async () => {
    const alice = await start(2, 0)
    const id = alice.ids()[0] ?? ''
    world.server.faults.drop = 1
    world.server.act('bob', 'edit_message', { room_id: ROOM, message_id: id, message: 'edited' })
    world.server.faults.drop = 0
    const tapped = tap(alice)
    await world.pass(1_000)
    await tapped
    expect(alice.rows()).toMatchObject([{ content: 'edited', reactions: [{ me: true }], version: 3 }])
  })
})
