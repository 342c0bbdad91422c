/** Drives one connection: runs its machine, keeps the sockets that it wants, performs its effects in order. */
import { upChannels } from '../channels/channels.ts'
import { publishStatus, reasonOf, tell } from '../connection/connection.ts'
import { sendPing } from '../connection/ping.ts'
import { flushQueue } from '../connection/sending.ts'
import type { Context } from '../context/context.ts'
import {
  attemptOf,
  dialOf,
  type Effect,
  type MachineEvent,
  type MachineState,
  publicState,
  transition,
} from '../machine/connectionMachine.ts'
import { TELLING_DIALS } from '../machine/lossPolicy.ts'
import { dial } from './dial.ts'
import { createDrivenConnection, type DrivenConnection } from './drivenConnection.ts'
import { startHeartbeat, watchHeads } from './heartbeat.ts'
import { adoptSocket, goDown, renewIn, startHandOver, sweepSockets } from './sockets.ts'

const PROBE_MS = 2_500
const RENEWAL_RETRY_MS = 10_000
/** The server that asks to be left goes soon, and takes the connection with it. */
const DRAIN_RETRY_MS = 1_000

export function createConnection(context: Context, name: string): DrivenConnection {
  const events: MachineEvent[] = []
  const connection = createDrivenConnection(context, name, (event) => {
    // An event is taken out when its effects have run; what they raise comes behind it.
    if (events.push(event) > 1) return
    for (; events[0]; events.shift()) step(connection, events[0])
    publishStatus(connection)
  })
  return connection
}

function step(connection: DrivenConnection, event: MachineEvent): void {
  const { reconnect, tokenManager, timers, state: before } = connection
  const [state, effects] = transition(before, event, { reconnect, canRefresh: tokenManager !== undefined })
  connection.state = state
  const from = publicState(before)
  const to = publicState(state)
  if (from !== to)
    tell(connection, { type: 'transition', from, to, cause: event.type, problem: state.problem })
  if (event.type === 'lost') tellUnreached(connection)
  if (dialOf(state) === null) timers.clear('connect')
  if (state.phase !== 'waiting') timers.clear('retry')
  listenToPage(connection)
  follow(connection, before)
  sweepSockets(connection)
  for (const effect of effects) perform(connection, effect)
}

/** An address that has never worked is likely to be wrong, and whoever waits for it would not hear. */
function tellUnreached({ name, state, heard, lastConnectedAt, reportOnce }: DrivenConnection): void {
  const isTurnedAway = state.phase === 'failed' && lastConnectedAt !== null && heard === 0
  const isUnreached = state.trouble.losses === TELLING_DIALS && lastConnectedAt === null
  if (!isTurnedAway && !isUnreached) return
  const what = isTurnedAway ? 'gave up' : 'does not come up'
  reportOnce(name, 'connection_failed', `The connection to "${name}" ${what}: ${reasonOf(state)}`)
}

/** Only while there is something to wake. */
function listenToPage(connection: DrivenConnection): void {
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
function follow(connection: DrivenConnection, before: MachineState): void {
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

function perform(connection: DrivenConnection, effect: Effect): void {
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
      if (connection.renewsToken) renewIn(connection, RENEWAL_RETRY_MS, true)
      else renewIn(connection, DRAIN_RETRY_MS * (1 + connection.environment.random()), false)
  }
}
