/** One endpoint's connection: runs its machine, keeps the sockets that it wants, performs its effects in order. */
import { upChannels } from '../channels/channels.ts'
import {
  type Connection,
  createFrame,
  failureOf,
  publishStatus,
  reasonOf,
  tell,
} from '../connection/connection.ts'
import { endConnection, takeLease } from '../connection/leases.ts'
import { type RequestSpec, request } from '../connection/requests.ts'
import { flushQueue, sendFrame } from '../connection/sending.ts'
import type { Context } from '../context/context.ts'
import { LiveError } from '../errors.ts'
import {
  attemptOf,
  dialOf,
  type Effect,
  INITIAL_STATE,
  type MachineEvent,
  type MachineState,
  publicState,
  transition,
} from '../machine/connectionMachine.ts'
import { TELLING_DIALS } from '../machine/lossPolicy.ts'
import type { Delivery, Guard } from '../port.ts'
import { createTimers } from '../wire/timers.ts'
import { dial } from './dial.ts'
import { PROBE_MS, sendPing, startHeartbeat, watchHeads } from './heartbeat.ts'
import { adoptSocket, disconnected, giveUp, goDown, renewIn, startHandOver, sweepSockets } from './sockets.ts'

const RENEWAL_RETRY_MS = 10_000
/** The lease that `connect()` stands for. */
const USER = 'user'

export function createConnection(context: Context, name: string): Connection {
  const events: MachineEvent[] = []
  const connection: Connection = {
    ...context,
    name,
    timers: createTimers(context.environment),
    sendQueue: {
      waiting: new Set(),
      unanswered: new Map(),
      answered: new Set(),
      order: 0,
      provenOrder: 0,
      blames: new Map(),
      trial: undefined,
      isPaused: false,
    },
    channels: { subscriptions: new Map(), byKey: new Map() },
    arrivals: { waiting: new Set(), isWorking: false, cancel: undefined },
    leases: new Set(),
    sockets: new Map(),
    greetingWaiters: new Set(),
    raise: (event) => {
      // An event is taken out when its effects have run; what they raise comes behind it.
      if (events.push(event) > 1) return
      for (; events[0]; events.shift()) step(connection, events[0])
      publishStatus(connection)
    },
    sendPing: (deadlineMs) => sendPing(connection, deadlineMs),
    state: INITIAL_STATE,
    // Also what is not there yet: an object that grows later is slow to read.
    current: undefined,
    handOver: undefined,
    overlap: [],
    ping: undefined,
    era: 0,
    stopListening: undefined,
    isHidden: false,
    heard: 0,
    dialedAt: 0,
    retryAt: 0,
    renewals: 0,
    renewedAt: 0,
    renewAt: 0,
    paidAt: 0,
    lastConnectedAt: null,
    latencyMs: null,
  }
  return connection
}

function step(connection: Connection, event: MachineEvent): void {
  const { reconnect, tokenManager, timers, state: before } = connection
  const [state, effects] = transition(before, event, { reconnect, canRefresh: tokenManager !== undefined })
  connection.state = state
  const from = publicState(before)
  const to = publicState(state)
  if (from !== to)
    tell(connection, { type: 'transition', from, to, cause: event.type, problem: state.problem })
  if (event.type === 'lost' && state.trouble.losses === TELLING_DIALS) tellUnreached(connection)
  if (dialOf(state) === null) timers.clear('connect')
  if (state.phase !== 'waiting') timers.clear('retry')
  listenToPage(connection)
  follow(connection, before)
  sweepSockets(connection)
  for (const effect of effects) perform(connection, effect)
}

/** An address that has never worked is likely to be wrong, and whoever waits for it would not hear. Once. */
function tellUnreached({ name, told, state, lastConnectedAt, reportError }: Connection): void {
  if (lastConnectedAt !== null || told.has('unreached')) return
  told.add('unreached')
  reportError(
    name,
    new LiveError('connection_failed', `The connection to "${name}" does not come up: ${reasonOf(state)}`),
  )
}

/** Only while there is something to wake. */
function listenToPage(connection: Connection): void {
  const { environment, state, raise } = connection
  if (state.phase === 'idle' || state.phase === 'disconnected') {
    connection.stopListening?.()
    connection.stopListening = undefined
    return
  }
  connection.stopListening ??= environment.subscribe((signal) => {
    if (signal === 'visible' || signal === 'hidden') connection.isHidden = signal === 'hidden'
    // `offline` is often wrong; asking the server is how to find out.
    if (signal === 'hidden' || (signal === 'offline' && !connection.current)) return
    raise({ type: 'wake', sinceDialMs: environment.now() - connection.dialedAt })
  })
}

/** What a change of socket or of hope means to everyone else. */
function follow(connection: Connection, before: MachineState): void {
  const { phase } = connection.state
  const from = attemptOf(before)
  const to = attemptOf(connection.state)
  if (to === null) {
    const hasEnded = phase !== before.phase && phase !== 'dialing' && phase !== 'waiting'
    if (from !== null || hasEnded) goDown(connection)
  } else if (from === null) {
    adoptSocket(connection, to)
    // Subscriptions first: what the queue asks for may depend on them.
    upChannels(connection)
    flushQueue(connection)
    startHeartbeat(connection)
    watchHeads(connection)
  } else if (from !== to) {
    startHandOver(connection, from, to)
  }
}

function perform(connection: Connection, effect: Effect): void {
  switch (effect.type) {
    case 'dial':
      dial(connection, effect.refresh)
      break
    case 'wait':
      tell(connection, { type: 'wait', delayMs: effect.delayMs, attempt: connection.state.trouble.losses })
      connection.retryAt = connection.environment.wallNow() + effect.delayMs
      connection.timers.set('retry', effect.delayMs, () => connection.raise({ type: 'retry' }))
      break
    case 'probe':
      sendPing(connection, PROBE_MS)
      break
    case 'postponeRenewal':
      renewIn(connection, RENEWAL_RETRY_MS, true)
  }
}

/** `keep`: until `disconnect`, whoever else holds it. */
export function connect(connection: Connection, keep: boolean): void {
  if (keep) {
    connection.leases.add(USER)
    connection.timers.clear('linger')
  }
  connection.raise({ type: 'connect' })
}

export function disconnect(connection: Connection): void {
  connection.raise({ type: 'disconnect' })
  connection.leases.delete(USER)
}

export function close(connection: Connection): void {
  giveUp(connection, new LiveError('closed', 'The manager was closed'))
  disconnect(connection)
  // Who still holds it finds it disconnected, and can have it back by `connect()`.
  if (connection.leases.size === 0) endConnection(connection)
}

/** Moves to a socket with new credentials, without a gap where they are the same user's. */
export function reauthenticate(connection: Connection): void {
  // One that nobody holds, and that gave up, must not keep the next one who needs it waiting.
  const isNeeded = connection.current || connection.leases.size > 0
  connection.raise({ type: isNeeded ? 'reauthenticate' : 'release' })
}

/** A request that holds the connection for as long as it waits. */
export async function ask(connection: Connection, spec: RequestSpec): Promise<unknown> {
  const problem =
    failureOf(connection) ?? (connection.state.phase === 'disconnected' ? disconnected() : undefined)
  if (problem) throw problem
  return request(connection, spec).finally(takeLease(connection, false))
}

export interface SendSpec {
  readonly type: string
  readonly data: unknown
  readonly delivery: Delivery
  readonly guard?: Guard | undefined
}

export async function send(connection: Connection, { type, data, delivery, guard }: SendSpec): Promise<void> {
  if (delivery === 'volatile' && !connection.current) return
  const failure = failureOf(connection)
  if (failure) throw failure
  const release = takeLease(connection, false)
  await new Promise<void>((resolve, reject) => {
    sendFrame(connection, {
      frame: createFrame(connection, type, data),
      delivery,
      guard,
      onWritten: resolve,
      onDropped: (error) => (error ? reject(error) : resolve()),
    })
  }).finally(release)
}
