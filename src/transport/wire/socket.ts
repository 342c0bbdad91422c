/** One socket from dial to end. Nothing is heard from it once it is closed. */
import type { DialOrigin, Environment, SocketData } from '../environment.ts'

export interface WireSocket {
  /** False from the first sign of its end, which is earlier than `onClose`: what is written then is lost. */
  isOpen(): boolean
  write(data: SocketData): void
  bufferedBytes(): number
  /** Detaches at once. Waiting for `onclose` of a dead peer would take the close handshake's 30 s. */
  close(): void
}

export interface SocketHandlers {
  onOpen(): void
  onMessage(data: unknown): void
  onClose(code: number, reason: string): void
}

export interface Dial {
  readonly url: string
  readonly protocols: readonly string[]
}

export function addQuery(url: string, query: string): string {
  const separator = url.includes('?') ? '&' : '?'
  return url + (/[?&]$/.test(url) ? '' : separator) + query
}

const CONNECTING = 0
const OPEN = 1

export function openSocket(
  environment: Environment,
  { url, protocols, origin }: Dial & { readonly origin?: DialOrigin },
  handlers: SocketHandlers,
): WireSocket {
  const socket = environment.createSocket(url, protocols, origin)
  socket.binaryType = 'arraybuffer'
  const detach = () => {
    socket.onopen = socket.onmessage = socket.onclose = null
    // `ws` throws what nobody listens to.
    socket.onerror = () => undefined
  }
  detach()
  socket.onopen = () => handlers.onOpen()
  socket.onmessage = (event) => handlers.onMessage(event.data)
  socket.onclose = ({ code, reason }) => {
    detach()
    handlers.onClose(code, reason)
  }
  const isOpen = () => socket.readyState === OPEN
  return {
    isOpen,
    write: (data) => {
      if (isOpen()) socket.send(data)
    },
    bufferedBytes: () => socket.bufferedAmount,
    close: () => {
      detach()
      // Closing a socket that is still connecting breaks later ones in Safari (rails #44304).
      if (socket.readyState === CONNECTING) socket.onopen = () => socket.close(1000)
      else socket.close(1000)
    },
  }
}
