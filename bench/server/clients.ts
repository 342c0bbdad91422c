/** A process full of sockets, so that what they cost is not counted as the server's. Does what its parent says. */
import process from 'node:process'
import { type RawData, WebSocket } from 'ws'
import { type Connect, type Speech, speechOf } from './speech.ts'

export type Command =
  /** Dials so many at once; done when each is there. */
  | Connect
  /** Done when so many events have come to all of them together. */
  | { readonly type: 'expect'; readonly messages: number }
  | { readonly type: 'close' }

export interface Done {
  readonly ms: number
  /** Milliseconds from an event's `at` until it was here, of all that were counted. */
  readonly delays: readonly number[]
}

const now = () => performance.timeOrigin + performance.now()
const AT = /"at":([\d.]+)/
const ARRAY = '['.charCodeAt(0)
/** Every which message is looked into for its age. */
const SAMPLE = 7

let sockets: WebSocket[] = []
let received = 0
/** Its heartbeats have to be answered, and where it stands is in its events. */
let hasToHear = false
let delays: number[] = []
let onReceived = () => {}

/** The kit sends what is published at once in one message. */
const eventsIn = (data: RawData) =>
  Buffer.isBuffer(data) && data[0] === ARRAY ? (JSON.parse(String(data)) as unknown[]).length : 1

function listen(socket: WebSocket, { hear }: Speech): void {
  socket.on('message', (data) => {
    // Not for every one: it takes longer than a server needs to send it.
    const text = received % SAMPLE === 0 || hasToHear ? String(data) : ''
    const heard = text && hear(text)
    if (typeof heard === 'object') return socket.send(heard.reply)
    const before = received
    received += eventsIn(data)
    const at = AT.exec(text)?.[1]
    if (at !== undefined && before % SAMPLE === 0) delays.push(now() - Number(at))
    onReceived()
  })
}

const dial = (speech: Speech) =>
  new Promise<WebSocket>((resolve, reject) => {
    const socket = new WebSocket(speech.url, { perMessageDeflate: false })
    const onMessage = (data: unknown) => {
      try {
        const heard = speech.hear(String(data))
        if (typeof heard === 'object') socket.send(heard.reply)
        if (heard !== 'there') return
        socket.off('message', onMessage)
        listen(socket, speech)
        resolve(socket)
      } catch (error) {
        reject(error)
      }
    }
    socket.on('open', () => speech.opening !== undefined && socket.send(speech.opening))
    socket.on('message', onMessage)
    socket.on('error', reject)
    socket.on('close', (code) => reject(new Error(`closed with ${code}`)))
  })

const work: { [T in Command['type']]: (command: Extract<Command, { type: T }>) => Promise<void> } = {
  connect: async (command) => {
    hasToHear = command.speaks === 'socket.io'
    sockets = await Promise.all(
      Array.from({ length: command.count }, (_, user) => dial(speechOf(command, user))),
    )
  },
  expect: ({ messages }) => {
    received = 0
    delays = []
    process.send?.('ready')
    return new Promise((resolve) => {
      onReceived = () => received >= messages && resolve()
    })
  },
  close: async () => {
    for (const socket of sockets.splice(0)) socket.terminate()
  },
}

process.on('message', async (command: Command) => {
  const startedAt = now()
  await work[command.type](command as never)
  process.send?.({ ms: now() - startedAt, delays } satisfies Done)
})
