/** What the server has stored, read over a bare socket: nothing of the library is in it. */
import { WebSocket } from 'ws'
import type { Stack } from './stack.ts'

export interface StoredMessage {
  readonly id: string
  readonly content: string
  readonly sender: string
}

export interface Truth {
  readonly messages: ReadonlyMap<string, readonly StoredMessage[]>
  /** By user, then by room. */
  readonly rooms: ReadonlyMap<
    string,
    ReadonlyMap<string, { readonly unread: number; readonly last: string | undefined }>
  >
}

const PATIENCE_MS = 15_000

interface Reply {
  readonly type: string
  readonly reply_to?: string
  readonly data?: Readonly<Record<string, unknown>>
  readonly error?: unknown
}

type Ask = (type: string, data: object) => Promise<Readonly<Record<string, unknown>>>

/** A bare socket, for as long as the work takes. */
export async function asking<Result>(url: string, work: (ask: Ask) => Promise<Result>): Promise<Result> {
  const socket = new WebSocket(url)
  const waiting = new Map<string, (reply: Reply) => void>()
  let count = 0
  socket.on('message', (text) => {
    for (const frame of [JSON.parse(String(text)) as Reply | Reply[]].flat())
      if (frame.reply_to !== undefined) waiting.get(String(frame.reply_to))?.(frame)
  })
  try {
    await new Promise((resolve, reject) => {
      socket.once('open', resolve)
      socket.once('error', reject)
    })
    return await work(
      (type, data) =>
        new Promise((resolve, reject) => {
          const id = `truth-${++count}-${Math.random().toString(36).slice(2)}`
          const timer = setTimeout(() => reject(new Error(`${type} was not answered`)), PATIENCE_MS)
          waiting.set(id, ({ error, data: result = {} }) => {
            clearTimeout(timer)
            if (error === undefined) resolve(result)
            else reject(new Error(`${type}: ${JSON.stringify(error)}`))
          })
          socket.send(JSON.stringify({ type, id, data }))
        }),
    )
  } finally {
    socket.terminate()
  }
}

interface WireMessage {
  readonly id: unknown
  readonly content: string
  readonly sender: { readonly username: string }
}

async function historyOf(ask: Ask, roomId: string): Promise<StoredMessage[]> {
  const all: StoredMessage[] = []
  for (let before: unknown; ; ) {
    const page = await ask('get_history', {
      room_id: roomId,
      limit: 200,
      ...(before === undefined ? {} : { before }),
    })
    const messages = page.messages as readonly WireMessage[]
    all.unshift(
      ...messages.map(({ id, content, sender }) => ({ id: String(id), content, sender: sender.username })),
    )
    if (page.has_older !== true) return all
    before = messages[0]?.id
  }
}

interface WireRoom {
  readonly id: unknown
  readonly unread_count: number
  readonly last_message?: { readonly id: unknown }
}

async function roomsOf(ask: Ask) {
  const rooms = (await ask('get_rooms', { limit: 200 })).rooms as readonly WireRoom[]
  return new Map(
    rooms.map((room) => [
      String(room.id),
      { unread: room.unread_count, last: room.last_message ? String(room.last_message.id) : undefined },
    ]),
  )
}

/** `members`: who reads each room's messages, and whose lists are read. */
export async function readTruth(
  stack: Stack,
  { readers, users }: { readonly readers: ReadonlyMap<string, string>; readonly users: readonly string[] },
): Promise<Truth> {
  const [worker] = stack.workers
  const as = async <Result>(user: string, work: (ask: Ask) => Promise<Result>) =>
    asking(`${worker?.url}${stack.endpoint}?token=${await stack.token(user)}`, work)
  const messages = new Map<string, readonly StoredMessage[]>()
  for (const [roomId, user] of readers) messages.set(roomId, await as(user, (ask) => historyOf(ask, roomId)))
  const rooms: [string, Awaited<ReturnType<typeof roomsOf>>][] = []
  for (const user of users) rooms.push([user, await as(user, roomsOf)])
  return { messages, rooms: new Map(rooms) }
}
