/** From the socket to a mounted cache: the least that any client has to do, what people write, peers, and querywire. */
import process from 'node:process'
import { WebSocket as NodeWebSocket } from 'ws'
import { type Subjects, startClock } from '../measure/subject.ts'
import { carryCentrifuge, carryGraphql, carryPhoenix, carryPlain, carrySocketIo, carryTrpc } from './carry.ts'
import { type Event, Message } from './events.ts'
import { type Keep, keepInArray, keepNothing, keepSealedPages, keepUsual } from './keeping.ts'
import { startQuerywire } from './querywire.ts'

// One socket class for everybody.
globalThis.WebSocket = NodeWebSocket as unknown as typeof WebSocket

export interface StreamOptions {
  readonly port: number
  readonly count: number
  readonly pack: number
  readonly bound: 'client' | 'server'
  readonly rooms?: number
  /** Events that are there when the stream begins. @default 0 */
  readonly loaded?: number
}

/** Delivers every event of the stream to `onEvent`; returns how to end it. */
export type Carry = (url: (carrier: string) => string, onEvent: (event: Event) => void) => () => void

const urlOf =
  ({ port, count, pack, bound, rooms = 1 }: StreamOptions) =>
  (carrier: string) =>
    `ws://127.0.0.1:${port}/${carrier}?carrier=${carrier}&count=${count}&pack=${pack}&bound=${bound}&rooms=${rooms}`

/** `carry` delivers, `keep` puts it somewhere. The clock runs from the first event until all of them are there. */
const stream =
  (carry: Carry, keep: Keep) =>
  async (options: StreamOptions): Promise<{ cpu: number; wall: number }> => {
    globalThis.gc?.()
    const kept = keep(options)
    let left = options.count
    let clock: ReturnType<typeof startClock> | undefined
    const figures = await new Promise<{ cpu: number; wall: number }>((resolve) => {
      const end = carry(urlOf(options), (event) => {
        clock ??= startClock()
        kept.add(event)
        if (--left > 0) return
        kept.flush()
        resolve(clock.stop())
        end()
      })
    })
    const count = kept.count()
    if (count !== undefined && count !== options.count + (options.loaded ?? 0))
      throw new Error(`${count} kept`)
    kept.stop?.()
    return figures
  }

const zod = (event: Event): Event => ({ ...event, data: Message.parse(event.data) })

export const subjects: Subjects = {
  'ws, receive only': stream(carryPlain(), keepNothing),
  'ws + Set + array': stream(carryPlain(), keepInArray),
  'ws + zod + Set + array': stream(carryPlain(zod), keepInArray),
  'ws + zod + sealed pages by hand': stream(carryPlain(zod), keepSealedPages),
  'ws + sealed pages by hand': stream(carryPlain(), keepSealedPages),
  'ws + zod + setQueryData per event': stream(carryPlain(zod), keepUsual),
  'phoenix + sealed pages by hand': stream(carryPhoenix, keepSealedPages),
  'graphql-ws + sealed pages by hand': stream(carryGraphql, keepSealedPages),
  'socket.io-client + sealed pages by hand': stream(carrySocketIo, keepSealedPages),
  'centrifuge + sealed pages by hand': stream(carryCentrifuge, keepSealedPages),
  '@trpc/client + sealed pages by hand': stream(carryTrpc, keepSealedPages),
  'querywire, zod': (options: StreamOptions) => startQuerywire(urlOf(options), options, Message),
  querywire: (options: StreamOptions) => startQuerywire(urlOf(options), options),
}

process.on('unhandledRejection', (error) => {
  console.error(error)
  process.exit(1)
})
