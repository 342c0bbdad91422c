/** Opens one connection, or says why there is none. */
import type { WebSocket as Socket } from 'ws'
import { setTimer } from '../environment.ts'
import type { Address } from './address.ts'
import { type DialFailure, readFailure, readRefusal } from './dialFailure.ts'
import { importWs } from './importWs.ts'
import { createInbox, type Inbox } from './inbox.ts'
import { type ReadMessage, readMessage } from './readMessage.ts'

export interface Connection {
  readonly inbox: Inbox
  /** The subprotocol that the server has chosen; '' for none. */
  readonly protocol: string
  sendText(text: string): void
  close(): void
}

export type Dialled = { readonly connection: Connection } | { readonly failure: DialFailure }

export interface DialOptions {
  readonly timeoutMs: number
  /** Each message, as it is heard. */
  readonly onMessage: (message: ReadMessage) => void
}

/** More than any server should send in one piece. */
const MAX_BYTES = 64 * 1024 * 1024

export async function dial(address: Address, options: DialOptions): Promise<Dialled> {
  const { WebSocket } = await importWs()
  const socket = new WebSocket(address.url, [...address.protocols], {
    handshakeTimeout: options.timeoutMs,
    maxPayload: MAX_BYTES,
  })
  // From the beginning: what comes right behind the handshake must not be missed.
  const inbox = listen(socket, options.onMessage)
  const failure = await outcomeOf(socket, options.timeoutMs)
  if (failure) {
    socket.on('error', () => undefined)
    socket.terminate()
    return { failure }
  }
  return { connection: connectionOn(socket, inbox) }
}

function listen(socket: Socket, onMessage: DialOptions['onMessage']): Inbox {
  const inbox = createInbox()
  socket.on('message', (data) => {
    const message = readMessage(String(data))
    onMessage(message)
    inbox.push(message.frames)
  })
  socket.on('close', (code, reason) => inbox.end({ code, reason: String(reason) }))
  // `close` follows, and says it.
  socket.on('error', () => undefined)
  return inbox
}

const LATE = 'the handshake was not answered in time'

function outcomeOf(socket: Socket, timeoutMs: number): Promise<DialFailure | undefined> {
  return new Promise((resolve) => {
    const cancel = setTimer(() => resolve({ kind: 'timeout', words: LATE }), timeoutMs + 500)
    const settle = (failure?: DialFailure) => {
      cancel()
      resolve(failure)
    }
    socket.once('open', () => settle())
    socket.once('unexpected-response', (_request, response) => void readRefusal(response).then(settle))
    socket.once('error', (error) =>
      settle(/timed out/.test(error.message) ? { kind: 'timeout', words: LATE } : readFailure(error)),
    )
  })
}

function connectionOn(socket: Socket, inbox: Inbox): Connection {
  return {
    inbox,
    protocol: socket.protocol,
    // The callback takes what goes wrong with a socket that is closing: `close` follows.
    sendText: (text) => socket.send(text, () => undefined),
    close: () => {
      socket.close(1000)
      // Whoever does not answer the goodbye is not waited for.
      const cancel = setTimer(() => socket.terminate(), 1000)
      socket.once('close', cancel)
    },
  }
}
