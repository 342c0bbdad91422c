/** A back end that answers nothing: what it takes to know one's own messages when they come back. */
import { afterEach, describe, expect, it } from 'vitest'
import { keyOf } from '../../src/chat/index.ts'
import { createWorld, ROOM, type WindowOptions, type World } from './kit.ts'

let world: World
afterEach(() => world.close())

async function start(options: WindowOptions = {}) {
  world = createWorld({ level: 0 })
  const alice = world.open('alice', { endpoint: undefined, level: 0, ...options })
  await world.pass()
  return alice
}

const trimmed = (frame: unknown) => JSON.stringify(frame).replace(/"content":"\s*(.*?)\s*"/, '"content":"$1"')

describe('at level 0 one’s own message', () => {
  it('[C51] is one row, also of two with the same text', async () => {
    const alice = await start()
    await Promise.all([alice.send('ok'), alice.send('ok'), world.pass(0)])
    const keys = alice.rows().map(({ local, client_id }) => local?.key ?? client_id)
    await world.pass()
    expect(alice.rows()).toMatchObject([
      { content: 'ok', id: 'm00000001', client_id: keys[0] },
      { content: 'ok', id: 'm00000002', client_id: keys[1] },
    ])
    expect(alice.rows().some(({ local }) => local)).toBe(false)
  })

  it('[C51] is recognised when the server has trimmed it', async () => {
    const alice = await start()
    const socket = world.socket()
    const { onmessage } = socket
    socket.onmessage = ({ data }) => onmessage?.({ data: trimmed(JSON.parse(String(data))) } as never)
    await Promise.all([alice.send('  indented '), world.pass()])
    expect(alice.rows()).toMatchObject([{ content: 'indented', id: 'm00000001' }])
  })

  it.each([
    ['escapes', '1 < 2 & 3', (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')],
    ['takes line ends from', 'a\r\nb', (text: string) => text.replaceAll('\r\n', '\n')],
    ['composes', 'Cafe\u0301', (text: string) => text.normalize('NFC')],
    ['collapses', 'two  spaces', (text: string) => text.replace(/\s+/g, ' ')],
    ['masks', 'darn it', (text: string) => text.replace('darn', '****')],
  ])('[C88] is one row where the server %s the text', async (_name, text, rewrite) => {
    const alice = await start()
    const socket = world.socket()
    const { onmessage } = socket
    socket.onmessage = ({ data }) => {
      const frame = JSON.parse(String(data))
      if (frame.message) frame.message.content = rewrite(frame.message.content)
      onmessage?.({ data: JSON.stringify(frame) })
    }
    await Promise.all([alice.send('plain'), alice.send(text), alice.send('last'), world.pass()])
    expect(alice.texts()).toEqual(['plain', rewrite(text), 'last'])
    expect(alice.rows().some(({ local }) => local)).toBe(false)
  })

  it('[C88] does not take what another window of the same user, or somebody else, has sent', async () => {
    const alice = await start()
    world.socket().onClientMessage = undefined
    const sending = [alice.send('first'), alice.send('second')].map((each) => each.catch(() => undefined))
    await world.pass(50)
    const echo = (id: string, content: string, sender = 'alice') =>
      world.socket().receive({
        type: 'chat_message',
        message: {
          id,
          room_id: ROOM,
          content,
          sender: { id: sender, username: sender },
          timestamp: new Date(world.environment.wallNow()).toISOString(),
        },
      })
    echo('m1', 'other', 'bob')
    echo('m2', 'second')
    await world.pass(50)
    const shown = () => alice.rows().map(({ id, content, local }) => `${local ? '…' : id} ${content}`)
    expect(shown()).toEqual(['m1 other', 'm2 second', '… first'])
    echo('m3', 'from the phone')
    echo('m4', 'f*rst')
    await world.pass(50)
    // Each message once, whichever of them the row became.
    expect(shown()).toEqual(['m1 other', 'm2 second', 'm3 from the phone', 'm4 f*rst'])
    world.socket().drop()
    await world.pass(20_000)
    await Promise.all(sending)
  })

  it('[C88] is not reported as sent because another one was taken for it', async () => {
    const alice = await start()
    world.socket().onClientMessage = undefined
    const sending = alice.send('first').then(
      () => 'sent',
      (error: { code: string }) => error.code,
    )
    await world.pass(50)
    world.server.inject(ROOM, { sender: 'alice', content: 'from the phone' })
    await world.pass(50)
    expect(alice.texts()).toEqual(['from the phone'])
    world.socket().drop()
    await world.pass(20_000)
    expect(await sending).toBe('connection_lost')
    expect(alice.rows()).toMatchObject([
      { content: 'from the phone', id: 'm00000001' },
      { content: 'first', local: { status: 'failed' } },
    ])
  })

  it('[C88] is one row when it comes after another one was taken for it, also where it fails', async () => {
    const alice = await start()
    const socket = world.socket()
    const { onClientMessage } = socket
    const onTheirWay: string[] = []
    socket.onClientMessage = (data) => void onTheirWay.push(String(data))
    const sending = ['first', 'second'].map((text) => alice.send(text).catch(() => undefined))
    await world.pass(50)
    world.server.inject(ROOM, { sender: 'alice', content: 'from the phone' })
    await world.pass(50)
    for (const data of onTheirWay) if (!data.includes('"ping"')) onClientMessage?.(data)
    await world.pass(50)
    expect(alice.texts()).toEqual(['from the phone', 'first', 'second'])
    socket.drop()
    await world.pass(20_000)
    await Promise.all(sending)
    expect(alice.rows().map(({ content, local }) => [content, local?.status])).toEqual([
      ['from the phone', undefined],
      ['first', undefined],
      ['second', undefined],
    ])
  })

  it('[C51] is recognised where it is not known who one is', async () => {
    const alice = await start({ tokenManager: { getAccessToken: () => 'alice' } })
    expect(alice.chat.currentUser()).toBeUndefined()
    const sending = alice.send('hello')
    const pending = alice.rows().map(keyOf)
    await Promise.all([sending, world.pass()])
    expect(alice.rows()).toMatchObject([{ content: 'hello', sender: { id: 'alice' } }])
    expect(alice.rows().map(keyOf)).toEqual(pending)
  })
})

it('[C44] orders messages also by times that are no ISO 8601', async () => {
  const alice = await start()
  for (const [id, timestamp] of Object.entries({ d: '10:30', a: '10:31', c: '10:33', b: '10:32' })) {
    const sender = { id: 'bob', username: 'bob' }
    const message = { id, room_id: ROOM, sender, content: timestamp, timestamp }
    world.socket().receive({ type: 'chat_message', message })
    await world.pass()
  }
  expect(alice.texts()).toEqual(['10:30', '10:31', '10:32', '10:33'])
})

it('[C6] at level 0 refuses at once what needs an answer, and shows none of it', async () => {
  const alice = await start()
  await Promise.all([alice.send('hello'), world.pass()])
  const { chat, queryClient } = alice
  const message_id = alice.ids()[0] ?? ''
  const room = { roomId: ROOM }
  for (const run of [
    () => chat.editMessage.start(queryClient, { message_id, content: 'changed' }, room),
    () => chat.deleteMessage.start(queryClient, { message_id }, room),
    () => chat.react.start(queryClient, { message_id, reaction: '👍' }, room),
    () => chat.markUnread.start(queryClient, { message_id }, room),
  ]) {
    await expect(run()).rejects.toMatchObject({ code: 'rejected', reason: 'unsupported' })
    expect(alice.texts()).toEqual(['hello'])
  }
})
