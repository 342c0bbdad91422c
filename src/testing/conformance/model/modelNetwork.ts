/** A connection between the query layer and the model server: slow, lossy where the level allows it, and a port. */
import { LiveError } from '../../../transport/errors.ts'
import type { Channel, ChannelListener, Cursor, LiveEvent, LivePort } from '../../../transport/port.ts'
import type { ConformanceNetwork } from '../backEnd.ts'
import { refuseLate, tellHead, tellHeads } from './modelHeads.ts'
import {
  type Asked,
  chance,
  fault,
  type Listening,
  latency,
  type Network,
  type NetworkOptions,
  ODDS,
  signal,
  toClient,
  toServer,
} from './modelWire.ts'

export function createModelNetwork(options: NetworkOptions): ConformanceNetwork {
  const network: Network = {
    ...options,
    channels: new Set(),
    pending: new Set(),
    waiting: new Set(),
    heard: [],
    isCalm: false,
    isUp: true,
    isExcluded: false,
    connection: 1,
    lastUp: 0,
    lastDown: 0,
    lastWritten: undefined,
  }
  options.server.listen((event) => publish(network, event))
  if (options.level >= 2) tellHeads(network)
  return {
    port: portOf(network),
    heard: network.heard,
    calm: () => {
      network.isCalm = true
      include(network)
    },
    disconnect: () => disconnect(network),
    connect: () => connect(network),
    exclude: () => exclude(network),
    include: () => include(network),
    forget: () => {
      for (const channel of network.channels) channel.isDeaf = true
    },
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
    renew: () => resubscribe(network),
    report: () => undefined,
  }
}

function open(network: Network, listener: ChannelListener): Channel {
  const channel: Listening = { listener, connection: 0, isOpen: true, isDeaf: false, told: '' }
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

function numbered({ level }: Network, { type, payload, ...position }: LiveEvent): LiveEvent {
  return level < 2 ? { type, payload } : { type, payload, ...position }
}

function publish(network: Network, event: LiveEvent): void {
  // Without numbers nothing can be noticed to be missing, so a level below 2 rests on what a socket promises.
  const isLossy = network.level >= 2
  const events = [numbered(network, event)]
  for (const channel of network.channels) {
    if (channel.connection !== network.connection || channel.isDeaf) continue
    const deliver = () => signal(network, channel, { type: 'events', events })
    if (!isLossy || !fault(network, ODDS.lost))
      toClient(network, deliver, isLossy && fault(network, ODDS.late))
    if (fault(network, ODDS.doubled)) toClient(network, deliver, isLossy)
  }
}

function subscribe(network: Network, channel: Listening): void {
  const { server, level } = network
  const isLate = level > 0 && fault(network, ODDS.refusedLate)
  toServer(network, () => {
    if (network.isExcluded) return refuse(network, channel)
    if (isLate) return refuseLate(network, channel, () => subscribe(network, channel))
    channel.connection = network.connection
    channel.isDeaf = false
    const cursor = channel.listener.cursor()
    const position = { seq: server.seq, epoch: server.epoch }
    if (cursor?.seq !== undefined && level >= 2) {
      if (chance(network, ODDS.told)) tellHead(network, channel, position)
      return catchUp(network, channel, cursor)
    }
    goLive(network, channel, position)
  })
}

function goLive(network: Network, channel: Listening, position: Cursor): void {
  const { level } = network
  const isTold = level >= 2 && chance(network, ODDS.told)
  const live = { type: 'live', resumed: false, cursor: isTold ? position : undefined } as const
  toClient(network, () => signal(network, channel, live))
  // In a greeting: only a level that has positions in its snapshots can do without.
  if (isTold || level < 2 || (level === 3 && chance(network, ODDS.told))) return
  toClient(network, () => signal(network, channel, { type: 'live', resumed: true, cursor: position }))
}

function resubscribe(network: Network): void {
  if (network.isUp) for (const channel of network.channels) subscribe(network, channel)
}

function refuse(network: Network, channel: Listening): void {
  channel.connection = 0
  const error = new LiveError('rejected', 'No member')
  toClient(network, () => signal(network, channel, { type: 'down', error }))
}

function exclude(network: Network): void {
  network.isExcluded = true
  const isTold = chance(network, ODDS.told)
  for (const channel of network.channels) {
    if (isTold && network.isUp) refuse(network, channel)
    else channel.connection = 0
  }
}

function include(network: Network): void {
  if (!network.isExcluded) return
  network.isExcluded = false
  resubscribe(network)
}

/** Events arrive between the subscription and the answer to this; they are in the answer as well. */
function catchUp(network: Network, channel: Listening, cursor: Cursor): void {
  const { server } = network
  toServer(network, () => {
    channel.isDeaf = false
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
  network.lastWritten = undefined
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
  resubscribe(network)
  for (const asked of [...network.pending]) ask(network, asked)
  for (const write of network.waiting) write()
  network.waiting.clear()
}
