/** What the model server says of its channels, beside events and answers: where they stand, and refusals that come late. */
import { LiveError } from '../../../transport/errors.ts'
import type { Cursor } from '../../../transport/port.ts'
import { fault, type Listening, type Network, ODDS, signal, toClient } from './modelWire.ts'

/** How often the server tells where channels stand, or is asked. */
const HEADS_EVERY_MS = [1_000, 30_000, 90_000] as const
/** When a subscription is refused that was taken for live, and when it is asked for again. */
const LATE_REFUSAL_MS = 1_000
const RETRY_MS = 5_000

const drawInterval = ({ random }: Network) =>
  HEADS_EVERY_MS[Math.floor(random() * HEADS_EVERY_MS.length)] ?? 1_000

export function tellHead(network: Network, channel: Listening, cursor: Cursor): void {
  toClient(network, () => signal(network, channel, { type: 'head', cursor }))
}

/** Those that have moved since they were last told, on this connection. */
export function tellHeads(network: Network, everyMs = drawInterval(network)): void {
  const { clock, server, channels, random } = network
  clock.setTimer(() => {
    const lag = fault(network, ODDS.lag) ? Math.floor(random() * 4) : 0
    const cursor = { seq: Math.max(0, server.seq - lag), epoch: server.epoch }
    const told = JSON.stringify([network.connection, cursor])
    for (const channel of channels) {
      if (channel.connection !== network.connection || channel.told === told) continue
      channel.told = told
      tellHead(network, channel, cursor)
    }
    tellHeads(network, everyMs)
  }, everyMs)
}

/** A server that is slow to answer is taken for one that never does, until it refuses. */
export function refuseLate(network: Network, channel: Listening, retry: () => void): void {
  const { connection, clock } = network
  channel.connection = 0
  toClient(network, () => {
    signal(network, channel, { type: 'live', resumed: false })
    clock.setTimer(() => {
      if (network.connection !== connection || channel.connection !== 0) return
      signal(network, channel, { type: 'down', error: new LiveError('timeout', 'No answer') })
      clock.setTimer(() => {
        if (network.connection === connection && channel.connection === 0) retry()
      }, RETRY_MS)
    }, LATE_REFUSAL_MS)
  })
}
