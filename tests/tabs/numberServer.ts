/** A small server of level 3 with one channel: it numbers what is said, answers a repeated frame as before, and forgets nothing. */
import type { FakeSocket } from '../../src/testing/fakeSocket.ts'

interface Frame {
  readonly type: string
  readonly id: string
  readonly data: Readonly<Record<string, unknown>>
}

interface Client {
  readonly socket: FakeSocket
  isSubscribed: boolean
}

export interface NumberServer {
  readonly log: readonly string[]
  /** Every frame with an id, as often as it came. */
  readonly frames: ReadonlyMap<string, number>
  open(): readonly FakeSocket[]
  accept(socket: FakeSocket): void
  say(text: string): void
  /** All connections end. */
  restart(): void
  /** As whom a connection was let in, by the token in its URL. */
  readonly seen: string[]
}

export function createNumberServer(user: (socket: FakeSocket) => string = () => 'u1'): NumberServer {
  const log: string[] = []
  const frames = new Map<string, number>()
  const answers = new Map<string, unknown>()
  const clients = new Map<FakeSocket, Client>()
  const seen: string[] = []

  function say(text: string): void {
    log.push(text)
    const event = { type: 'said', room_id: 1, seq: log.length, epoch: 'e1', data: { text } }
    for (const { socket, isSubscribed } of clients.values()) if (isSubscribed) socket.receive(event)
  }

  function answer(client: Client, { type, id, data }: Frame): unknown {
    const place = { seq: log.length, epoch: 'e1' }
    switch (type) {
      case 'subscribe_room':
        client.isSubscribed = true
        return place
      case 'unsubscribe_room':
        client.isSubscribed = false
        return {}
      case 'sync': {
        const { seq = 0 } = (data.rooms as Record<string, { seq?: number }>)['1'] ?? {}
        const events = log.slice(seq).map((text, at) => ({
          type: 'said',
          room_id: 1,
          seq: seq + at + 1,
          epoch: 'e1',
          data: { text },
        }))
        return { rooms: { 1: { events, complete: true, ...place } } }
      }
      case 'get_all':
        return { rows: [...log], as_of: log.length, epoch: 'e1' }
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
    if (frame.type === 'ping')
      return socket.receive({
        type: 'pong',
        data: { ...frame.data, heads: { 1: { seq: log.length, epoch: 'e1' } } },
      })
    frames.set(frame.id, (frames.get(frame.id) ?? 0) + 1)
    const isNew = (frame.type === 'say' || frame.type === 'poke') && !answers.has(frame.id)
    const data = answer(client, frame)
    void isNew
    socket.receive({ type: 'response', reply_to: frame.id, data })
  }

  return {
    log,
    frames,
    seen,
    open: () => [...clients.keys()],
    say,
    accept(socket) {
      const client: Client = { socket, isSubscribed: false }
      const id = user(socket)
      seen.push(id)
      socket.onClientMessage = (data) => {
        if (clients.get(socket) === client)
          for (const frame of [JSON.parse(String(data))].flat()) take(client, frame)
      }
      socket.onClientClose = () => clients.delete(socket)
      socket.accept()
      clients.set(socket, client)
      socket.receive({
        type: 'welcome',
        data: { connection_id: String(clients.size), user: { id }, level: 3, heads: true, batch: true },
      })
    },
    restart() {
      for (const socket of [...clients.keys()]) {
        clients.delete(socket)
        socket.drop(1012, '')
      }
    },
  }
}
