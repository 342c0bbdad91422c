/** A connection between the query layer and the model server: slow, lossy where the level allows it, and a port. */
import { LiveError } from '../../transport/errors.ts'
import type {
  Channel,
  ChannelListener,
  ChannelSignal,
  Cursor,
  LiveEvent,
  LivePort,
} from '../../transport/port.ts'
import type { ConformanceNetwork, ConformanceParts } from './backEnd.ts'
import type { ModelServer } from './modelServer.ts'

export interface NetworkOptions extends ConformanceParts {
  readonly server: ModelServer
  readonly answer: (type: string, data: Readonly<Record<string, unknown>>) => object
}

interface Listening {
  readonly listener: ChannelListener
  /** The connection that carries it at the moment. */
  connection: number
  isOpen: boolean
}

interface Asked {
  readonly type: string
  readonly data: Readonly<Record<string, unknown>>
  /** Answered by another way than the socket: in any order, and also while it is down. */
  readonly isHttp: boolean
  readonly isIdempotent: boolean
  settle(outcome: object | LiveError): void
}

interface Network extends NetworkOptions {
  readonly channels: Set<Listening>
  readonly pending: Set<Asked>
  readonly waiting: Set<() => void>
  readonly heard: { readonly at: number; readonly event: LiveEvent }[]
  isCalm: boolean
  isUp: boolean
  /** Of the socket; what is under way on an older one is lost. */
  connection: number
  /** When the last frame of each direction arrives: a socket keeps its order. */
  lastUp: number
  lastDown: number
}

const MAX_LATENCY_MS = 20
const LATE_MS = 60
const ODDS = { lost: 0.05, doubled: 0.05, late: 0.08, refused: 0.04, resumed: 0.8, told: 0.5, http: 0.3 }

export function createModelNetwork(options: NetworkOptions): ConformanceNetwork {
  const network: Network = {
    ...options,
    channels: new Set(),
    pending: new Set(),
    waiting: new Set(),
    heard: [],
    isCalm: false,
    isUp: true,
    connection: 1,
    lastUp: 0,
    lastDown: 0,
  }
  options.server.listen((event) => publish(network, event))
  return {
    port: portOf(network),
    heard: network.heard,
    calm: () => {
      network.isCalm = true
    },
    disconnect: () => disconnect(network),
    connect: () => connect(network),
  }
}

function portOf(network: Network): LivePort {
  const { clock, answer } = network
  return {
    clock,
    request: (type, data, { idempotent = false } = {}) =>
      new Promise((resolve, reject) => {
        ask(network, {
          type,
          data: data as Record<string, unknown>,
          // Sends are answered on the socket, in order with what else happens to them.
          isHttp: chance(network, ODDS.http) && type !== 'send' && type !== 'edit',
          isIdempotent: idempotent,
          settle: (outcome) => (outcome instanceof LiveError ? reject(outcome) : resolve(outcome)),
        })
      }),
    send: (type, data) =>
      new Promise((resolve) => {
        const write = () => {
          toServer(network, () => void answer(type, data as Record<string, unknown>))
          resolve()
        }
        if (network.isUp) write()
        else network.waiting.add(write)
      }),
    open: (_spec, listener) => open(network, listener),
    // This server refuses no channel, and ends none.
    renew: () => undefined,
    report: () => undefined,
  }
}

function open(network: Network, listener: ChannelListener): Channel {
  const channel: Listening = { listener, connection: 0, isOpen: true }
  network.channels.add(channel)
  if (network.isUp) subscribe(network, channel)
  return {
    resync: () => {
      const cursor = listener.cursor()
      if (network.isUp && cursor) catchUp(network, channel, cursor)
    },
    close: () => {
      channel.isOpen = false
      network.channels.delete(channel)
    },
  }
}

const chance = ({ random }: Network, odds: number) => random() < odds
const fault = (network: Network, odds: number) => !network.isCalm && chance(network, odds)
const latency = ({ random }: Network) => 1 + Math.floor(random() * MAX_LATENCY_MS)

/** Nothing of a connection outlives it. */
function later(network: Network, at: number, run: () => void): void {
  const of = network.connection
  network.clock.setTimer(() => {
    if (network.isUp && of === network.connection) run()
  }, at - network.clock.now())
}

function toServer(network: Network, run: () => void): void {
  network.lastUp = Math.max(network.lastUp, network.clock.now() + latency(network))
  later(network, network.lastUp, run)
}

function toClient(network: Network, run: () => void, isLate = false): void {
  const now = network.clock.now()
  if (isLate) return later(network, now + network.random() * LATE_MS, run)
  network.lastDown = Math.max(network.lastDown, now + latency(network))
  later(network, network.lastDown, run)
}

function signal({ heard, clock }: Network, { isOpen, listener }: Listening, what: ChannelSignal): void {
  if (!isOpen) return
  if (what.type === 'events') for (const event of what.events) heard.push({ at: clock.now(), event })
  listener.onSignal(what)
}

function numbered({ level }: Network, { type, payload, ...position }: LiveEvent): LiveEvent {
  return level < 2 ? { type, payload } : { type, payload, ...position }
}

function publish(network: Network, event: LiveEvent): void {
  // Without numbers nothing can be noticed to be missing, so a level below 2 rests on what a socket promises.
  const isLossy = network.level >= 2
  const events = [numbered(network, event)]
  for (const channel of network.channels) {
    if (channel.connection !== network.connection) continue
    const deliver = () => signal(network, channel, { type: 'events', events })
    if (!isLossy || !fault(network, ODDS.lost))
      toClient(network, deliver, isLossy && fault(network, ODDS.late))
    if (fault(network, ODDS.doubled)) toClient(network, deliver, isLossy)
  }
}

function subscribe(network: Network, channel: Listening): void {
  const { server, level } = network
  toServer(network, () => {
    channel.connection = network.connection
    const cursor = channel.listener.cursor()
    if (cursor?.seq !== undefined && level >= 2) return catchUp(network, channel, cursor)
    const position = { seq: server.seq, epoch: server.epoch }
    const isTold = level === 2 || (level === 3 && chance(network, ODDS.told))
    const live = { type: 'live', resumed: false, cursor: isTold ? position : undefined } as const
    toClient(network, () => signal(network, channel, live))
  })
}

/** Events arrive between the subscription and the answer to this; they are in the answer as well. */
function catchUp(network: Network, channel: Listening, cursor: Cursor): void {
  const { server } = network
  toServer(network, () => {
    const position = { seq: server.seq, epoch: server.epoch }
    const from = cursor.seq ?? 0
    const isKnown = cursor.epoch === server.epoch && from <= server.seq
    const resumed = isKnown && (network.isCalm || chance(network, ODDS.resumed))
    const events = resumed ? server.since(from).map((event) => numbered(network, event)) : []
    toClient(network, () => {
      if (events.length > 0) signal(network, channel, { type: 'events', events })
      signal(network, channel, { type: 'live', resumed, cursor: position })
    })
  })
}

function ask(network: Network, asked: Asked): void {
  const { pending, clock, answer } = network
  pending.add(asked)
  if (!network.isUp) return
  toServer(network, () => {
    const outcome = fault(network, ODDS.refused)
      ? new LiveError('rejected', 'The server refuses; try again')
      : answer(asked.type, asked.data)
    const settle = () => {
      if (pending.delete(asked)) asked.settle(outcome)
    }
    if (asked.isHttp) clock.setTimer(settle, latency(network) * 2)
    else toClient(network, settle)
  })
}

function disconnect(network: Network): void {
  if (!network.isUp) return
  network.isUp = false
  network.connection++
  for (const channel of network.channels) signal(network, channel, { type: 'down' })
  for (const asked of network.pending) {
    if (asked.isIdempotent || asked.isHttp) continue
    network.pending.delete(asked)
    asked.settle(new LiveError('connection_lost', 'The connection was lost before the answer came'))
  }
}

function connect(network: Network): void {
  if (network.isUp) return
  network.isUp = true
  for (const channel of network.channels) subscribe(network, channel)
  for (const asked of [...network.pending]) ask(network, asked)
  for (const write of network.waiting) write()
  network.waiting.clear()
}
