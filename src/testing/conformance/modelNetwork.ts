/** A connection between the query layer and the model server: slow, lossy where the level allows it, and a port. */
import { LiveError } from '../../transport/errors.ts'
import type {
  ChannelListener,
  ChannelSignal,
  Cursor,
  LiveEvent,
  LivePort,
  PortRequestOptions,
} from '../../transport/port.ts'
import type { Random } from '../server/random.ts'
import type { ModelServer } from './modelServer.ts'
import type { VirtualClock } from './virtualClock.ts'

export type Level = 0 | 1 | 2 | 3

export interface ModelNetwork {
  readonly port: LivePort
  isUp(): boolean
  disconnect(): void
  connect(): void
  /** From now on nothing is lost, doubled, late or refused. */
  calm(): void
  /** Events that reached a channel, in order, and when. */
  readonly heard: readonly { readonly at: number; readonly event: LiveEvent }[]
}

export interface NetworkOptions {
  readonly server: ModelServer
  readonly clock: VirtualClock
  readonly random: Random
  readonly level: Level
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
  readonly isHttp: boolean
  readonly survives: boolean
  settle(outcome: object | LiveError): void
}

const MAX_LATENCY_MS = 20
const LATE_MS = 60
const ODDS = { lost: 0.05, doubled: 0.05, late: 0.08, refused: 0.04, resumed: 0.8, told: 0.5, http: 0.3 }

export function createModelNetwork(options: NetworkOptions): ModelNetwork {
  const { server, clock, random, level } = options
  const channels = new Set<Listening>()
  const pending = new Set<Asked>()
  const waiting: (() => void)[] = []
  const heard: { readonly at: number; readonly event: LiveEvent }[] = []
  let isCalm = false
  let isUp = true
  let connection = 1
  /** When the last frame of each direction arrives: a socket keeps its order. */
  let lastUp = 0
  let lastDown = 0

  const chance = (odds: number) => random() < odds
  const fault = (odds: number) => !isCalm && chance(odds)
  const latency = () => 1 + Math.floor(random() * MAX_LATENCY_MS)

  function onThisConnection(run: () => void): () => void {
    const of = connection
    return () => {
      if (isUp && of === connection) run()
    }
  }

  function toServer(run: () => void): void {
    lastUp = Math.max(lastUp, clock.now() + latency())
    clock.setTimer(onThisConnection(run), lastUp - clock.now())
  }

  function toClient(run: () => void, isLate = false): void {
    const at = isLate ? clock.now() + random() * LATE_MS : Math.max(lastDown, clock.now() + latency())
    if (!isLate) lastDown = at
    clock.setTimer(onThisConnection(run), at - clock.now())
  }

  function signal(channel: Listening, signal: ChannelSignal): void {
    if (!channel.isOpen) return
    if (signal.type === 'events') for (const event of signal.events) heard.push({ at: clock.now(), event })
    channel.listener.onSignal(signal)
  }

  const numbered = ({ type, payload, ...position }: LiveEvent): LiveEvent =>
    level < 2 ? { type, payload } : { type, payload, ...position }

  server.listen((happened) => {
    const events = happened.map(numbered)
    for (const channel of channels) {
      if (channel.connection !== connection) continue
      const deliver = () => signal(channel, { type: 'events', events })
      // Without numbers nothing can be noticed to be missing, so a level below 2 rests on what a socket promises.
      if (level < 2 || !fault(ODDS.lost)) toClient(deliver, level >= 2 && fault(ODDS.late))
      if (fault(ODDS.doubled)) toClient(deliver, level >= 2)
    }
  })

  function subscribe(channel: Listening): void {
    toServer(() => {
      channel.connection = connection
      const position = { seq: server.seq, epoch: server.epoch }
      const isTold = level === 2 || (level === 3 && chance(ODDS.told))
      const cursor = channel.listener.cursor()
      if (cursor?.seq !== undefined && level >= 2) return catchUp(channel, cursor)
      toClient(() => signal(channel, { type: 'live', resumed: false, cursor: isTold ? position : undefined }))
    })
  }

  /** Events arrive between the subscription and the answer to this; they are in the answer as well. */
  function catchUp(channel: Listening, cursor: Cursor): void {
    toServer(() => {
      const position = { seq: server.seq, epoch: server.epoch }
      const from = cursor.seq ?? 0
      const isKnown = cursor.epoch === server.epoch && from <= server.seq
      const isComplete = isKnown && (isCalm || chance(ODDS.resumed))
      const events = isComplete ? server.since(from).map(numbered) : []
      toClient(() => {
        if (events.length > 0) signal(channel, { type: 'events', events })
        signal(channel, { type: 'live', resumed: isComplete, cursor: position })
      })
    })
  }

  function ask(asked: Asked): void {
    toServer(() => {
      const outcome = fault(ODDS.refused)
        ? new LiveError('rejected', 'The server refuses; try again')
        : options.answer(asked.type, asked.data)
      const settle = () => {
        if (pending.delete(asked)) asked.settle(outcome)
      }
      if (asked.isHttp) clock.setTimer(settle, latency() * 2)
      else toClient(settle)
    })
  }

  function request(type: string, data: unknown, how: PortRequestOptions = {}): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const asked: Asked = {
        type,
        data: data as Record<string, unknown>,
        isHttp: chance(ODDS.http),
        survives: how.idempotent === true,
        settle: (outcome) => (outcome instanceof LiveError ? reject(outcome) : resolve(outcome)),
      }
      pending.add(asked)
      if (isUp) ask(asked)
    })
  }

  const port: LivePort = {
    clock,
    request,
    send: (type, data) =>
      new Promise((resolve) => {
        const write = () => {
          toServer(() => void options.answer(type, data as Record<string, unknown>))
          resolve()
        }
        isUp ? write() : waiting.push(write)
      }),
    open(_spec, listener) {
      const channel: Listening = { listener, connection: 0, isOpen: true }
      channels.add(channel)
      if (isUp) subscribe(channel)
      return {
        resync: () => {
          const cursor = listener.cursor()
          if (isUp && cursor) catchUp(channel, cursor)
        },
        close: () => {
          channel.isOpen = false
          channels.delete(channel)
        },
      }
    },
    report: () => undefined,
  }

  return {
    port,
    heard,
    isUp: () => isUp,
    calm: () => {
      isCalm = true
    },
    disconnect() {
      if (!isUp) return
      isUp = false
      connection++
      for (const channel of channels) signal(channel, { type: 'down' })
      for (const asked of pending) {
        if (asked.survives || asked.isHttp) continue
        pending.delete(asked)
        asked.settle(new LiveError('connection_lost', 'The connection was lost before the answer came'))
      }
    },
    connect() {
      if (isUp) return
      isUp = true
      for (const channel of channels) subscribe(channel)
      for (const asked of pending) ask(asked)
      for (const write of waiting.splice(0)) write()
    },
  }
}
