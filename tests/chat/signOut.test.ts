import { afterEach, describe, expect, it } from 'vitest'
import { createWorld, ROOM, seeded, type World } from './kit.ts'

let world: World
afterEach(() => world.close())

const part = (value: object) => btoa(JSON.stringify(value))
const tokenOf = (user: string) => `${part({ alg: 'none' })}.${part({ sub: user, username: user })}.`

/** A window whose user may change. */
function openFor(first: string | null) {
  const session = { user: first }
  const tokenManager = { getAccessToken: () => (session.user === null ? null : tokenOf(session.user)) }
  return { ...world.open('', { tokenManager }), session }
}

const outcomes = () => {
  const list: string[] = []
  const watch = (sending: Promise<unknown>) => {
    sending.then(
      () => list.push('sent'),
      (error: { code?: string }) => list.push(String(error.code)),
    )
  }
  return { list, watch }
}

describe('what one user has written', () => {
  it('[C62] is not sent by the next one, whether it waited or was on its way', async () => {
    world = createWorld()
    const window = openFor('alice')
    await world.pass()
    const { list, watch } = outcomes()
    // The server has it; the reply does not come through.
    world.server.faults.latencyMs = 5_000
    watch(window.send('on its way'))
    await world.pass(10)
    world.server.faults.disconnectAll()
    world.server.faults.latencyMs = 0
    watch(window.send('waiting'))
    await world.pass(10)
    window.session.user = 'bob'
    await world.pass(20_000)
    const messages = world.server.state().rooms[0]?.messages ?? []
    expect(messages.map(({ content, sender }) => [content, sender.id])).toEqual([['on its way', 'alice']])
    expect(list).toEqual(['user_changed', 'user_changed'])
  })

  it('[C62] is nothing that the next one has to wait for: what was being loaded is loaded for them', async () => {
    world = createWorld({ rooms: [{ id: ROOM, messages: seeded(3) }] })
    world.server.faults.refuseNext(1013, 2)
    const window = openFor('alice')
    const rooms = window.watch<readonly unknown[]>(window.chat.rooms())
    await world.pass(10)
    window.session.user = 'bob'
    const { list, watch } = outcomes()
    await world.pass(1_100)
    watch(window.send('by bob'))
    await world.pass(20_000)
    expect([window.texts(), rooms()?.length]).toEqual([['old 1', 'old 2', 'old 3', 'by bob'], 1])
    expect(list).toEqual(['sent'])
  })

  it('[C62] ends with signing out', async () => {
    world = createWorld()
    const window = openFor('alice')
    await world.pass()
    const { list, watch } = outcomes()
    world.server.faults.disconnectAll()
    watch(window.send('waiting'))
    await world.pass(10)
    window.chat.manager.close()
    await world.pass(10)
    expect(list).toEqual(['closed'])
    window.session.user = 'bob'
    window.chat.manager.connect()
    await world.pass(20_000)
    expect(world.server.state().rooms[0]?.messages).toEqual([])
    expect(window.rows()).toEqual([])
    window.session.user = 'alice'
    window.chat.signIn()
    await world.pass(20_000)
    expect(window.rows().map(({ content, local }) => [content, local?.status])).toEqual([
      ['waiting', 'failed'],
    ])
  })
})
