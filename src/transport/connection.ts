/** One endpoint's connection as the manager uses it: held, sent through, listened to. */
import type { ChannelEvent } from './channelEvents.ts'
import { createChannels } from './channels.ts'
import { type ConnectionState, INITIAL_STATE, type MachineEvent, publicState } from './connectionMachine.ts'
import { disconnected, failureOf, lose, raise, type Shell, writeBare } from './connectionShell.ts'
import type { Context } from './context.ts'
import { dial } from './dial.ts'
import { LiveError } from './errors.ts'
import { createHeartbeat } from './heartbeat.ts'
import { decodeEvent, receive } from './inbox.ts'
import type { ConnectionProblem } from './lossPolicy.ts'
import { createOutbox } from './outbox.ts'
import type { Channel, ChannelListener, ChannelSpec, Delivery } from './port.ts'
import { type RequestSpec, request } from './requests.ts'
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
  /** `keep`: until `disconnect`, whoever else holds it. */
  connect(keep: boolean): void
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
  readonly holders: Set<unknown>
}

/** The holder that `connect()` stands for. */
const USER = 'user'

export function createConnection(context: Context, host: ConnectionHost): Connection {
  const holders = new Set<unknown>()
  const shell = createShell(context, host, () => hold(held, true))
  const held: Held = { shell, host, holders }
  const tell = (event: MachineEvent) => raise(shell, event)
  return {
    connect: (keep) => {
      if (keep) holders.add(USER)
      if (keep) shell.timers.clear('linger')
      tell({ type: 'connect' })
    },
    disconnect: () => {
      tell({ type: 'disconnect' })
      holders.delete(USER)
    },
    hold: (revive) => hold(held, revive),
    send: (type, data, delivery) => send(held, { type, data, delivery }),
    request: async (spec) => {
      const problem = failureOf(shell) ?? (shell.state.phase === 'disconnected' ? disconnected() : undefined)
      if (problem) throw problem
      return request(context, shell.outbox, spec).finally(hold(held, false))
    },
    open: (spec, listener) => shell.channels.open(spec, listener),
    wake: (isOffline) => {
      const sinceDialMs = context.environment.now() - shell.dialedAt
      if (!isOffline || shell.current) tell({ type: 'wake', sinceDialMs })
    },
    renew: () => {
      if (shell.current) tell({ type: 'renew', refresh: false })
      else if (holders.size > 0) tell({ type: 'connect' })
    },
    close: (error) => {
      tell({ type: 'disconnect' })
      shell.outbox.drop(error)
      holders.delete(USER)
      // Who still holds it finds it disconnected, and can have it back by `connect()`.
      if (holders.size === 0) end(held)
    },
  }
}

function createShell(context: Context, host: ConnectionHost, holdIt: () => () => void): Shell {
  const outbox = createOutbox(context, () => shell.publish())
  const shell: Shell = {
    context,
    outbox,
    timers: createTimers(context.environment),
    heartbeat: createHeartbeat(context, {
      sendPing: (timestamp) => {
        outbox.mark()
        writeBare(shell, shell.current, { type: 'ping', data: { timestamp } })
      },
      onSilent: () => {
        const reason = 'The server stopped answering'
        if (shell.current) lose(shell, shell.current.attempt, { cause: 'silent', code: 1006, reason })
      },
      onRoundTrip: (latencyMs) => {
        shell.latencyMs = latencyMs
        shell.publish()
      },
    }),
    channels: createChannels({
      context,
      request: (type, data) => request(context, outbox, { type, data, control: true }),
      hold: holdIt,
      isUp: () => shell.current !== undefined,
      failure: () => failureOf(shell),
      answers: () => outbox.isAnswering(),
      decode: (frame) => decodeEvent(shell, frame),
      onSettled: () => {
        if (shell.current) raise(shell, { type: 'settled', attempt: shell.current.attempt, step: 'sync' })
      },
    }),
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
    dial: (attempt, refresh) =>
      dial(shell, attempt, {
        refresh,
        onMessage: (data) => receive(shell, { attempt, data }, host.onEvents),
      }),
    deliver: (events) => {
      if (events.length === 0) return
      shell.channels.receive(events)
      host.onEvents(events)
    },
    publish: () => host.onStatus(statusOf(shell)),
  }
  return shell
}

function statusOf({ state, lastConnectedAt, latencyMs, current, outbox }: Shell): ConnectionStatus {
  return {
    state: publicState(state),
    error: state.problem,
    reconnectAttempts: current ? 0 : state.trouble.losses,
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
    // What was disconnected on purpose stays so, and visibly, until somebody wants it again.
    if (!holders.delete(holder) || holders.size > 0 || shell.state.phase === 'disconnected') return
    // Not at once: a route change, or React's StrictMode, lets go and takes hold again a moment later.
    shell.timers.set('linger', shell.context.lingerMs, () => end(held))
  }
}

function end({ shell, host }: Held): void {
  shell.timers.clear('linger')
  raise(shell, { type: 'release' })
  // Whoever waited for something would hold it; what is left are repeats of frames that were written already.
  shell.outbox.drop(new LiveError('closed', 'Nobody holds the connection any more'))
  host.onIdle()
}

async function send(held: Held, frame: { type: string; data: unknown; delivery: Delivery }): Promise<void> {
  const { shell } = held
  const { type, data, delivery } = frame
  if (delivery === 'volatile' && !shell.current) return
  const failure = failureOf(shell)
  if (failure) throw failure
  const release = hold(held, false)
  await new Promise<void>((resolve, reject) => {
    shell.outbox.push({
      frame: shell.context.createFrame(type, data),
      delivery,
      onWritten: resolve,
      onDropped: (error) => (error ? reject(error) : resolve()),
    })
  }).finally(release)
}
