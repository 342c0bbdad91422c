/** A bare socket to the Django server of a test run: frames in, frames out. Nothing of the library is in it. */
import { nanoid } from 'nanoid'
import { WebSocket } from 'ws'

interface RawFrame {
  readonly type: string
  readonly room_id?: string
  readonly reply_to?: string
  readonly seq?: number
  readonly epoch?: string
  readonly data?: Record<string, unknown>
  readonly message?: Record<string, unknown>
  readonly error?: { readonly code: string; readonly message: string; readonly retryable: boolean }
}

type Matches = (frame: RawFrame) => boolean

export interface RawSocket {
  /** Everything received so far, batches unpacked. */
  readonly frames: readonly RawFrame[]
  readonly opened: Promise<void>
  /** Resolves with the close code. */
  readonly closed: Promise<number>
  send(type: string, data?: object, id?: string): void
  sendText(text: string): void
  /** Resolves with the reply's data; rejects with the server's error code. */
  request(type: string, data?: object): Promise<Record<string, unknown>>
  /** The first frame that fits, of those received before or after the call. */
  first(matches: Matches): Promise<RawFrame>
  count(matches: Matches, count: number): Promise<readonly RawFrame[]>
  /** Resolves when everything sent before has been dealt with: the server handles a socket's frames in order. */
  settled(): Promise<void>
  close(): Promise<number>
}

const unclosed = new Set<RawSocket>()

/** For `afterEach`. */
export async function closeAll(): Promise<void> {
  await Promise.all([...unclosed].map((socket) => socket.close()))
  unclosed.clear()
}

const WAIT_MS = 10_000

const djangoUrl = (): string => {
  const url = process.env.DJANGO_URL
  if (url === undefined) throw new Error('DJANGO_URL is not set; run `npm run test:django`')
  return url
}

const httpUrl = () => djangoUrl().replace(/^ws/, 'http')

export async function tokenFor(user: string, ttlSeconds = 3600): Promise<string> {
  const response = await fetch(`${httpUrl()}/token?user=${user}&ttl=${ttlSeconds}`)
  const { token } = (await response.json()) as { token: string }
  return token
}

export const post = (path: string, body: object): Promise<Response> =>
  fetch(`${httpUrl()}${path}`, { method: 'POST', body: JSON.stringify(body) })

export const get = async (path: string, token: string): Promise<Record<string, unknown>> => {
  const response = await fetch(`${httpUrl()}${path}`, { headers: { authorization: `Bearer ${token}` } })
  return (await response.json()) as Record<string, unknown>
}

/** Someone who is nowhere else: other tests have the same three people online, and in other rooms. */
export const someone = (): string => `user-${nanoid(8)}`

/** A room of its own for each test, so that none sees another's messages. */
export async function createRoom(
  room: { members?: string[]; messages?: number; kind?: string } = {},
): Promise<string> {
  const id = `room-${nanoid()}`
  const response = await post('/demo/rooms', { id, ...room })
  if (!response.ok) throw new Error(`creating ${id}: ${response.status} ${await response.text()}`)
  return id
}

const within = <Result>(promise: Promise<Result>, describe: () => string): Promise<Result> => {
  let timer: NodeJS.Timeout | undefined
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${describe()} within ${WAIT_MS} ms`)), WAIT_MS)
  })
  return Promise.race([promise, deadline]).finally(() => clearTimeout(timer))
}

/** `path` on the server of the run, or the whole address of another one. */
export function connect(
  path: string,
  protocols: string[] = [],
  options: { readonly origin?: string } = {},
): RawSocket {
  const socket = new WebSocket(new URL(path, djangoUrl()), protocols, options)
  const frames: RawFrame[] = []
  const listeners = new Set<() => void>()
  socket.on('message', (bytes) => {
    const received: unknown = JSON.parse(bytes.toString())
    frames.push(...((Array.isArray(received) ? received : [received]) as RawFrame[]))
    for (const listener of [...listeners]) listener()
  })
  const opened = new Promise<void>((resolve, reject) => {
    socket.on('open', () => resolve())
    socket.on('error', reject)
  })
  // A test that expects the refusal awaits `closed` only.
  opened.catch(() => undefined)
  const closed = new Promise<number>((resolve) => {
    socket.on('close', (code) => resolve(code))
  })

  const until = <Result>(read: () => Result | undefined): Promise<Result> => {
    const seen = () => JSON.stringify(frames.slice(-5))
    const found = new Promise<Result>((resolve) => {
      const check = () => {
        const result = read()
        if (result === undefined) return
        listeners.delete(check)
        resolve(result)
      }
      listeners.add(check)
      check()
    })
    return within(found, () => `${path} did not get what was expected (last of ${frames.length}: ${seen()})`)
  }

  const sendText = (text: string) => socket.send(text)
  const send = (type: string, data: object = {}, id: string = nanoid()) =>
    sendText(JSON.stringify({ type, data, timestamp: new Date().toISOString(), id }))
  const first = (matches: Matches) => until(() => frames.find(matches))
  const raw: RawSocket = {
    frames,
    opened,
    closed,
    send,
    sendText,
    request: async (type, data) => {
      const id = nanoid()
      send(type, data, id)
      const { error, data: result } = await first((frame) => frame.reply_to === id)
      if (error) throw new Error(error.code)
      return result ?? {}
    },
    first,
    count: (matches, count) =>
      until(() => {
        const found = frames.filter(matches)
        return found.length >= count ? found : undefined
      }),
    settled: async () => {
      const timestamp = nanoid()
      send('ping', { timestamp })
      await first((frame) => frame.type === 'pong' && frame.data?.timestamp === timestamp)
    },
    close: () => {
      socket.close()
      return closed
    },
  }
  unclosed.add(raw)
  return raw
}

/** Connected, authenticated, and welcomed where the level has a welcome. */
export async function join(user: string, path: string): Promise<RawSocket> {
  const socket = connect(`${path}?token=${await tokenFor(user)}`)
  await socket.opened
  if (path.startsWith('/ws/chat/')) await socket.settled()
  else await socket.first(isType('welcome'))
  return socket
}

export const isType =
  (type: string): Matches =>
  (frame) =>
    frame.type === type

/** What a message frame says. */
export const says =
  (content: string): Matches =>
  (frame) =>
    frame.message?.content === content

export const idsOf = (page: Record<string, unknown>): number[] =>
  (page.messages as { id: number }[]).map(({ id }) => id)

export const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index)
