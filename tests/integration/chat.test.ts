import { InfiniteQueryObserver, QueryClient, QueryObserver } from '@tanstack/react-query'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type Chat, type ChatMessage, type ChatOptions, createChat } from '../../src/chat/index.ts'
import { contextOf } from '../../src/chat/model/session/context.ts'
import { type Backend, backends, type Room } from './support/backends.ts'

const stops: (() => unknown)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop()
})

const until = (check: () => void) => vi.waitFor(check, { timeout: 8_000, interval: 10 })

async function startRoom(backend: Backend, messages = 0): Promise<Room> {
  const room = await backend.room(messages)
  stops.push(room.stop)
  return room
}

/** One window: a chat, a QueryClient and the messages on screen. */
function open(options: ChatOptions, roomId: string) {
  const chat: Chat = createChat({ ...options, reconnect: { intervalMs: 50, jitter: 0 } } as ChatOptions)
  const queryClient = new QueryClient()
  const observer = new InfiniteQueryObserver(queryClient, chat.messages(roomId))
  stops.push(
    chat.live.connect(queryClient),
    chat.start(),
    observer.subscribe(() => undefined),
  )
  stops.push(() => chat.manager.close())
  const rows = (): ChatMessage[] =>
    (observer.getCurrentResult().data?.pages ?? []).toReversed().flatMap((page) => [...page.items])
  return {
    chat,
    queryClient,
    observer,
    rows,
    texts: () => rows().map(({ content }) => content),
    confirmed: () => rows().filter(({ local }) => !local),
    send: (text: string) => chat.sendMessage.start(queryClient, text, { roomId }),
    run: <V>(mutation: object, variables: V) =>
      queryClient
        .getMutationCache()
        .build(queryClient, mutation as never)
        .execute(variables as never),
    isReady: () => until(() => expect(observer.getCurrentResult().status).toBe('success')),
  }
}

const unique = (values: readonly unknown[]) => new Set(values).size

describe.each(backends)('chat on $name', (backend) => {
  const hasReplies = backend.level > 0
  // Level 0 promises none of this; there is nothing to skip.
  const itWithReplies: (name: string, test: () => Promise<void>) => void = hasReplies ? it : () => undefined

  it('keeps a message typed offline and shows it once when the connection is back', async () => {
    const room = await startRoom(backend)
    const bob = open(await room.options('bob'), room.id)
    const line = await room.line()
    const alice = open(await room.options('alice', line), room.id)
    await Promise.all([alice.isReady(), bob.isReady()])

    line.cut()
    await until(() =>
      expect(alice.chat.live.status(alice.queryClient, alice.observer.options.queryKey).status).toBe(
        'offline',
      ),
    )
    const sending = alice.send('typed offline')
    await until(() => expect(alice.rows().at(-1)?.local?.status).toBe('queued'))
    const missed = ['one', 'two', 'three']
    for (const text of missed) await bob.send(text)

    line.mend()
    await sending
    await until(() =>
      expect(bob.texts()).toEqual(
        hasReplies ? [...missed, 'typed offline'] : expect.arrayContaining([...missed, 'typed offline']),
      ),
    )
    if (hasReplies) await until(() => expect(alice.texts()).toEqual([...missed, 'typed offline']))
    await until(() => expect(alice.confirmed().map(({ content }) => content)).toContain('typed offline'))
    expect(unique(alice.rows().map(({ id }) => id))).toBe(alice.rows().length)
    expect(alice.texts().filter((text) => text === 'typed offline')).toHaveLength(1)
  })

  itWithReplies('sends once, although the acknowledgement was lost', async () => {
    const room = await startRoom(backend)
    const bob = open(await room.options('bob'), room.id)
    const line = await room.line()
    const alice = open(await room.options('alice', line), room.id)
    await Promise.all([alice.isReady(), bob.isReady()])

    line.silence()
    const sending = alice.send('said once')
    await until(() => expect(bob.texts()).toEqual(['said once']))
    line.cut()
    line.mend()
    const message = await sending
    await until(() => expect(alice.confirmed().map(({ id }) => id)).toEqual([message?.id]))
    expect(alice.texts()).toEqual(['said once'])
    expect(bob.texts()).toEqual(['said once'])
  })

  itWithReplies('pages back through the history, each message once, in order', async () => {
    const room = await startRoom(backend, 120)
    const alice = open(await room.options('alice'), room.id)
    const bob = open(await room.options('bob'), room.id)
    await Promise.all([alice.isReady(), bob.isReady()])
    expect(alice.rows()).toHaveLength(50)
    const older = alice.observer.fetchNextPage({ cancelRefetch: false })
    await bob.send('meanwhile')
    await older
    while (alice.observer.getCurrentResult().hasNextPage)
      await alice.observer.fetchNextPage({ cancelRefetch: false })
    await until(() => expect(alice.rows()).toHaveLength(121))
    expect(unique(alice.rows().map(({ id }) => id))).toBe(121)
    expect(alice.texts().at(-1)).toBe('meanwhile')
    const times = alice.rows().map(({ timestamp }) => Date.parse(timestamp))
    expect(times).toEqual(times.toSorted((a, b) => a - b))
  })

  itWithReplies('edits, reacts and deletes, for everybody', async () => {
    const room = await startRoom(backend)
    const alice = open(await room.options('alice'), room.id)
    const bob = open(await room.options('bob'), room.id)
    await Promise.all([alice.isReady(), bob.isReady()])
    const [first, second] = [await alice.send('first'), await alice.send('second')]
    if (!first || !second) throw new Error('the server acknowledged without a message')
    await until(() => expect(bob.texts()).toEqual(['first', 'second']))
    const untouched = bob.rows()[1]

    await alice.run(alice.chat.editMessage(room.id), { message_id: first.id, content: 'first, edited' })
    await until(() => expect(bob.texts()).toEqual(['first, edited', 'second']))
    expect(bob.rows()[1]).toBe(untouched)
    await alice.run(alice.chat.react(room.id), { message_id: second.id, reaction: '👍' })
    await until(() => expect(bob.rows()[1]?.reactions).toMatchObject([{ name: '👍', count: 1 }]))
    await alice.run(alice.chat.deleteMessage(room.id), { message_id: first.id })
    await until(() => expect(bob.texts()).toEqual(['second']))
    await until(() => expect(alice.texts()).toEqual(['second']))
    await expect(
      bob.run(bob.chat.editMessage(room.id), { message_id: second.id, content: 'not mine' }),
    ).rejects.toThrow()
  })

  itWithReplies('counts unread messages as the server does, and clears them when read', async () => {
    const room = await startRoom(backend)
    const alice = open(await room.options('alice'), room.id)
    const bob = open(await room.options('bob'), room.id)
    const unread = new QueryObserver(bob.queryClient, bob.chat.readState(room.id))
    stops.push(unread.subscribe(() => undefined))
    await Promise.all([alice.isReady(), bob.isReady()])
    await until(() => expect(unread.getCurrentResult().data?.unread_count).toBe(0))
    await alice.send('hey @bob')
    const last = await alice.send('are you there?')
    await until(() =>
      expect(unread.getCurrentResult().data).toMatchObject({ unread_count: 2, mention_count: 1 }),
    )
    await bob.chat.markRead.start(bob.queryClient, { message_id: last?.id ?? '' }, { roomId: room.id })
    await until(() =>
      expect(unread.getCurrentResult().data).toMatchObject({ unread_count: 0, mention_count: 0 }),
    )
    expect(String(unread.getCurrentResult().data?.last_read_message_id)).toBe(String(last?.id))
  })

  itWithReplies(
    'puts the pointer back to what is to be read once more, on both of one’s windows',
    async () => {
      const room = await startRoom(backend)
      const alice = open(await room.options('alice'), room.id)
      const [desk, phone] = [
        open(await room.options('bob'), room.id),
        open(await room.options('bob'), room.id),
      ]
      const [onDesk, onPhone] = [desk, phone].map(({ queryClient, chat }) => {
        const observer = new QueryObserver(queryClient, chat.readState(room.id))
        stops.push(observer.subscribe(() => undefined))
        return () => observer.getCurrentResult().data
      })
      await Promise.all([alice.isReady(), desk.isReady(), phone.isReady()])
      const ids: string[] = []
      for (const text of ['one', 'two', 'three']) ids.push(String((await alice.send(text))?.id))
      const [first, second, third] = ids
      await desk.chat.markRead.start(desk.queryClient, { message_id: third ?? '' }, { roomId: room.id })
      await until(() => expect(onPhone?.()).toMatchObject({ unread_count: 0 }))

      const marking = { message_id: second ?? '' }
      await desk.chat.markUnread.start(desk.queryClient, marking, { roomId: room.id })
      for (const state of [onDesk, onPhone]) {
        await until(() => expect(state?.()).toMatchObject({ unread_count: 2 }))
        expect(String(state?.()?.last_read_message_id)).toBe(first)
      }
    },
  )

  itWithReplies('hears again of a room that one left and joined again elsewhere', async () => {
    const room = await startRoom(backend)
    const alice = open(await room.options('alice'), room.id)
    const [desk, phone] = [open(await room.options('bob'), room.id), open(await room.options('bob'), room.id)]
    await Promise.all([alice.isReady(), desk.isReady(), phone.isReady()])
    const lost = () => contextOf(desk.chat).membership.removalOf(room.id)
    await phone.run(phone.chat.leaveRoom(), { roomId: room.id })
    await until(() => expect(lost()).toMatchObject({ reason: 'left' }))
    await alice.send('while bob is out')
    await phone.run(phone.chat.joinRoom(), { roomId: room.id })
    await until(() => expect(lost()).toBeUndefined())
    await alice.send('to bob, who is back')
    await until(() => expect(desk.texts()).toEqual(['while bob is out', 'to bob, who is back']))
  })

  it('tells who is typing, never oneself, and forgets them when their message comes', async () => {
    const room = await startRoom(backend)
    const alice = open(await room.options('alice'), room.id)
    const bob = open(await room.options('bob'), room.id)
    const watch = (window: typeof alice) => {
      const observer = new QueryObserver(window.queryClient, window.chat.typing(room.id))
      stops.push(observer.subscribe(() => undefined))
      return () => (observer.getCurrentResult().data ?? []).map(({ user }) => user.username)
    }
    const [seenByAlice, seenByBob] = [watch(alice), watch(bob)]
    await Promise.all([alice.isReady(), bob.isReady()])
    const endpoint = contextOf(alice.chat).endpoints.room?.({ roomId: room.id })
    const type = () =>
      alice.chat.manager.send('typing_indicator', { room_id: room.id, is_typing: true }, { endpoint })
    // Again and again, as people do: that an earlier window of hers has gone may be told late, and ends it.
    const typing = setInterval(() => type().catch(() => undefined), 1_000)
    stops.push(() => clearInterval(typing))
    await type()
    await until(() => expect(seenByBob()).toEqual(['alice']))
    clearInterval(typing)
    expect(seenByAlice()).toEqual([])
    await alice.send('done typing')
    await until(() => expect(seenByBob()).toEqual([]))
  })

  it('refuses what can never be sent, with a reason to show', async () => {
    const room = await startRoom(backend)
    const alice = open(await room.options('alice'), room.id)
    await alice.isReady()
    await expect(alice.send('   ')).rejects.toMatchObject({ code: 'invalid_params', reason: 'empty' })
    await expect(alice.send('x'.repeat(4_001))).rejects.toMatchObject({
      code: 'invalid_params',
      reason: 'too_long',
    })
    expect(alice.rows()).toEqual([])
  })
})
