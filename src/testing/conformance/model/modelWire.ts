/** What a model connection is made of, and the two directions of its socket: slow, in order, gone with the socket. */
import type { LiveError } from '../../../transport/errors.ts'
import type { ChannelListener, ChannelSignal, LiveEvent } from '../../../transport/port.ts'
import type { ConformanceParts } from '../backEnd.ts'
import type { ModelServer } from './modelServer.ts'

export interface NetworkOptions extends ConformanceParts {
  readonly server: ModelServer
  readonly answer: (type: string, data: Readonly<Record<string, unknown>>) => object
}

export interface Listening {
  readonly listener: ChannelListener
  /** The connection that carries it at the moment. */
  connection: number
  isOpen: boolean
  /** Subscribed in name only: the server has forgotten to send it anything. */
  isDeaf: boolean
  /** Where it was last told to stand, and on which connection. */
  told: string
}

export interface Asked {
  readonly type: string
  readonly data: Readonly<Record<string, unknown>>
  /** Answered by another way than the socket: in any order, and also while it is down. */
  readonly isHttp: boolean
  readonly isIdempotent: boolean
  settle(outcome: object | LiveError): void
}

export interface Network extends NetworkOptions {
  readonly channels: Set<Listening>
  readonly pending: Set<Asked>
  readonly waiting: Set<() => void>
  readonly heard: { readonly at: number; readonly event: LiveEvent }[]
  isCalm: boolean
  isUp: boolean
  isExcluded: boolean
  /** Of the socket; what is under way on an older one is lost. */
  connection: number
  /** When the last frame of each direction arrives: a socket keeps its order. */
  lastUp: number
  lastDown: number
  /** The last of it that has not arrived. */
  lastWritten: (() => void)[] | undefined
}

export const ODDS = {
  lost: 0.05,
  doubled: 0.05,
  late: 0.08,
  refused: 0.04,
  refusedLate: 0.05,
  resumed: 0.8,
  told: 0.5,
  http: 0.3,
  lag: 0.1,
}

const MAX_LATENCY_MS = 20
const LATE_MS = 60
const TOGETHER = 0.3

export const chance = ({ random }: Network, odds: number) => random() < odds
export const fault = (network: Network, odds: number) => !network.isCalm && chance(network, odds)
export const latency = ({ random }: Network) => 1 + Math.floor(random() * MAX_LATENCY_MS)

/** Nothing of a connection outlives it. */
function later(network: Network, at: number, run: () => void): void {
  const of = network.connection
  network.clock.setTimer(() => {
    if (network.isUp && of === network.connection) run()
  }, at - network.clock.now())
}

export function toServer(network: Network, run: () => void): void {
  network.lastUp = Math.max(network.lastUp, network.clock.now() + latency(network))
  later(network, network.lastUp, run)
}

export function toClient(network: Network, run: () => void, isLate = false): void {
  const now = network.clock.now()
  if (isLate) return later(network, now + network.random() * LATE_MS, run)
  // What is written in one go arrives in one go.
  if (network.lastWritten && chance(network, TOGETHER)) return void network.lastWritten.push(run)
  const written = [run]
  network.lastWritten = written
  network.lastDown = Math.max(network.lastDown, now + latency(network))
  later(network, network.lastDown, () => {
    if (network.lastWritten === written) network.lastWritten = undefined
    for (const run of written) run()
  })
}

export function signal(
  { heard, clock }: Network,
  { isOpen, listener }: Listening,
  what: ChannelSignal,
): void {
  if (!isOpen) return
  if (what.type === 'events') for (const event of what.events) heard.push({ at: clock.now(), event })
  listener.onSignal(what)
}
