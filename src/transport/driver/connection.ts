/** One endpoint's connection: runs its machine, keeps the sockets that it wants, performs its effects in order. */
import { upChannels } from '../channels/channels.ts'
import { end, hold } from '../connection/holders.ts'
import { flush, push } from '../connection/outbox.ts'
import { type RequestSpec, request } from '../connection/requests.ts'
import { createFrame, failureOf, publishStatus, reasonOf, type Shell, tell } from '../connection/shell.ts'
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
import { carry, disconnected, giveUp, goDown, renewIn, startHandOver, sweep } from './sockets.ts'

const RENEWAL_RETRY_MS = 10_000
/** The holder that `connect()` stands for. */
const USER = 'user'

export function createConnection(context: Context, name: string): Shell {
  const events: MachineEvent[] = []
  const shell: Shell = {
    ...context,
    name,
    timers: createTimers(context.environment),
    outbox: {
      queue: new Set(),
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
    holders: new Set(),
    links: new Map(),
    greetingWaiters: new Set(),
    raise: (event) => {
      // An event is taken out when its effects have run; what they raise comes behind it.
      if (events.push(event) > 1) return
      for (; events[0]; events.shift()) step(shell, events[0])
      publishStatus(shell)
    },
    sendPing: (deadlineMs) => sendPing(shell, deadlineMs),
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
  return shell
}

function step(shell: Shell, event: MachineEvent): void {
  const { reconnect, tokenManager, timers, state: before } = shell
  const [state, effects] = transition(before, event, { reconnect, canRefresh: tokenManager !== undefined })
  shell.state = state
  const from = publicState(before)
  const to = publicState(state)
  if (from !== to) tell(shell, { type: 'transition', from, to, cause: event.type, problem: state.problem })
  if (event.type === 'lost' && state.trouble.losses === TELLING_DIALS) tellUnreached(shell)
  if (dialOf(state) === null) timers.clear('connect')
  if (state.phase !== 'waiting') timers.clear('retry')
  listenToPage(shell)
  follow(shell, before)
  sweep(shell)
  for (const effect of effects) perform(shell, effect)
}

/** An address that has never worked is likely to be wrong, and whoever waits for it would not hear. Once. */
function tellUnreached({ name, told, state, lastConnectedAt, reportError }: Shell): void {
  if (lastConnectedAt !== null || told.has('unreached')) return
  told.add('unreached')
  reportError(
    name,
    new LiveError('connection_failed', `The connection to "${name}" does not come up: ${reasonOf(state)}`),
  )
}

/** Only while there is something to wake. */
function listenToPage(shell: Shell): void {
  const { environment, state, raise } = shell
  if (state.phase === 'idle' || state.phase === 'disconnected') {
    shell.stopListening?.()
    shell.stopListening = undefined
    return
  }
  shell.stopListening ??= environment.subscribe((signal) => {
    if (signal === 'visible' || signal === 'hidden') shell.isHidden = signal === 'hidden'
    // `offline` is often wrong; asking the server is how to find out.
    if (signal === 'hidden' || (signal === 'offline' && !shell.current)) return
    raise({ type: 'wake', sinceDialMs: environment.now() - shell.dialedAt })
  })
}

/** What a change of socket or of hope means to everyone else. */
function follow(shell: Shell, before: MachineState): void {
  const { phase } = shell.state
  const from = attemptOf(before)
  const to = attemptOf(shell.state)
  if (to === null) {
    const hasEnded = phase !== before.phase && phase !== 'dialing' && phase !== 'waiting'
    if (from !== null || hasEnded) goDown(shell)
  } else if (from === null) {
    carry(shell, to)
    // Subscriptions first: what the queue asks for may depend on them.
    upChannels(shell)
    flush(shell)
    startHeartbeat(shell)
    watchHeads(shell)
  } else if (from !== to) {
    startHandOver(shell, from, to)
  }
}

function perform(shell: Shell, effect: Effect): void {
  switch (effect.type) {
    case 'dial':
      dial(shell, effect.refresh)
      break
    case 'wait':
      tell(shell, { type: 'wait', delayMs: effect.delayMs, attempt: shell.state.trouble.losses })
      shell.retryAt = shell.environment.wallNow() + effect.delayMs
      shell.timers.set('retry', effect.delayMs, () => shell.raise({ type: 'retry' }))
      break
    case 'probe':
      sendPing(shell, PROBE_MS)
      break
    case 'postponeRenewal':
      renewIn(shell, RENEWAL_RETRY_MS, true)
  }
}

/** `keep`: until `disconnect`, whoever else holds it. */
export function connect(shell: Shell, keep: boolean): void {
  if (keep) {
    shell.holders.add(USER)
    shell.timers.clear('linger')
  }
  shell.raise({ type: 'connect' })
}

export function disconnect(shell: Shell): void {
  shell.raise({ type: 'disconnect' })
  shell.holders.delete(USER)
}

export function close(shell: Shell): void {
  giveUp(shell, new LiveError('closed', 'The manager was closed'))
  disconnect(shell)
  // Who still holds it finds it disconnected, and can have it back by `connect()`.
  if (shell.holders.size === 0) end(shell)
}

/** Moves to a socket with new credentials, without a gap where they are the same user's. */
export function reauthenticate(shell: Shell): void {
  // One that nobody holds, and that gave up, must not keep the next one who needs it waiting.
  const isNeeded = shell.current || shell.holders.size > 0
  shell.raise({ type: isNeeded ? 'reauthenticate' : 'release' })
}

/** A request that holds the connection for as long as it waits. */
export async function ask(shell: Shell, spec: RequestSpec): Promise<unknown> {
  const problem = failureOf(shell) ?? (shell.state.phase === 'disconnected' ? disconnected() : undefined)
  if (problem) throw problem
  return request(shell, spec).finally(hold(shell, false))
}

export interface SendSpec {
  readonly type: string
  readonly data: unknown
  readonly delivery: Delivery
  readonly guard?: Guard | undefined
}

export async function send(shell: Shell, { type, data, delivery, guard }: SendSpec): Promise<void> {
  if (delivery === 'volatile' && !shell.current) return
  const failure = failureOf(shell)
  if (failure) throw failure
  const release = hold(shell, false)
  await new Promise<void>((resolve, reject) => {
    push(shell, {
      frame: createFrame(shell, type, data),
      delivery,
      guard,
      onWritten: resolve,
      onDropped: (error) => (error ? reject(error) : resolve()),
    })
  }).finally(release)
}
