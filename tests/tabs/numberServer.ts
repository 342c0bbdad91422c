/** A small server of level 3 with one channel: it numbers what is said, answers a repeated frame as before, and forgets nothing. */
import type { FakeSocket } from '../../src/testing/fakeSocket.ts'

export type ServerSocket = Pick<
  FakeSocket,
  'url' | 'accept' | 'receive' | 'drop' | 'onClientMessage' | 'onClientClose'
>

interface Frame {
  readonly type: string
  readonly id: string
  readonly data: Readonly<Record<string, unknown>>
}

interface Client {
  readonly socket: ServerSocket
  isSubscribed: boolean
}

const EPOCH = 'e1'

export function createNumberServer() {
  const log: string[] = []
  const answers = new Map<string, unknown>()
  const clients = new Map<ServerSocket, Client>()
  const server = {
    log,
    /** Every frame with an id, as often as it came, and of which type it was. */
    frames: new Map<string, number>(),
    typeOf: new Map<string, string>(),
    types: [] as string[],
    notes: [] as string[],
    /** URLs of all connections there ever were. */
    seen: [] as string[],
    /** Does its work and answers nothing. */
    isSilent: false,
    /** In its pongs. */
    tellsHeads: true,
    open: () => [...clients.keys()],
    say,
    accept,
    /** All connections end. */
    restart() {
      for (const socket of [...clients.keys()]) {
        clients.delete(socket)
        socket.drop(1012, '')
      }
    },
  }

  const eventOf = (seq: number) => ({
    type: 'said',
    room_id: 1,
    seq,
    epoch: EPOCH,
    data: { text: log[seq - 1] },
  })

  function say(text: string): void {
    const seq = log.push(text)
    for (const { socket, isSubscribed } of clients.values()) if (isSubscribed) socket.receive(eventOf(seq))
  }

  function answer(client: Client, { type, id, data }: Frame): unknown {
    const place = { seq: log.length, epoch: EPOCH }
    switch (type) {
      case 'subscribe_room':
        client.isSubscribed = true
        return place
      case 'unsubscribe_room':
        client.isSubscribed = false
        return {}
      case 'sync': {
        const { seq = 0 } = (data.rooms as Record<string, { seq?: number }>)['1'] ?? {}
        const events = log.slice(seq).map((_, at) => eventOf(seq + at + 1))
        return { rooms: { 1: { events, complete: true, ...place } } }
      }
      case 'get_all':
        return { rows: [...log], as_of: log.length, epoch: EPOCH }
      case 'note':
        server.notes.push(String(data.text))
        return {}
      case 'say':
      case 'poke':
        if (!answers.has(id)) {
          answers.set(id, { seq: log.length + 1 })
          say(String(data.text))
        }
        return answers.get(id)
      default:
        return {}
    }
  }

  function take(client: Client, frame: Frame): void {
    const { socket } = client
    const { type, id } = frame
    const heads = server.tellsHeads ? { 1: { seq: log.length, epoch: EPOCH } } : undefined
    if (type === 'ping') return socket.receive({ type: 'pong', data: { ...frame.data, heads } })
    server.types.push(type)
    server.frames.set(id, (server.frames.get(id) ?? 0) + 1)
    server.typeOf.set(id, type)
    if (type === 'never') return
    if (type === 'poison') return end(socket, 1011)
    if (type === 'refuse')
      return socket.receive({ type: 'error', reply_to: id, error: { code: 'no', message: 'no' } })
    const data = answer(client, frame)
    if (!server.isSilent) socket.receive({ type: 'response', reply_to: id, data })
  }

  function end(socket: ServerSocket, code: number): void {
    clients.delete(socket)
    socket.drop(code, '')
  }

  function accept(socket: ServerSocket): void {
    const client: Client = { socket, isSubscribed: false }
    socket.onClientMessage = (data) => {
      if (clients.get(socket) !== client) return
      for (const frame of [JSON.parse(String(data))].flat()) take(client, frame)
    }
    socket.onClientClose = () => clients.delete(socket)
    socket.accept()
    clients.set(socket, client)
    const connection_id = String(server.seen.push(socket.url) - 1)
    const welcome = {
      connection_id,
      user: { id: userOf(socket.url) },
      level: 3,
      heads: server.tellsHeads,
      batch: true,
    }
    socket.receive({ type: 'welcome', data: welcome })
  }

  return server
}

function userOf(url: string): string {
  const [, claims] = (new URL(url).searchParams.get('token') ?? '').split('.')
  return claims ? String(JSON.parse(Buffer.from(claims, 'base64url').toString()).sub) : 'u1'
}
