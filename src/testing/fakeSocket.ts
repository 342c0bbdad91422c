/** A socket whose other end is the test. Closing is answered in a microtask, as a server in the next room would. */
import type { Socket, SocketData } from '../transport/environment.ts'

const CONNECTING = 0
const OPEN = 1
const CLOSING = 2
const CLOSED = 3

/** The client's socket, with the server's end as methods. */
export interface FakeSocket extends Socket {
  readonly url: string
  readonly protocols: readonly string[]
  readonly readyState: number
  bufferedAmount: number
  /** Raw messages written by the client, oldest first. */
  readonly sent: readonly SocketData[]
  /** The same, decoded from JSON, arrays flattened. */
  readonly frames: readonly Record<string, unknown>[]
  /** What the client passed to `close()`. */
  readonly closedWith: { readonly code: number | undefined; readonly reason: string | undefined } | undefined
  /** Called for every message the client writes. */
  onClientMessage: ((data: SocketData) => void) | undefined
  /** Called when the client closes. */
  onClientClose: ((code: number | undefined, reason: string | undefined) => void) | undefined
  /** Answers the handshake. */
  accept(): void
  /** Delivers one message to the client; anything but text and bytes is sent as JSON. */
  receive(message: unknown): void
  /** Ends the socket from the other side: a close frame, or the network (1006). */
  drop(code?: number, reason?: string): void
}

interface Closed {
  readonly code: number
  readonly reason: string
}

/** What only the socket itself writes. */
interface State {
  readyState: number
  readonly sent: SocketData[]
  closedWith: FakeSocket['closedWith']
}

export function createFakeSocket(url: string, protocols: readonly string[]): FakeSocket {
  const state: State = { readyState: CONNECTING, sent: [], closedWith: undefined }
  const socket: FakeSocket = {
    url,
    protocols,
    bufferedAmount: 0,
    binaryType: 'blob',
    onopen: null,
    onmessage: null,
    onclose: null,
    onerror: null,
    onClientMessage: undefined,
    onClientClose: undefined,
    get readyState() {
      return state.readyState
    },
    get sent() {
      return state.sent
    },
    get frames() {
      return state.sent.flatMap(decode)
    },
    get closedWith() {
      return state.closedWith
    },
    send: (data) => send(socket, state, data),
    close: (code, reason) => close(socket, state, { code, reason }),
    accept: () => accept(socket, state),
    receive: (message) => receive(socket, message),
    drop: (code = 1006, reason = '') => drop(socket, state, { code, reason }),
  }
  return socket
}

function send(socket: FakeSocket, state: State, data: SocketData): void {
  if (state.readyState === CONNECTING) throw new Error('Still in CONNECTING state')
  if (state.readyState !== OPEN) return
  state.sent.push(data)
  // The other end hears of it later than the write returns, as over any network.
  queueMicrotask(() => socket.onClientMessage?.(data))
}

function close(socket: FakeSocket, state: State, closing: NonNullable<FakeSocket['closedWith']>): void {
  if (state.readyState >= CLOSING) return
  const { code, reason = '' } = closing
  const answered = state.readyState === CONNECTING ? 1006 : (code ?? 1005)
  state.readyState = CLOSING
  state.closedWith = closing
  queueMicrotask(() => socket.onClientClose?.(code, closing.reason))
  queueMicrotask(() => end(socket, state, { code: answered, reason }))
}

function accept(socket: FakeSocket, state: State): void {
  if (state.readyState !== CONNECTING) return
  state.readyState = OPEN
  socket.onopen?.(undefined as never)
}

function receive(socket: FakeSocket, message: unknown): void {
  if (socket.readyState !== OPEN) return
  const isRaw = typeof message === 'string' || message instanceof ArrayBuffer
  socket.onmessage?.({ data: isRaw ? message : JSON.stringify(message) })
}

function drop(socket: FakeSocket, state: State, closed: Closed): void {
  if (state.readyState === CONNECTING) socket.onerror?.(undefined as never)
  end(socket, state, closed)
}

function end(socket: FakeSocket, state: State, closed: Closed): void {
  if (state.readyState === CLOSED) return
  state.readyState = CLOSED
  socket.onclose?.(closed)
}

function decode(data: SocketData): Record<string, unknown>[] {
  const parsed: Record<string, unknown> | Record<string, unknown>[] = JSON.parse(String(data))
  return Array.isArray(parsed) ? parsed : [parsed]
}
