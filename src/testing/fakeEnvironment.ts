/**
 * An `Environment` whose time, network and page a test moves by hand. Sockets stay in `CONNECTING` until the test (or
 * the `onSocket` option, which plays the server) opens them.
 */
import type { Environment, EnvironmentSignal } from '../transport/environment.ts'
import { createFakeSocket, type FakeSocket } from './fakeSocket.ts'
import { createRandom } from './server/random.ts'
import { createVirtualClock, type VirtualClock } from './virtualClock.ts'

export type { FakeSocket } from './fakeSocket.ts'

export interface FakeEnvironmentOptions {
  /** Plays the server for every socket; runs in a microtask after the constructor, as a network would at the earliest. */
  readonly onSocket?: (socket: FakeSocket) => void
  /** Seed of `random()`. @default 1 */
  readonly seed?: number
  /** After how many frames what arrives in one task is left for the next one; asked for each task. @default all of them */
  readonly framesPerTask?: () => number
  /** Wall clock at `now() === 0`. @default 2024-01-15T10:30:00Z */
  readonly startAt?: number
}

export interface FakeEnvironment {
  readonly environment: Environment
  readonly clock: Pick<VirtualClock, 'now' | 'advance' | 'suspend' | 'skew'>
  /** Every socket ever created, oldest first. */
  readonly sockets: readonly FakeSocket[]
  /** The newest socket. @throws when there is none */
  socket(): FakeSocket
  setOnline(online: boolean): void
  setVisible(visible: boolean): void
  /** The page comes back from the back/forward cache. */
  showPage(): void
  /** What is still held: all zero means that nothing leaks. */
  held(): { readonly timers: number; readonly listeners: number; readonly sockets: number }
  /** Settles pending promises without moving time. */
  flush(): Promise<void>
}

export function createFakeEnvironment(options: FakeEnvironmentOptions = {}): FakeEnvironment {
  const clock = createVirtualClock(options.startAt ?? 1_705_314_600_000)
  const page = createPage()
  const network = createNetwork(options.onSocket)
  return {
    environment: {
      createSocket: network.createSocket,
      now: clock.now,
      wallNow: clock.wallNow,
      setTimer: clock.setTimer,
      defer: (callback) => clock.setTimer(callback, 0),
      isOver: createTasks(options.framesPerTask),
      requestFrame: clock.requestFrame,
      random: createRandom(options.seed ?? 1),
      createId: clock.createId,
      isOnline: page.isOnline,
      subscribe: page.subscribe,
    },
    clock: { now: clock.now, advance: clock.advance, suspend: clock.suspend, skew: clock.skew },
    sockets: network.sockets,
    socket: network.newest,
    setOnline: page.setOnline,
    setVisible: (visible) => page.emit(visible ? 'visible' : 'hidden'),
    showPage: () => page.emit('pageshow'),
    held: () => ({ timers: clock.pending(), listeners: page.listeners(), sockets: network.open() }),
    flush: () => clock.flush(),
  }
}

/** Tells tasks apart by the promises in between. */
function createTasks(framesPerTask = () => Number.POSITIVE_INFINITY): () => boolean {
  let left: number | undefined
  return () => {
    if (left === undefined) {
      left = framesPerTask()
      queueMicrotask(() => {
        left = undefined
      })
    }
    return --left <= 0
  }
}

function createPage() {
  const listeners = new Set<(signal: EnvironmentSignal) => void>()
  let online = true
  const emit = (signal: EnvironmentSignal) => {
    for (const listener of [...listeners]) listener(signal)
  }
  return {
    emit,
    listeners: () => listeners.size,
    isOnline: () => online,
    setOnline: (value: boolean) => {
      online = value
      emit(value ? 'online' : 'offline')
    },
    subscribe: (listener: (signal: EnvironmentSignal) => void) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

function createNetwork(onSocket: FakeEnvironmentOptions['onSocket']) {
  const sockets: FakeSocket[] = []
  return {
    sockets,
    createSocket: (url: string, protocols: readonly string[]) => {
      const socket = createFakeSocket(url, protocols)
      sockets.push(socket)
      queueMicrotask(() => onSocket?.(socket))
      return socket
    },
    newest: () => {
      const socket = sockets.at(-1)
      if (!socket) throw new Error('No socket was created')
      return socket
    },
    open: () => sockets.filter((socket) => socket.readyState <= 1).length,
  }
}
