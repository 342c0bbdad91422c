/** A process full of sockets, so that what they cost is not counted as the server's. Does what its parent says. */
import process from 'node:process'
import { WebSocket } from 'ws'

/** Dials so many at once; done when each has the answer to its `frame`, which has `answer` in it. */
interface Connect {
  readonly type: 'connect'
  readonly count: number
  readonly url: string
  readonly frame: string
  readonly answer?: string
}

export type Command =
  | Connect
  /** Done when so many messages have come to all of them together. */
  | { readonly type: 'expect'; readonly messages: number }
  | { readonly type: 'close' }

export interface Done {
  readonly ms: number
  /** Milliseconds from an event's `at` until it was here, of all that were counted. */
  readonly delays: readonly number[]
}

const now = () => performance.timeOrigin + performance.now()
const AT = /"at":([\d.]+)/
/** Every which message is looked into for its age. */
const SAMPLE = 7

let sockets: WebSocket[] = []
let received = 0
let delays: number[] = []
let onReceived = () => {}

function listen(socket: WebSocket): void {
  socket.on('message', (data) => {
    received++
    if (received % SAMPLE === 0) {
      const at = AT.exec(String(data))?.[1]
      if (at !== undefined) delays.push(now() - Number(at))
    }
    onReceived()
  })
}

const dial = (url: string, { frame, answer = '' }: Connect) =>
  new Promise<WebSocket>((resolve, reject) => {
    const socket = new WebSocket(url, { perMessageDeflate: false })
    const onMessage = (data: unknown) => {
      if (!String(data).includes('"reply_to"')) return
      if (!String(data).includes(answer)) return reject(new Error(`not the answer: ${data}`))
      socket.off('message', onMessage)
      listen(socket)
      resolve(socket)
    }
    socket.on('open', () => socket.send(frame))
    socket.on('message', onMessage)
    socket.on('error', reject)
    socket.on('close', (code) => reject(new Error(`closed with ${code}`)))
  })

const work: { [T in Command['type']]: (command: Extract<Command, { type: T }>) => Promise<void> } = {
  connect: async (command) => {
    const { count, url } = command
    const dialling = Array.from({ length: count }, (_, user) => dial(`${url}?token=u${user}`, command))
    sockets = await Promise.all(dialling)
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
