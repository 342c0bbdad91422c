/** A client without any cleverness: what it sends, what it got, in memory. Whatever it does has had its effect when it resolves. */
import type { ChatServer } from '../../src/testing/server/chatServer.ts'
import type { ServerFrame } from '../../src/testing/server/wire.ts'

export interface TestClient {
  /** Frames so far, arrays unpacked. */
  readonly frames: ServerFrame[]
  /** Messages so far, as they came. */
  readonly texts: string[]
  readonly closed: { code: number; reason: string } | undefined
  send(type: string, data?: Record<string, unknown>, id?: string): Promise<void>
  sendText(text: string): Promise<void>
  /** Sends and returns the reply's data. @throws when the answer is an error, or none came */
  request(type: string, data?: Record<string, unknown>): Promise<Record<string, unknown>>
  /** The error body that the server answers with. */
  refusal(type: string, data?: Record<string, unknown>): Promise<Record<string, unknown>>
  ofType(type: string): ServerFrame[]
  /** Forgets what came so far. */
  clear(): void
  hangUp(): Promise<void>
}

/** Everything that follows from what was done, without any time passing. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) await Promise.resolve()
}

/** More than the longest chain of promises has. */
const TURNS = 100

export async function connectClient(
  server: ChatServer,
  url = '/ws/?token=alice',
  protocols: string[] = [],
): Promise<TestClient> {
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
  await settle()
  const sendText = (text: string) => {
    accepted.receive(text)
    return settle()
  }
  const send = (type: string, data: Record<string, unknown> = {}, id?: string) =>
    sendText(JSON.stringify({ type, data, ...(id === undefined ? {} : { id }) }))
  const exchange = async (type: string, data: Record<string, unknown> = {}) => {
    const id = `request-${++requests}`
    await send(type, data, id)
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
    sendText,
    request: async (type, data) => {
      const reply = await exchange(type, data)
      if (reply.type !== 'response') throw new Error(`${type} was refused: ${JSON.stringify(reply)}`)
      return reply.data as Record<string, unknown>
    },
    refusal: async (type, data) => {
      const reply = await exchange(type, data)
      if (reply.type !== 'error') throw new Error(`${type} was not refused: ${JSON.stringify(reply)}`)
      return reply.error as Record<string, unknown>
    },
    ofType: (type) => frames.filter((frame) => frame.type === type),
    clear: () => {
      frames.length = 0
      texts.length = 0
    },
    hangUp: () => {
      accepted.closed()
      return settle()
    },
  }
}
