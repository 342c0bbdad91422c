/** What a connection takes for its socket, wherever the real one is. */
import type { Environment, Socket, SocketData } from '../transport/index.ts'
import { messagesIn } from './parcel.ts'
import type { Told, Wanted, Written } from './wire.ts'

/** The way to the real one. */
export interface Link {
  /** The term of the tab that has it; `undefined`: this tab alone. */
  readonly term: string | undefined
  write(written: Written): void
  close(): void
  bufferedBytes(): number
}

export interface TabSocket {
  readonly id: string
  readonly wanted: Wanted
  readonly socket: Socket
  link: Link | undefined
  hear(told: Told): void
}

const CONNECTING = 0
const OPEN = 1
const CLOSED = 3

export function createTabSocket(id: string, wanted: Wanted, onEnd: (ended: TabSocket) => void): TabSocket {
  let readyState = CONNECTING
  const end = () => {
    if (readyState === CLOSED) return false
    readyState = CLOSED
    onEnd(tab)
    return true
  }
  const socket: Socket = {
    get readyState() {
      return readyState
    },
    get bufferedAmount() {
      return tab.link?.bufferedBytes() ?? 0
    },
    binaryType: 'arraybuffer',
    onopen: null,
    onmessage: null,
    onclose: null,
    onerror: null,
    send(data: SocketData) {
      for (const written of messagesIn(data)) tab.link?.write(written)
    },
    close() {
      const { link } = tab
      if (end()) link?.close()
    },
  }
  const tab: TabSocket = {
    id,
    wanted,
    socket,
    link: undefined,
    hear(told) {
      if (readyState === CLOSED) return
      if (told.type === 'opened') readyState = OPEN
      if (told.type !== 'closed' || end()) pass(socket, told)
    },
  }
  return tab
}

function pass({ onopen, onmessage, onclose }: Socket, told: Told): void {
  switch (told.type) {
    case 'opened':
      return onopen?.(undefined as never)
    case 'data':
      return onmessage?.(told)
    case 'frames':
      return onmessage?.({ data: told })
    case 'closed':
      onclose?.(told)
  }
}

/** Its socket is this tab's own, as without sharing. */
export function dialAlone(tab: TabSocket, environment: Environment): void {
  const { url, protocols } = tab.wanted
  const real = environment.createSocket(url, protocols)
  real.binaryType = 'arraybuffer'
  tab.link = {
    term: undefined,
    write: ({ data }) => real.send(data),
    bufferedBytes: () => real.bufferedAmount,
    close: () => closeSocket(real),
  }
  real.onopen = () => tab.hear({ type: 'opened' })
  real.onmessage = ({ data }) => tab.hear({ type: 'data', data })
  real.onclose = ({ code, reason }) => tab.hear({ type: 'closed', code, reason })
}

/** Nothing is heard from it any more. */
export function closeSocket(real: Socket): void {
  real.onopen = real.onmessage = real.onclose = null
  // `ws` throws what nobody listens to.
  real.onerror = () => undefined
  // Closing a socket that is still connecting breaks later ones in Safari (rails #44304).
  if (real.readyState === CONNECTING) real.onopen = () => real.close(1000)
  else real.close(1000)
}
