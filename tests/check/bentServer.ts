/** The reference server behind a wire that bends frames: a server with one fault, as it was planted. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type WebSocket, WebSocketServer } from 'ws'
import { type ChatLevel, createChatServer } from '../../src/testing/index.ts'

// biome-ignore lint/suspicious/noExplicitAny: faults reach into frames of every shape
export type Loose = Record<string, any>

/** One connection, from the server's end. */
export interface Link {
  /** Unique among the connections. */
  readonly number: number
  /** To the client, as it is. */
  tell(frame: unknown): void
  /** To the server, as if the client had sent it. */
  hand(frame: Loose): void
  close(code: number): void
  /** The client's frames that had an id, by that. */
  readonly asked: Map<unknown, Loose>
  /** For the fault's own use. */
  readonly notes: Loose
}

/** What it returns goes on in place of the frame; an array for several, nothing for none. */
type Hook = (frame: Loose, link: Link) => Loose | readonly Loose[] | undefined

export interface Fault {
  /** The rule that it breaks. */
  readonly rule: string
  readonly what: string
  readonly level?: ChatLevel
  /** Made anew for each server. */
  readonly plant: () => {
    readonly fromServer?: Hook
    readonly fromClient?: Hook
    /** What is no JSON. */
    readonly fromClientText?: (text: string, link: Link) => string | undefined
    readonly onOpen?: (link: Link) => void
    readonly onMessages?: (frames: readonly Loose[], link: Link) => readonly Loose[]
    /** Of tokens that are not known; 101 where nothing is said. */
    readonly refusal?: number
    /** A code in place of that of the server. */
    readonly closeCode?: (code: number, url: string) => number
  }
}

export interface BentServer {
  readonly url: string
  close(): Promise<void>
}

const USERS = ['alice', 'bob', 'carol']
const NOBODY: Fault = { rule: '', what: 'nothing', plant: () => ({}) }

export async function serveBent(fault: Fault = NOBODY): Promise<BentServer> {
  const server = createChatServer({
    level: fault.level ?? 3,
    users: USERS,
    rooms: [
      { id: 'general', messages: [{ sender: 'bob', content: 'hi' }] },
      { id: 'other' },
      { id: 'third' },
    ],
    authTimeoutMs: 100,
    batch: false,
  })
  const hooks = fault.plant()
  const http = createServer()
  const sockets = new WebSocketServer({ noServer: true })
  http.on('upgrade', (request, socket, head) => {
    const token = new URL(request.url ?? '/', 'ws://x').searchParams.get('token')
    if (hooks.refusal && token !== null && !USERS.includes(token)) {
      socket.end(`HTTP/1.1 ${hooks.refusal} No\r\nconnection: close\r\n\r\n`)
      return
    }
    sockets.handleUpgrade(request, socket, head, (client) => connect(client, request.url ?? '/'))
  })
  let count = 0

  function connect(client: WebSocket, url: string) {
    count += 1
    const tell = (frame: unknown) => client.send(typeof frame === 'string' ? frame : JSON.stringify(frame))
    const link: Link = {
      number: count,
      tell,
      // Not in the turn that is under way.
      hand: (frame) => queueMicrotask(() => accepted.receive(JSON.stringify(frame))),
      close: (code) => client.close(code),
      asked: new Map(),
      notes: {},
    }
    const accepted = server.accept({
      url,
      send: (text) => {
        for (const frame of [JSON.parse(text)].flat() as Loose[]) {
          const bent = hooks.fromServer ? hooks.fromServer(frame, link) : frame
          for (const each of bent === undefined ? [] : [bent].flat()) tell(each)
        }
      },
      bufferedBytes: () => client.bufferedAmount,
      close: (code, reason) => client.close(hooks.closeCode?.(code, url) ?? code, reason),
    })
    client.on('message', (data) => receive(String(data), link))
    client.on('close', () => accepted.closed())
    hooks.onOpen?.(link)

    function receive(text: string, at: Link) {
      let frames: Loose[]
      try {
        frames = [JSON.parse(text)].flat() as Loose[]
      } catch {
        const bent = hooks.fromClientText ? hooks.fromClientText(text, at) : text
        if (bent !== undefined) accepted.receive(bent)
        return
      }
      for (const frame of hooks.onMessages?.(frames, at) ?? frames) {
        if (frame.id !== undefined) at.asked.set(frame.id, structuredClone(frame))
        const bent = hooks.fromClient ? hooks.fromClient(frame, at) : frame
        for (const each of bent === undefined ? [] : [bent].flat()) accepted.receive(JSON.stringify(each))
      }
    }
  }

  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const { port } = http.address() as AddressInfo
  return {
    url: `ws://127.0.0.1:${port}`,
    close: async () => {
      for (const client of sockets.clients) client.terminate()
      http.closeAllConnections()
      await new Promise((resolve) => http.close(resolve))
    },
  }
}

/** The client's frame that this is the answer to, if it is of that type. */
export const asked = (frame: Loose, { asked: frames }: Link, type: string): Loose | undefined => {
  const found = frame.reply_to === undefined ? undefined : frames.get(frame.reply_to)
  return found?.type === type && frame.type === 'response' ? found : undefined
}
