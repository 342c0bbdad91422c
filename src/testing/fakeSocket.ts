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

export function createFakeSocket(url: string, protocols: readonly string[]): FakeSocket {
  const sent: SocketData[] = []
  let readyState = CONNECTING
  let closedWith: FakeSocket['closedWith']
  const end = (code: number, reason: string) => {
    if (readyState === CLOSED) return
    readyState = CLOSED
    socket.onclose?.({ code, reason })
  }
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
      return readyState
    },
    get sent() {
      return sent
    },
    get frames() {
      return sent.flatMap(decode)
    },
    get closedWith() {
      return closedWith
    },
    send: (data) => {
      if (readyState === CONNECTING) throw new Error('Still in CONNECTING state')
      if (readyState !== OPEN) return
      sent.push(data)
      // The other end hears of it later than the write returns, as over any network.
      queueMicrotask(() => socket.onClientMessage?.(data))
    },
    close: (code, reason) => {
      if (readyState >= CLOSING) return
      const before = readyState
      readyState = CLOSING
      closedWith = { code, reason }
      queueMicrotask(() => socket.onClientClose?.(code, reason))
      queueMicrotask(() => end(before === CONNECTING ? 1006 : (code ?? 1005), reason ?? ''))
    },
    accept: () => {
      if (readyState !== CONNECTING) return
      readyState = OPEN
      socket.onopen?.(undefined as never)
    },
    receive: (message) => {
      if (readyState !== OPEN) return
      const raw = typeof message === 'string' || message instanceof ArrayBuffer
      socket.onmessage?.({ data: raw ? message : JSON.stringify(message) })
    },
    drop: (code = 1006, reason = '') => {
      if (readyState === CONNECTING) socket.onerror?.(undefined as never)
      end(code, reason)
    },
  }
  return socket
}

function decode(data: SocketData): Record<string, unknown>[] {
  const parsed: Record<string, unknown> | Record<string, unknown>[] = JSON.parse(String(data))
  return Array.isArray(parsed) ? parsed : [parsed]
}
