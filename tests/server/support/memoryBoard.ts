/** A board in memory and in virtual time, and clients without any cleverness. */
import type { LiveServer } from '../../../src/server/createLiveServer.ts'
import type { LiveServerEvent } from '../../../src/server/options.ts'
import type { Store } from '../../../src/server/store.ts'
import { memoryStore } from '../../../src/server/stores/memoryStore.ts'
import type { MemoryTables } from '../../../src/server/stores/memoryTables.ts'
import { createRandom } from '../../../src/testing/server/random.ts'
import { createVirtualClock } from '../../../src/testing/virtualClock.ts'
import { type BoardOptions, boardServer, type Card, type Cards } from './board.ts'

export const memoryCards = (tx: MemoryTables): Cards => ({
  get: (board, id) => tx.get<Card>(`cards of ${board}`, id),
  all: (board) => tx.all<Card>(`cards of ${board}`),
  put: (board, card) => tx.set(`cards of ${board}`, card.id, card),
})

export type ServerFrame = Readonly<Record<string, unknown>> & { readonly data?: Record<string, unknown> }

export interface PlainClient {
  readonly frames: ServerFrame[]
  readonly texts: string[]
  readonly closed: { readonly code: number; readonly reason: string } | undefined
  buffered: number
  send(type: string, data?: object, id?: string): void
  sendText(text: string): void
  /** The whole frame that answers. */
  ask(type: string, data?: object, id?: string): Promise<ServerFrame>
  ofType(type: string): ServerFrame[]
  clear(): void
  hangUp(): void
}

export function createWorld() {
  const clock = createVirtualClock(1_705_314_600_000)
  const environment = { ...clock, random: createRandom(1) }
  const store = memoryStore({ environment })
  const events: LiveServerEvent[] = []
  const barred = new Set<string>()
  const start = (options: Partial<BoardOptions<MemoryTables>> = {}) =>
    boardServer({
      store,
      cards: memoryCards,
      environment,
      barred,
      onEvent: (event) => events.push(event),
      ...options,
    })

  function connect(
    live: Pick<LiveServer<never, never>, 'accept'>,
    url = '/ws/?token=alice',
    headers: Record<string, string> = {},
  ): PlainClient {
    const frames: ServerFrame[] = []
    const texts: string[] = []
    let closed: PlainClient['closed']
    let ids = 0
    const accepted = live.accept(
      {
        send: (text) => {
          texts.push(text)
          frames.push(...([JSON.parse(text)].flat() as ServerFrame[]))
        },
        close: (code, reason) => {
          closed = { code, reason }
        },
        bufferedBytes: () => client.buffered,
      },
      { url, headers: new Headers(headers) },
    )
    const send = (type: string, data: object = {}, id?: string) =>
      accepted.receive(JSON.stringify({ type, data, ...(id === undefined ? {} : { id }) }))
    const client: PlainClient = {
      buffered: 0,
      frames,
      texts,
      send,
      sendText: accepted.receive,
      ask: async (type: string, data?: object, id = `${type}-${++ids}`) => {
        const before = frames.length
        send(type, data, id)
        // Reads that share a turn end with it.
        await clock.advance(0)
        const replies = frames.slice(before).filter(({ reply_to }) => reply_to === id)
        if (replies.length !== 1) throw new Error(`${replies.length} replies to ${type}`)
        return replies[0] as ServerFrame
      },
      ofType: (type: string) => frames.filter((frame) => frame.type === type),
      clear: () => {
        frames.length = 0
        texts.length = 0
      },
      hangUp: accepted.closed,
      get closed() {
        return closed
      },
    }
    return client
  }
  return { clock, environment, store, events, barred, start, connect }
}

/** A store of which some things go wrong, or wait. */
export function faulty<Tx>(store: Store<Tx>) {
  const faults = { isDown: false, gate: Promise.resolve() as Promise<unknown> }
  const pass = async () => {
    await faults.gate
    if (faults.isDown) throw new Error('the disk is gone')
  }
  const wrapped: Store<Tx> = {
    ...store,
    transaction: async (work, once) => {
      await pass()
      return store.transaction(work, once)
    },
    heads: async (channels) => {
      await pass()
      return store.heads(channels)
    },
    since: async (positions, maxEvents) => {
      await pass()
      return store.since(positions, maxEvents)
    },
    snapshot: async (channels, read) => {
      await pass()
      return store.snapshot(channels, read)
    },
  }
  return { store: wrapped, faults }
}
