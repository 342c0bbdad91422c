/**
 * An `Environment` whose time, network and page a test moves by hand. Sockets stay in `CONNECTING` until the test (or
 * the `onSocket` option, which plays the server) opens them.
 */
import type { Environment, EnvironmentSignal } from '../transport/environment.ts'
import { createFakeSocket, type FakeSocket } from './fakeSocket.ts'

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
  readonly clock: {
    now(): number
    /** Moves time forward, running what falls due in order, with pending promises settled in between. */
    advance(ms: number): Promise<void>
    /** Lets time pass while no timer runs, as in a suspended laptop; timers that fell due run late, at the end. */
    suspend(ms: number): Promise<void>
    /** Moves the wall clock only. */
    skew(ms: number): void
  }
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

interface Timer {
  readonly dueAt: number
  readonly order: number
  readonly run: () => void
}

const FRAME_MS = 16
/** Deep enough for every promise chain of the library, and cheap. */
const MICROTASK_TURNS = 100

export function createFakeEnvironment(options: FakeEnvironmentOptions = {}): FakeEnvironment {
  const clock = createClock(options.startAt ?? 1_705_314_600_000)
  const page = createPage()
  const network = createNetwork(options.onSocket)
  let ids = 0
  return {
    environment: {
      createSocket: network.createSocket,
      now: clock.now,
      wallNow: clock.wallNow,
      setTimer: clock.setTimer,
      defer: (callback) => clock.setTimer(callback, 0),
      isOver: createTasks(options.framesPerTask),
      requestFrame: (callback) => clock.setTimer(callback, FRAME_MS),
      random: createRandom(options.seed ?? 1),
      createId: () => `id-${++ids}`,
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
    flush,
  }
}

function createClock(startAt: number) {
  const timers = new Set<Timer>()
  let nowMs = 0
  let wallOffsetMs = startAt
  let order = 0
  const runUntil = async (untilMs: number) => {
    await flush()
    for (let timer = nextTimer(timers, untilMs); timer; timer = nextTimer(timers, untilMs)) {
      timers.delete(timer)
      nowMs = Math.max(nowMs, timer.dueAt)
      timer.run()
      await flush()
    }
    nowMs = Math.max(nowMs, untilMs)
  }
  return {
    now: () => nowMs,
    wallNow: () => nowMs + wallOffsetMs,
    pending: () => timers.size,
    setTimer: (run: () => void, delayMs: number) => {
      const timer: Timer = { dueAt: nowMs + Math.max(0, delayMs), order: order++, run }
      timers.add(timer)
      return () => void timers.delete(timer)
    },
    advance: (ms: number) => runUntil(nowMs + ms),
    suspend: async (ms: number) => {
      nowMs += ms
      await runUntil(nowMs)
    },
    skew: (ms: number) => {
      wallOffsetMs += ms
    },
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

async function flush(): Promise<void> {
  for (let turn = 0; turn < MICROTASK_TURNS; turn++) await Promise.resolve()
}

function nextTimer(timers: ReadonlySet<Timer>, untilMs: number): Timer | undefined {
  let next: Timer | undefined
  for (const timer of timers) {
    if (timer.dueAt > untilMs) continue
    if (!next || timer.dueAt < next.dueAt || (timer.dueAt === next.dueAt && timer.order < next.order))
      next = timer
  }
  return next
}

/** mulberry32: small, seedable, good enough to shuffle delays. */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
