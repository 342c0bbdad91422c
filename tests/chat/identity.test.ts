import { MutationObserver } from '@tanstack/react-query'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createWorld, ROOM, seeded, type WindowOptions, type World } from './kit.ts'

let world: World
afterEach(() => world.close())

const part = (value: object) => btoa(JSON.stringify(value))
const tokenOf = (user: string) => `${part({ alg: 'none' })}.${part({ sub: user, username: user })}.`

/** The session is in a cookie: the client has no token, and nothing but the greeting says who it is. */
function openByCookie(user: string, options: WindowOptions & { roomId?: string; saved?: string } = {}) {
  const cookie = { user }
  const url = () => `ws://localhost:9000?token=${cookie.user}`
  return { ...world.open('', { url, tokenManager: undefined, ...options }), cookie }
}

/** The token is asked for before each connection. */
function openByToken(user: string, options: WindowOptions & { saved?: string } = {}) {
  const session = { user }
  const tokenManager = { getAccessToken: () => tokenOf(session.user) }
  return { ...world.open('', { tokenManager, ...options }), session }
}

const said = () =>
  (world.server.state().rooms ?? []).flatMap(({ messages }) =>
    messages.map(({ content, sender }) => `${sender.id}: ${content}`),
  )

const localRows = (rows: readonly { content: string; local?: { status: string } }[]) =>
  rows.filter(({ local }) => local).map(({ content, local }) => `${content} (${local?.status})`)

/** What is not waited for must not be reported as unhandled either. */
const quietly = (sending: Promise<unknown>) => void sending.catch(() => undefined)

describe('whose words', () => {
  it('[C96] a session in a cookie: what one wrote, the next one neither sends nor sees', async () => {
    world = createWorld({ rooms: [{ id: ROOM, messages: seeded(2) }] })
    const window = openByCookie('alice')
    await world.pass(500)
    world.server.faults.disconnectAll()
    quietly(window.send('a secret of alice'))
    await world.pass(10)
    expect(localRows(window.rows())).toEqual(['a secret of alice (queued)'])
    window.cookie.user = 'bob'
    await world.pass(20_000)
    expect(window.chat.currentUser()?.id).toBe('bob')
    expect(localRows(window.rows())).toEqual([])
    quietly(window.send('of bob'))
    await world.pass(1_000)
    expect(said().slice(2)).toEqual(['bob: of bob'])
    window.cookie.user = 'alice'
    world.server.faults.disconnectAll()
    await world.pass(20_000)
    expect(localRows(window.rows())).toEqual(['a secret of alice (failed)'])
    await window.chat.sendMessage.retry(window.queryClient, String(window.rows().at(-1)?.client_id))
    await world.pass(1_000)
    expect(said().slice(2)).toEqual(['bob: of bob', 'alice: a secret of alice'])
  })

  it.each([
    ['cookie', openByCookie],
    ['token', openByToken],
  ] as const)('[C96] %s: what waits in storage is sent by its author and nobody else', async (_, open) => {
    world = createWorld()
    const first = open('alice')
    await world.pass(500)
    world.server.faults.disconnectAll()
    quietly(first.send('stored'))
    await world.pass(10)
    const saved = first.save()
    first.chat.manager.close()

    const second = open('bob', { saved })
    await world.pass(20_000)
    expect([said(), localRows(second.rows())]).toEqual([[], []])
    const savedAgain = second.save()
    second.chat.manager.close()

    const third = open('alice', { saved: savedAgain })
    await world.pass(20_000)
    expect(said()).toEqual(['alice: stored'])
    expect([third.texts(), localRows(third.rows())]).toEqual([['stored'], []])
  })

  it('[C96] retries of TanStack and by hand are refused after a change of user', async () => {
    world = createWorld()
    const window = openByToken('alice')
    await world.pass(500)
    world.server.faults.disconnectAll()
    const observer = new MutationObserver(window.queryClient, {
      ...window.chat.sendMessage(ROOM),
      retry: 3,
      retryDelay: 1,
    })
    quietly(observer.mutate('of alice'))
    await world.pass(10)
    const clientId = String(window.rows().at(-1)?.client_id)
    window.session.user = 'bob'
    await world.pass(20_000)
    await vi.waitFor(() => expect(observer.getCurrentResult().status).toBe('error'))
    quietly(window.chat.sendMessage.retry(window.queryClient, clientId))
    await world.pass(1_000)
    expect([said(), localRows(window.rows())]).toEqual([[], []])
  })

  it('[C96] what is sent in the tick of signing out by hand goes nowhere', async () => {
    world = createWorld()
    const window = openByToken('alice')
    await world.pass(500)
    quietly(window.send('of alice'))
    window.chat.manager.close()
    window.queryClient.clear()
    window.session.user = 'bob'
    window.chat.signIn()
    await world.pass(20_000)
    expect(said()).toEqual([])
  })

  it('[C97] the server knows better than the application whom it takes one for', async () => {
    world = createWorld()
    const window = openByCookie('bob', { currentUser: { id: 'alice', username: 'alice' } })
    quietly(window.send('meant to be of alice'))
    await world.pass(5_000)
    expect(said()).toEqual([])
    quietly(window.send('of bob'))
    await world.pass(1_000)
    expect(said()).toEqual(['bob: of bob'])
    expect(window.chat.currentUser()?.id).toBe('bob')
  })

  it.each([0, 3] as const)(
    '[C96] what is sent before it is known who has signed in is not under the former name, level %i',
    async (level) => {
      world = createWorld({ level })
      const session = { user: 'alice' }
      const later = () => new Promise<void>((done) => void world.environment.setTimer(done, 100))
      const tokenManager = { getAccessToken: () => later().then(() => tokenOf(session.user)) }
      const window = world.open('', { tokenManager, endpoint: undefined })
      await world.pass(1_000)
      world.server.faults.latencyMs = 20
      session.user = 'bob'
      window.chat.signIn()
      quietly(window.send('of bob'))
      const seen = new Set<unknown>()
      const look = () => {
        for (const { content, sender } of window.rows()) if (content === 'of bob') seen.add(sender.id)
      }
      window.history.subscribe(look)
      look()
      await world.pass(5_000)
      expect(seen).not.toContain('alice')
      expect(said()).toEqual(['bob: of bob'])
      expect(window.rows()).toMatchObject([{ content: 'of bob', sender: { id: 'bob' } }])
    },
  )

  it('[C97] live data of the former user leaves the screen at once, and is loaded for the next', async () => {
    world = createWorld({
      rooms: [
        { id: ROOM, messages: seeded(1) },
        { id: 'private', members: ['alice'], messages: [{ sender: 'alice', content: 'only for alice' }] },
      ],
    })
    const window = openByCookie('alice', { roomId: 'private' })
    const rooms = window.watch<readonly { id: string }[]>(window.chat.rooms())
    await world.pass(1_000)
    expect([window.texts(), rooms()?.length]).toEqual([['only for alice'], 2])
    window.chat.store.setState({ activeRoomId: 'private' })
    window.cookie.user = 'bob'
    const seen: unknown[] = []
    window.queryClient.getQueryCache().subscribe(() => {
      if (window.chat.currentUser()?.id !== 'alice') seen.push(...window.texts())
    })
    world.server.faults.disconnectAll()
    await world.pass(20_000)
    expect([window.rows(), seen, rooms()?.map(({ id }) => id)]).toEqual([[], [], [ROOM]])
    expect(window.chat.store.getState().activeRoomId).toBeNull()
  })

  it('[C98] signing out forgets everything of the user; signing in brings what is on screen back', async () => {
    world = createWorld({ rooms: [{ id: ROOM, messages: seeded(2) }] })
    const removeClient = vi.fn()
    const window = openByToken('alice', { persister: { removeClient } })
    await world.pass(1_000)
    world.server.faults.disconnectAll()
    quietly(window.send('never sent'))
    await world.pass(10)
    await window.chat.signOut()
    expect(window.rows()).toEqual([])
    expect(window.queryClient.getMutationCache().getAll()).toEqual([])
    expect(removeClient).toHaveBeenCalledTimes(1)
    await world.pass(20_000)
    expect(window.chat.manager.store.getState().state).toBe('DISCONNECTED')
    window.session.user = 'bob'
    window.chat.signIn()
    await world.pass(5_000)
    expect(window.texts()).toEqual(['old 1', 'old 2'])
    quietly(window.send('of bob'))
    await world.pass(1_000)
    expect(said().slice(2)).toEqual(['bob: of bob'])
    window.session.user = 'carol'
    window.chat.signIn()
    quietly(window.send('of carol'))
    await world.pass(5_000)
    expect(said().slice(2)).toEqual(['bob: of bob', 'carol: of carol'])
  })
})

describe('a stored cache', () => {
  it.each([
    ['cookie', openByCookie],
    ['token', openByToken],
  ] as const)('[C97] %s: is shown to its owner and nobody else', async (_, open) => {
    world = createWorld({
      rooms: [{ id: ROOM, members: ['alice'], messages: [{ sender: 'alice', content: 'only for alice' }] }],
    })
    const first = open('alice')
    await world.pass(1_000)
    const saved = first.save()
    first.chat.manager.close()
    const second = open('bob', { saved })
    await world.pass(20_000)
    expect(second.rows()).toEqual([])
    const third = open('alice', { saved })
    expect(third.texts()).toEqual(['only for alice'])
    await world.pass(20_000)
    expect(third.texts()).toEqual(['only for alice'])
  })
})

describe('a mutation and its row', () => {
  it('[C99] are one, whatever else has the same words: before and after a reload', async () => {
    world = createWorld()
    const first = openByToken('alice')
    await world.pass(500)
    world.server.faults.disconnectAll()
    quietly(first.send('ok'))
    await world.pass(10)
    const saved = first.save()
    first.chat.manager.close()
    const second = openByToken('alice', { saved })
    quietly(second.send('ok'))
    await world.pass(20_000)
    expect(said()).toEqual(['alice: ok', 'alice: ok'])
    expect(second.texts()).toEqual(['ok', 'ok'])
  })

  it('[C99] are one in two rooms, where the application delays one or has its own onMutate', async () => {
    world = createWorld({ rooms: [{ id: ROOM }, { id: 'other' }] })
    const window = openByToken('alice')
    const other = window.queryClient
    let count = 0
    other.getMutationCache().config = {
      onMutate: async () => {
        if (count++ === 0) for (let turn = 0; turn < 20; turn++) await Promise.resolve()
      },
    }
    await world.pass(500)
    const onMutate = (() => undefined) as never
    const sends = [ROOM, 'other'].map((roomId) =>
      new MutationObserver(other, { ...window.chat.sendMessage(roomId), onMutate }).mutate('ok'),
    )
    const rowIds = other
      .getMutationCache()
      .getAll()
      .map(({ meta }) => (meta as { live: { clientId: string } }).live.clientId)
    await world.pass(5_000)
    const sent = await Promise.all(sends)
    expect(sent.map((message) => [message?.room_id, message?.client_id])).toEqual([
      [ROOM, rowIds[0]],
      ['other', rowIds[1]],
    ])
  })

  it('[C99] are one after a reload, also where the application has its own onMutate', async () => {
    world = createWorld()
    const first = openByToken('alice')
    await world.pass(500)
    world.server.faults.latencyMs = 5_000
    const observer = new MutationObserver(first.queryClient, {
      ...first.chat.sendMessage(ROOM),
      onMutate: (() => 'mine') as never,
    })
    quietly(observer.mutate('once'))
    await world.pass(10)
    // A component that renders hands its options to what it has started.
    observer.setOptions({ ...first.chat.sendMessage(ROOM), onMutate: (() => 'mine') as never })
    const saved = first.save()
    await world.pass(20)
    first.chat.manager.close()
    world.server.faults.latencyMs = 0
    openByToken('alice', { saved })
    await world.pass(20_000)
    expect(said()).toEqual(['alice: once'])
  })
})
