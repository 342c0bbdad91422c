/** One endpoint's connection as the manager uses it: held, sent through, listened to. */
import type { ChannelEvent } from './channelEvents.ts'
import { createChannels } from './channels.ts'
import {
  type ConnectionProblem,
  type ConnectionState,
  INITIAL_STATE,
  publicState,
} from './connectionMachine.ts'
import { disconnected, failureOf, lose, raise, type Shell } from './connectionShell.ts'
import type { Context } from './context.ts'
import type { LiveError } from './errors.ts'
import { createHeartbeat } from './heartbeat.ts'
import { createInbox, type Inbox } from './inbox.ts'
import { createOutbox } from './outbox.ts'
import type { Channel, ChannelListener, ChannelSpec, Delivery } from './port.ts'
import { createRequests, type RequestSpec, type Requests } from './requests.ts'
import { createTimers } from './timers.ts'

export interface ConnectionStatus {
  readonly state: ConnectionState
  /** Why it is not connected; `null` while it is. */
  readonly error: ConnectionProblem | null
  /** Which retry is under way; 0 while connected. */
  readonly reconnectAttempts: number
  /** Wall-clock milliseconds. */
  readonly lastConnectedAt: number | null
  readonly isAuthenticated: boolean
  readonly latencyMs: number | null
  /** Frames that wait to be sent. */
  readonly queued: number
}

export interface Connection {
  connect(hold: boolean): void
  disconnect(): void
  /** Keeps it open until released. `revive`: undoes an earlier `disconnect()` that nobody else lives with. */
  hold(revive: boolean): () => void
  send(type: string, data: unknown, delivery: Delivery): Promise<void>
  request(spec: RequestSpec): Promise<unknown>
  open(spec: ChannelSpec, listener: ChannelListener): Channel
  /** Signs of life are asked for; what has given up tries again. `isOffline`: asking is all that makes sense. */
  wake(isOffline: boolean): void
  /** Moves to a socket with a fresh token, without a gap. */
  renew(): void
  status(): ConnectionStatus
  close(error: LiveError): void
}

export interface ConnectionHost {
  onStatus(status: ConnectionStatus): void
  onEvents(events: readonly ChannelEvent[]): void
  /** Nobody holds it and it has ended. */
  onIdle(): void
}

interface Held {
  readonly shell: Shell
  readonly host: ConnectionHost
  readonly requests: Requests
  readonly holders: Set<unknown>
}

/** The holder that `connect()` stands for. */
const USER = 'user'

export function createConnection(context: Context, endpoint: string, host: ConnectionHost): Connection {
  const held = assemble(context, endpoint, host)
  const { shell, holders } = held
  return {
    connect: (keep) => {
      if (keep) holders.add(USER)
      if (keep) shell.timers.clear('linger')
      raise(shell, { type: 'connect' })
    },
    disconnect: () => {
      raise(shell, { type: 'disconnect' })
      holders.delete(USER)
    },
    hold: (revive) => hold(held, revive),
    send: (type, data, delivery) => send(held, { type, data, delivery }),
    request: (spec) => request(held, spec),
    open: (spec, listener) => shell.channels.open(spec, listener),
    wake: (isOffline) => {
      const sinceDialMs = context.environment.now() - shell.dialedAt
      if (!isOffline || shell.current) raise(shell, { type: 'wake', sinceDialMs })
    },
    renew: () => {
      if (shell.current) raise(shell, { type: 'renew', refresh: false })
      else if (holders.size > 0) raise(shell, { type: 'connect' })
    },
    status: () => statusOf(shell),
    close: (error) => {
      raise(shell, { type: 'disconnect' })
      shell.outbox.drop(error)
      holders.delete(USER)
      // Who still holds it finds it disconnected, and can have it back by `connect()`.
      if (holders.size === 0) end(held)
    },
  }
}

function assemble(context: Context, endpoint: string, host: ConnectionHost): Held {
  const { environment, settings } = context
  const publish = () => host.onStatus(statusOf(shell))
  const outbox = createOutbox(context, endpoint, () => publish())
  const requests = createRequests(context, outbox)
  const heartbeat = createHeartbeat(environment, settings.heartbeat, {
    sendPing: (timestamp) => inbox.sendPing(timestamp),
    onSilent: () => {
      const { state } = shell
      if (state.phase !== 'connected') return
      lose(shell, state.attempt, { cause: 'silent', code: 1006, reason: 'The server stopped answering' })
    },
    onRoundTrip: ({ latencyMs, clockOffsetMs }) => {
      shell.latencyMs = latencyMs
      context.inspector.report({ type: 'roundTrip', endpoint, latencyMs, clockOffsetMs })
      publish()
    },
  })
  const channels = createChannels({
    context,
    endpoint,
    request: (spec) => requests.request(spec),
    hold: () => hold(held, true),
    isUp: () => shell.current !== undefined,
    failure: () => failureOf(shell),
    answers: () => outbox.isAnswering(),
    decode: (frame) => inbox.decode(frame),
    onSettled: () => {
      const { state } = shell
      if (state.phase === 'connected') raise(shell, { type: 'settled', attempt: state.attempt, step: 'sync' })
    },
  })
  const shell: Shell = {
    context,
    endpoint,
    timers: createTimers(environment),
    outbox,
    heartbeat,
    channels,
    links: new Map(),
    events: [],
    state: INITIAL_STATE,
    isRunning: false,
    current: undefined,
    handOver: undefined,
    principal: undefined,
    dialedAt: 0,
    lastConnectedAt: null,
    latencyMs: null,
    onMessage: (attempt, data) => inbox.receive(attempt, data),
    deliver: (events) => inbox.deliver(events),
    publish,
  }
  const inbox: Inbox = createInbox(shell, requests, (events) => host.onEvents(events))
  const held: Held = { shell, host, requests, holders: new Set() }
  return held
}

function statusOf({ state, lastConnectedAt, latencyMs, current, outbox }: Shell): ConnectionStatus {
  const shown = publicState(state)
  return {
    state: shown,
    error: state.problem,
    reconnectAttempts: shown === 'CONNECTED' ? 0 : state.trouble.losses,
    lastConnectedAt,
    isAuthenticated: current?.token !== undefined,
    latencyMs,
    queued: outbox.size(),
  }
}

function hold(held: Held, revive: boolean): () => void {
  const { shell, holders } = held
  const holder = {}
  const isFirst = holders.size === 0
  holders.add(holder)
  shell.timers.clear('linger')
  if (shell.state.phase === 'idle' || (revive && isFirst)) raise(shell, { type: 'hold' })
  return () => {
    if (holders.delete(holder)) releaseLater(held)
  }
}

/** Not at once: a route change, or React's StrictMode, lets go and takes hold again a moment later. */
function releaseLater(held: Held): void {
  const { shell, holders } = held
  if (holders.size > 0) return
  const { phase } = shell.state
  // What was disconnected on purpose stays so, and visibly, until somebody wants it again.
  if (phase !== 'disconnected') shell.timers.set('linger', shell.context.settings.lingerMs, () => end(held))
}

function end({ shell, host }: Held): void {
  shell.timers.clear('linger')
  raise(shell, { type: 'release' })
  host.onIdle()
}

function send(held: Held, frame: { type: string; data: unknown; delivery: Delivery }): Promise<void> {
  const { shell } = held
  const { type, data, delivery } = frame
  const failure = failureOf(shell)
  if (delivery === 'volatile' && !shell.current) return Promise.resolve()
  if (failure) return Promise.reject(failure)
  const release = hold(held, false)
  return new Promise<void>((resolve, reject) => {
    shell.outbox.push({
      frame: shell.context.createFrame(type, data),
      delivery,
      request: false,
      idempotent: false,
      onWritten: resolve,
      onDropped: (error) => (error ? reject(error) : resolve()),
    })
  }).finally(release)
}

function request(held: Held, spec: RequestSpec): Promise<unknown> {
  const { shell, requests } = held
  const failure = failureOf(shell)
  if (failure) return Promise.reject(failure)
  if (shell.state.phase === 'disconnected') return Promise.reject(disconnected())
  const release = hold(held, false)
  return requests.request(spec).finally(release)
}
