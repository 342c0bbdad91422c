import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { act, cleanup, configure, renderHook } from '@testing-library/react'
import { type ReactNode, useState } from 'react'
import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  type Chat,
  ChatProvider,
  useChatRooms,
  useChatWebSocket,
  useDraft,
  useMessages,
  usePresence,
  useReadState,
  useTyping,
} from '../../src/chat/index.ts'
import { createWorld, ROOM, seeded, type World } from './kit.ts'

configure({ reactStrictMode: true })

let world: World
afterEach(() => {
  cleanup()
  world.close()
  vi.unstubAllGlobals()
  localStorage.clear()
})

const wrapperOf = (chat: Chat, queryClient = new QueryClient()) =>
  function Wrapper({ children }: { children: ReactNode }) {
    return (
      <QueryClientProvider client={queryClient}>
        <ChatProvider chat={chat}>{children}</ChatProvider>
      </QueryClientProvider>
    )
  }

const pass = (ms = 100) => act(() => world.pass(ms))

function show<T>(hook: () => T, user = 'alice') {
  return renderHook(hook, { wrapper: wrapperOf(world.newChat(user)) })
}

const say = (content: string) => world.server.inject(ROOM, { sender: 'bob', content })

describe('a provider', () => {
  it('[C2] takes a chat of another copy of the package', async () => {
    world = createWorld()
    const { manager } = world.newChat('alice')
    vi.resetModules()
    const copy = await import('../../src/chat/createChat.ts')
    const wrapper = wrapperOf(copy.createChat({ manager }))
    const { result } = renderHook(() => useChatWebSocket(ROOM), { wrapper })
    await pass()
    expect(result.current.isConnected).toBe(true)
  })
})

describe('useReadState', () => {
  it('[C14] reports how far one has read once, 500 ms later, and never backwards', async () => {
    world = createWorld()
    const ids = ['one', 'two', 'three'].map((content) => say(content).id)
    const { result } = show(() => useReadState(ROOM))
    await pass()
    const receipts = () =>
      world.sent('read_receipt').map(({ data }) => (data as { message_id: string }).message_id)
    act(() => result.current.markRead(ids[0]))
    await pass(300)
    act(() => result.current.markRead(ids[1]))
    act(() => result.current.markRead(ids[0]))
    await pass(150)
    expect(receipts()).toEqual([])
    await pass(100)
    expect(receipts()).toEqual([ids[1]])
    expect(result.current.unreadCount).toBe(1)
    act(() => result.current.markRead(ids[0]))
    await pass(1_000)
    expect(receipts()).toEqual([ids[1]])
    act(() => result.current.markRead())
    await pass(1_000)
    expect(receipts()).toEqual([ids[1], ids[2]])
    expect(result.current).toMatchObject({ unreadCount: 0, lastReadMessageId: ids[2] })
  })

  it('[C14] reports again what was taken back by markUnread', async () => {
    world = createWorld()
    const ids = ['one', 'two'].map((content) => say(content).id)
    const { result } = show(() => useReadState(ROOM))
    await pass()
    act(() => result.current.markRead())
    await pass(1_000)
    expect(result.current.unreadCount).toBe(0)
    act(() => void result.current.markUnread(ids[1] ?? ''))
    await pass()
    expect(result.current).toMatchObject({ unreadCount: 1, lastReadMessageId: ids[0] })
    act(() => result.current.markRead())
    await pass(1_000)
    expect(result.current.unreadCount).toBe(0)
  })

  it('[C14] reports a place once, whichever hooks are told of it', async () => {
    world = createWorld()
    const { id } = say('one')
    const { result } = show(() => ({ state: useReadState(ROOM), chat: useChatWebSocket(ROOM) }))
    await pass()
    act(() => result.current.state.markRead())
    act(() => result.current.chat.sendReadReceipt())
    await pass(1_000)
    expect(world.sent('read_receipt')).toMatchObject([{ data: { message_id: id } }])
  })

  it('[C14] never goes backwards from a message that was deleted', async () => {
    world = createWorld()
    const ids = ['one', 'two', 'three'].map((content) => say(content).id)
    const { result } = show(() => useReadState(ROOM))
    await pass()
    act(() => result.current.markRead(ids[1]))
    await pass(1_000)
    world.server.act('bob', 'delete_message', { room_id: ROOM, message_id: ids[1] })
    await pass()
    act(() => result.current.markRead(ids[0]))
    await pass(1_000)
    expect(world.sent('read_receipt')).toHaveLength(1)
  })

  it('[C14] does not report what is marked as unread before the 500 ms are over', async () => {
    world = createWorld({ rooms: [{ id: ROOM, messages: seeded(1) }] })
    const ids = ['one', 'two'].map((content) => say(content).id)
    const { result } = show(() => useReadState(ROOM))
    await pass()
    act(() => result.current.markRead())
    await pass(100)
    act(() => void result.current.markUnread(ids[1] ?? ''))
    await pass(2_000)
    expect(world.sent('read_receipt')).toEqual([])
    expect(result.current.unreadCount).toBe(2)
  })

  it('[C14] reports what is read while marking it as unread is on its way', async () => {
    world = createWorld()
    const ids = ['one', 'two'].map((content) => say(content).id)
    const { result } = show(() => useReadState(ROOM))
    await pass()
    act(() => result.current.markRead())
    await pass(1_000)
    world.server.faults.latencyMs = 200
    act(() => void result.current.markUnread(ids[1] ?? ''))
    act(() => result.current.markRead())
    await pass(3_000)
    expect(result.current).toMatchObject({ unreadCount: 0, lastReadMessageId: ids[1] })
  })

  it('[C15] has its divider also where the message one had read to is deleted, before and after', async () => {
    world = createWorld({ rooms: [{ id: ROOM, messages: seeded(3) }] })
    const ids = () => world.server.state().rooms[0]?.messages.map(({ id }) => id) ?? []
    world.server.act('bob', 'delete_message', { room_id: ROOM, message_id: ids()[2] })
    world.server.act('alice', 'chat_message', { room_id: ROOM, message: 'own' })
    const unread = say('unread')
    const { result } = show(() => useReadState(ROOM))
    await pass()
    expect(result.current.firstUnreadId).toBe(unread.id)
    const next = say('arrives later')
    await pass()
    expect(result.current.firstUnreadId).toBe(unread.id)
    world.server.act('bob', 'delete_message', { room_id: ROOM, message_id: unread.id })
    await pass()
    expect(result.current.firstUnreadId).toBe(next.id)
  })

  it('[C15] does not put the divider by counting what came since', async () => {
    world = createWorld({ rooms: [{ id: ROOM, messages: seeded(100), unread: { alice: 55 } }] })
    const { result } = show(() => ({ ...useReadState(ROOM), ...useMessages(ROOM) }))
    await pass()
    const texts = Array.from({ length: 10 }, (_, at) => say(`since ${at}`).content)
    await pass()
    act(() => result.current.markRead())
    await pass(2_000)
    expect(texts).toHaveLength(10)
    expect(result.current).toMatchObject({ unreadCount: 0, firstUnreadId: null })
    await act(() => Promise.all([result.current.loadOlder(), world.pass()]))
    const first = result.current.messages.find(({ id }) => id === result.current.firstUnreadId)
    expect(first?.content).toBe('old 46')
  })

  it('[C15] keeps the divider where it was when the room was opened', async () => {
    world = createWorld({ rooms: [{ id: ROOM, messages: seeded(2) }] })
    const unread = say('unread')
    const { result } = show(() => useReadState(ROOM))
    await pass()
    expect(result.current.firstUnreadId).toBe(unread.id)
    act(() => result.current.markRead())
    say('and another')
    await pass(1_000)
    expect(result.current.lastReadMessageId).toBe(unread.id)
    expect(result.current.firstUnreadId).toBe(unread.id)
    act(() => result.current.clearDivider())
    expect(result.current.firstUnreadId).toBeNull()
  })

  it('[C15] has no divider where everything was read', async () => {
    world = createWorld({ rooms: [{ id: ROOM, messages: seeded(2) }] })
    const { result } = show(() => useReadState(ROOM))
    await pass()
    say('new')
    await pass()
    expect(result.current.firstUnreadId).toBeNull()
  })

  it('[C15] has no divider in the middle of what was never read, before all of it is loaded', async () => {
    world = createWorld({ rooms: [{ id: ROOM, messages: seeded(60), unread: { alice: 60 } }] })
    const { result } = show(() => ({ ...useReadState(ROOM), ...useMessages(ROOM) }))
    await pass()
    expect(result.current).toMatchObject({ unreadCount: 60, hasOlder: true, firstUnreadId: null })
    await act(() => Promise.all([result.current.loadOlder(), world.pass()]))
    expect(result.current).toMatchObject({ hasOlder: false, firstUnreadId: result.current.messages[0]?.id })
  })

  it('[C12] tells who else has read a message', async () => {
    world = createWorld()
    const { result } = show(() => ({ ...useReadState(ROOM), ...useMessages(ROOM) }))
    world.server.act('alice', 'chat_message', { room_id: ROOM, message: 'read me' })
    await pass()
    const [message] = result.current.messages
    if (!message) throw new Error('the message did not arrive')
    expect(result.current.readersOf(message)).toEqual([])
    world.server.act('bob', 'read_receipt', { room_id: ROOM, message_id: message.id })
    world.server.act('alice', 'read_receipt', { room_id: ROOM, message_id: message.id })
    await pass()
    const readers = () => result.current.readersOf(message).map(({ user }) => user.id)
    expect(readers()).toEqual(['bob'])

    const { readersOf } = result.current
    const later = say('to be deleted')
    await pass()
    // Another function for other messages, so that memoised rows ask again.
    expect(result.current.readersOf).not.toBe(readersOf)
    world.server.act('carol', 'read_receipt', { room_id: ROOM, message_id: later.id })
    await pass()
    expect(readers().toSorted()).toEqual(['bob', 'carol'])
    world.server.act('bob', 'delete_message', { room_id: ROOM, message_id: later.id })
    await pass()
    expect(readers().toSorted()).toEqual(['bob', 'carol'])
  })
})

describe('useMessages', () => {
  it('[C16] jumps to a message, counts what arrives meanwhile, and comes back to the newest', async () => {
    world = createWorld({ rooms: [{ id: ROOM, messages: seeded(200) }] })
    const { result } = show(() => useMessages(ROOM))
    await pass()
    const contents = () => result.current.messages.map(({ content }) => content)
    expect(contents()).toHaveLength(50)
    const target = world.server.state().rooms[0]?.messages[19]
    act(() => result.current.jumpTo(target?.id ?? ''))
    await pass()
    expect(contents()).toContain('old 20')
    expect(contents()).not.toContain('old 200')
    expect(result.current).toMatchObject({ hasNewer: true, unseen: 0 })
    say('while away')
    await pass()
    expect(result.current.unseen).toBe(1)
    expect(contents()).not.toContain('while away')
    await act(() => result.current.loadNewer().then(() => world.pass()))
    expect(contents().length).toBeGreaterThan(50)
    act(() => result.current.jumpToLatest())
    await pass()
    expect(contents().at(-1)).toBe('while away')
    expect(result.current.hasNewer).toBe(false)
  })
})

describe('useChatWebSocket', () => {
  it('[C42] stays where one jumped to when the room is written in another way', async () => {
    world = createWorld({ rooms: [{ id: 7, messages: seeded(200) }] })
    const target = world.server.state().rooms[0]?.messages[20]?.id ?? ''
    const { result, rerender } = renderHook(
      ({ roomId }: { roomId: string | number }) => useMessages(roomId),
      {
        wrapper: wrapperOf(world.newChat('alice')),
        initialProps: { roomId: 7 } as { roomId: string | number },
      },
    )
    await pass()
    act(() => result.current.jumpTo(target))
    await pass()
    rerender({ roomId: '7' })
    await pass()
    expect(result.current.messages[0]?.content).toBe('old 1')
  })

  it('[C16] says why where there is nothing to jump to, and comes back', async () => {
    world = createWorld({ rooms: [{ id: ROOM, messages: seeded(3) }] })
    const { result } = show(() => useMessages(ROOM))
    await pass()
    act(() => result.current.jumpTo('nowhere'))
    await pass(20_000)
    expect(result.current).toMatchObject({ messages: [], error: { code: 'rejected' }, isLoading: false })
    act(() => result.current.jumpToLatest())
    await pass()
    expect(result.current).toMatchObject({ error: null, messages: { length: 3 } })
  })

  it('[C17] shows what was sent before there is a history', async () => {
    world = createWorld()
    world.server.faults.latencyMs = 1_000
    const { result } = show(() => useChatWebSocket(ROOM))
    await pass(10)
    act(() => void result.current.sendMessage('early'))
    await pass(20)
    expect(result.current.messages).toMatchObject([
      { content: 'early', local: { status: expect.any(String) } },
    ])
    expect(result.current.isSending).toBe(true)
    await pass(10_000)
    expect(result.current.messages).toMatchObject([{ content: 'early' }])
    expect(result.current).toMatchObject({ isSending: false, error: null })
  })

  it('[C17] shows what was sent where the history could not be loaded', async () => {
    world = createWorld()
    world.server.faults.rejectNext('get_history', { code: 'internal', times: 30 })
    const { result } = show(() => useChatWebSocket(ROOM))
    await pass(60_000)
    expect(result.current.error).toMatchObject({ reason: 'internal' })
    world.server.faults.rejectNext('chat_message', { code: 'internal', times: 30 })
    await act(() => result.current.sendMessage('into the blue'))
    await pass(60_000)
    expect(result.current.messages).toMatchObject([{ content: 'into the blue', local: { status: 'failed' } }])
  })

  it('[C110] takes an empty message for nothing to send, and shows what is refused until one is taken', async () => {
    world = createWorld()
    const unhandled: unknown[] = []
    const note = (reason: unknown) => unhandled.push(reason)
    process.on('unhandledRejection', note)
    const { result } = show(() => useChatWebSocket(ROOM))
    await pass()
    for (const nothing of ['', ' \n ', { content: '' }]) {
      await act(() => result.current.sendMessage(nothing))
      expect(result.current).toMatchObject({ messages: [], error: null })
    }
    // Nobody waits for it.
    await act(async () => void result.current.sendMessage('x'.repeat(4_001)))
    expect(result.current).toMatchObject({ messages: [], error: { reason: 'too_long' } })
    const awaited = result.current.sendMessage('x'.repeat(4_001))
    await act(() => expect(awaited).rejects.toMatchObject({ reason: 'too_long' }))
    await act(() => result.current.sendMessage('short'))
    expect(result.current).toMatchObject({ messages: [{ content: 'short' }], error: null })
    await act(() => new Promise((resolve) => setImmediate(resolve)))
    process.off('unhandledRejection', note)
    expect(unhandled).toEqual([])
  })

  it('[C110] refuses in a room that one was removed from, and says so for as long as that is so', async () => {
    world = createWorld()
    const { result } = show(() => useChatWebSocket(ROOM))
    await pass()
    world.server.remove(ROOM, 'alice', 'kicked')
    await pass()
    const sending = result.current.sendMessage('hello?')
    await act(() => expect(sending).rejects.toMatchObject({ reason: 'kicked' }))
    expect(result.current.error).toMatchObject({ reason: 'kicked' })
    world.server.join(ROOM, 'alice')
    await pass(1_000)
    expect(result.current.error).toBeNull()
  })

  it('[C17] clears one view only', async () => {
    world = createWorld({ rooms: [{ id: ROOM, messages: seeded(3) }] })
    const { result } = show(() => ({ one: useChatWebSocket(ROOM), other: useChatWebSocket(ROOM) }))
    await pass()
    act(() => result.current.one.clearMessages())
    expect(result.current.one.messages).toEqual([])
    expect(result.current.one.hasOlder).toBe(true)
    expect(result.current.other.messages).toHaveLength(3)
    say('new')
    await pass()
    expect(result.current.one.messages).toMatchObject([{ content: 'new' }])
    await act(() => Promise.all([result.current.one.loadHistory(), world.pass()]))
    expect(result.current.one.messages).toHaveLength(4)
  })

  it('[C17] stays cleared when the last message that was there is deleted, and when one of its own is confirmed', async () => {
    world = createWorld({ rooms: [{ id: ROOM, messages: seeded(3) }] })
    const { result } = show(() => useChatWebSocket(ROOM))
    await pass()
    const last = result.current.messages.at(-1)?.id
    world.server.faults.latencyMs = 500
    await act(() => result.current.sendMessage('on its way'))
    await pass(10)
    expect(result.current.messages).toHaveLength(4)
    act(() => result.current.clearMessages())
    expect(result.current.messages).toEqual([])
    world.server.act('bob', 'delete_message', { room_id: ROOM, message_id: last })
    await pass(2_000)
    expect(result.current.messages).toEqual([])
  })

  it('[C4] offers to retry and to discard what failed, and says why', async () => {
    world = createWorld()
    const { result } = show(() => useChatWebSocket(ROOM))
    await pass()
    world.server.faults.rejectNext('chat_message', { code: 'internal', times: 2 })
    await act(() => result.current.sendMessage('once more'))
    await pass()
    const key = result.current.messages[0]?.local?.key ?? ''
    expect(result.current.error).toMatchObject({ code: 'rejected', reason: 'internal' })
    await act(() => Promise.all([result.current.retryMessage(key), world.pass()]))
    expect(result.current.messages[0]?.local?.status).toBe('failed')
    await act(() => Promise.all([result.current.retryMessage(key), world.pass()]))
    expect(result.current.messages).toMatchObject([{ content: 'once more' }])
    expect(result.current.error).toBeNull()
  })

  it('[C11] keeps the messages of a lost room, says why, and refuses to send', async () => {
    world = createWorld({ rooms: [{ id: ROOM, messages: seeded(3) }] })
    const { result } = show(() => useChatWebSocket(ROOM))
    await pass()
    world.server.remove(ROOM, 'alice', 'kicked')
    await pass()
    expect(result.current.messages).toHaveLength(3)
    expect(result.current.error).toMatchObject({ code: 'forbidden', reason: 'kicked' })
    await expect(result.current.sendMessage('hello?')).rejects.toMatchObject({ reason: 'kicked' })
  })

  it('[C7] ends typing with the message, and when the room is left', async () => {
    world = createWorld({ rooms: [{ id: ROOM }, { id: 'other' }] })
    const { result, rerender } = renderHook(({ roomId }) => useChatWebSocket(roomId), {
      wrapper: wrapperOf(world.newChat('alice')),
      initialProps: { roomId: ROOM },
    })
    await pass()
    const said = () =>
      world.sent('typing_indicator').map(({ data }) => data as { room_id: string; is_typing: boolean })
    act(() => result.current.sendTypingIndicator(true))
    await act(() => result.current.sendMessage('done'))
    await pass()
    expect(said().map(({ is_typing }) => is_typing)).toEqual([true, false])
    act(() => result.current.sendTypingIndicator(true))
    rerender({ roomId: 'other' })
    await pass()
    expect(said().slice(2)).toMatchObject([
      { room_id: ROOM, is_typing: true },
      { room_id: ROOM, is_typing: false },
    ])
  })

  it('[C8] shows nobody typing while disconnected, nor afterwards until they say so', async () => {
    world = createWorld()
    const { result } = show(() => useChatWebSocket(ROOM))
    await pass()
    world.server.act('bob', 'typing_indicator', { room_id: ROOM, is_typing: true })
    await pass()
    expect(result.current.typingUsers).toEqual(['bob'])
    act(() => world.server.faults.disconnectAll())
    await pass(50)
    expect(result.current.typingUsers).toEqual([])
    await pass(2_000)
    expect(result.current.isConnected).toBe(true)
    expect(result.current.typingUsers).toEqual([])
  })
})

describe('useChatRooms', () => {
  it('[C11] goes back to the room that was active when it may not join another', async () => {
    world = createWorld()
    const { result } = show(() => useChatRooms())
    await pass()
    await act(() => result.current.joinRoom(ROOM))
    expect(result.current.activeRoomId).toBe(ROOM)
    const joining = act(() => Promise.allSettled([result.current.joinRoom('nowhere'), world.pass()]))
    const [joined] = await joining
    expect(joined).toMatchObject({ status: 'rejected', reason: { code: 'rejected', reason: 'not_found' } })
    expect(result.current.activeRoomId).toBe(ROOM)
  })
})

describe('useTyping', () => {
  it('[C7] ends typing when the input loses the focus', async () => {
    world = createWorld()
    const { result } = show(() => useTyping(ROOM))
    await pass()
    act(() => result.current.inputProps.onInput())
    act(() => result.current.inputProps.onBlur())
    await pass()
    expect(world.sent('typing_indicator')).toMatchObject([
      { data: { is_typing: true } },
      { data: { is_typing: false } },
    ])
  })
})

describe('usePresence', () => {
  it('[C9] knows nothing while disconnected', async () => {
    world = createWorld()
    world.open('bob')
    const ids = ['bob']
    const { result } = show(() => usePresence(ids))
    await pass()
    expect(result.current.bob?.status).toBe('online')
    world.server.faults.refuseNext(1013, 3)
    act(() => world.server.faults.disconnectAll())
    await pass(10)
    expect(result.current.bob?.status).toBe('unknown')
    await pass(20_000)
    expect(result.current.bob?.status).toBe('online')
  })
})

describe('useDraft', () => {
  const switchable = () => {
    world = createWorld()
    const user = { current: { id: 'alice', username: 'alice' } }
    const chat = world.newChat('alice', { currentUser: () => user.current })
    const view = renderHook(
      () => {
        const [roomId, setRoom] = useState<string>(ROOM)
        const [draft, setDraft] = useDraft(roomId)
        return { draft, setDraft, setRoom }
      },
      { wrapper: wrapperOf(chat) },
    )
    return { ...view, user }
  }

  it('[C19] keeps a draft per room and user', () => {
    const { result, rerender, user } = switchable()
    act(() => result.current.setDraft('to general'))
    act(() => result.current.setRoom('other'))
    expect(result.current.draft).toBe('')
    act(() => result.current.setRoom(ROOM))
    expect(result.current.draft).toBe('to general')
    user.current = { id: 'bob', username: 'bob' }
    rerender()
    expect(result.current.draft).toBe('')
    user.current = { id: 'alice', username: 'alice' }
    rerender()
    act(() => result.current.setDraft(''))
    expect(result.current.draft).toBe('')
  })

  it('[C19] keeps what was typed before it was known who types, and leaves it to nobody else', async () => {
    world = createWorld()
    const user: { current?: { id: string; username: string } } = {}
    const chat = world.newChat('alice', { currentUser: () => user.current })
    const { result, rerender } = renderHook(() => useDraft(ROOM), { wrapper: wrapperOf(chat) })
    act(() => result.current[1]('too early'))
    expect(result.current[0]).toBe('too early')
    user.current = { id: 'alice', username: 'alice' }
    rerender()
    expect(result.current[0]).toBe('too early')
    expect(Object.keys({ ...localStorage })).toEqual([expect.stringContaining('alice')])
    user.current = { id: 'bob', username: 'bob' }
    rerender()
    expect(result.current[0]).toBe('')
  })

  it('[C19] keeps the drafts of two people apart, whatever their ids and rooms are called', () => {
    world = createWorld()
    const user = { current: { id: 'a', username: 'a' } }
    const chat = world.newChat('alice', { currentUser: () => user.current })
    const { result, rerender } = renderHook(({ roomId }) => useDraft(roomId), {
      wrapper: wrapperOf(chat),
      initialProps: { roomId: 'b.c/d' },
    })
    act(() => result.current[1]('private'))
    for (const [id, roomId] of [
      ['a.b', 'c/d'],
      ['a.b.c', 'd'],
      ['a/b.c', 'd'],
    ] as const) {
      user.current = { id, username: id }
      rerender({ roomId })
      expect(result.current[0]).toBe('')
    }
  })

  it('[C19] follows what another tab has typed', () => {
    const { result } = switchable()
    act(() => result.current.setDraft('here'))
    const [key = ''] = Object.keys({ ...localStorage })
    localStorage.setItem(key, 'there')
    act(() => void globalThis.dispatchEvent(new StorageEvent('storage', { key })))
    expect(result.current.draft).toBe('there')
  })

  it('[C19] works where the browser refuses to store', () => {
    vi.stubGlobal('localStorage', {
      getItem: () => {
        throw new Error('denied')
      },
      setItem: () => {
        throw new Error('denied')
      },
    })
    const { result } = switchable()
    act(() => result.current.setDraft('kept'))
    act(() => result.current.setRoom('other'))
    act(() => result.current.setRoom(ROOM))
    expect(result.current.draft).toBe('kept')
  })
})
