/** A client without any cleverness: what it sends, what it got, in memory. */
import type { ChatServer } from '../../src/testing/server/chatServer.ts'
import type { ServerFrame } from '../../src/testing/server/wire.ts'

export interface TestClient {
  /** Frames so far, arrays unpacked. */
  readonly frames: ServerFrame[]
  /** Messages so far, as they came. */
  readonly texts: string[]
  readonly closed: { code: number; reason: string } | undefined
  send(type: string, data?: Record<string, unknown>, id?: string): void
  sendText(text: string): void
  /** Sends and returns the reply's data. @throws when the answer is an error, or none came */
  request(type: string, data?: Record<string, unknown>): Record<string, unknown>
  /** The error body that the server answers with. */
  refusal(type: string, data?: Record<string, unknown>): Record<string, unknown>
  ofType(type: string): ServerFrame[]
  /** Forgets what came so far. */
  clear(): void
  hangUp(): void
}

export function connectClient(
  server: ChatServer,
  url = '/ws/?token=alice',
  protocols: string[] = [],
): TestClient {
  const frames: ServerFrame[] = []
  const texts: string[] = []
  let closed: TestClient['closed']
  let requests = 0
  const accepted = server.accept({
    url,
    protocols,
    send: (text) => {
      texts.push(text)
      frames.push(...([JSON.parse(text)].flat() as ServerFrame[]))
    },
    close: (code, reason) => {
      closed = { code, reason }
    },
  })
  const send = (type: string, data: Record<string, unknown> = {}, id?: string) =>
    accepted.receive(JSON.stringify({ type, data, ...(id === undefined ? {} : { id }) }))
  const exchange = (type: string, data: Record<string, unknown> = {}) => {
    const id = `request-${++requests}`
    send(type, data, id)
    const reply = frames.find((frame) => frame.reply_to === id)
    if (!reply) throw new Error(`No reply to ${type}`)
    return reply
  }
  return {
    frames,
    texts,
    get closed() {
      return closed
    },
    send,
    sendText: (text) => accepted.receive(text),
    request: (type, data) => {
      const reply = exchange(type, data)
      if (reply.type !== 'response') throw new Error(`${type} was refused: ${JSON.stringify(reply)}`)
      return reply.data as Record<string, unknown>
    },
    refusal: (type, data) => {
      const reply = exchange(type, data)
      if (reply.type !== 'error') throw new Error(`${type} was not refused: ${JSON.stringify(reply)}`)
      return reply.error as Record<string, unknown>
    },
    ofType: (type) => frames.filter((frame) => frame.type === type),
    clear: () => {
      frames.length = 0
      texts.length = 0
    },
    hangUp: () => accepted.closed(),
  }
}
