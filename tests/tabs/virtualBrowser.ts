/**
 * A browser whose pages a test opens, hides, freezes and kills: their locks, channels, timers and sockets, on one clock.
 * What a frozen page would hear waits until it thaws; its locks stay with it.
 */
import type { LockRequest, PageSignal, TabsBrowser } from '../../src/tabs/index.ts'
import { createFakeSocket, type FakeSocket } from '../../src/testing/fakeSocket.ts'
import type { Random } from '../../src/testing/server/random.ts'
import type { VirtualClock } from '../../src/testing/virtualClock.ts'
import type { Environment, EnvironmentSignal } from '../../src/transport/index.ts'

export interface BrowserOptions {
  readonly clock: VirtualClock
  readonly random: Random
  /** Plays the server. */
  readonly onSocket: (socket: FakeSocket) => void
  /** The longest way of a message between pages, or of a lock. @default 0 */
  readonly maxDelayMs?: number
  /** How likely a message between pages is lost. @default 0 */
  readonly loss?: () => number
}

export interface Page {
  readonly name: string
  readonly environment: Environment
  readonly browser: TabsBrowser
  readonly sockets: readonly FakeSocket[]
  isAlive(): boolean
  isFrozen(): boolean
  setHidden(isHidden: boolean): void
  /** `isTold: false`: the process stands still, and the page hears of nothing. */
  freeze(isTold?: boolean): void
  thaw(): void
  /** As the user closes it. */
  close(): void
  crash(): void
}

export interface Lock {
  holder: Waiting | undefined
  readonly queue: Waiting[]
}

export interface Waiting {
  readonly page: PageRecord
  readonly request: LockRequest
}

interface Endpoint {
  readonly page: PageRecord
  readonly hear: (message: unknown) => void
  /** When the last message from each other one comes: none overtakes another. */
  readonly dueAt: Map<Endpoint, number>
  isOpen: boolean
}

export interface PageRecord {
  readonly name: string
  state: 'active' | 'frozen' | 'dead'
  isHidden: boolean
  readonly backlog: (() => void)[]
  readonly sockets: FakeSocket[]
  readonly listeners: Set<(signal: PageSignal) => void>
  readonly signals: Set<(signal: EnvironmentSignal) => void>
}

export function createVirtualBrowser({
  clock,
  random,
  onSocket,
  maxDelayMs = 0,
  loss = () => 0,
}: BrowserOptions) {
  const locks = new Map<string, Lock>()
  const channels = new Map<string, Set<Endpoint>>()
  const pages: Page[] = []

  const run = (page: PageRecord, task: () => void) => {
    if (page.state === 'frozen') page.backlog.push(task)
    else if (page.state === 'active') task()
  }
  const later = (page: PageRecord, task: () => void) =>
    void clock.setTimer(() => run(page, task), random() * maxDelayMs)

  const lockOf = (name: string) => {
    const lock = locks.get(name) ?? { holder: undefined, queue: [] }
    locks.set(name, lock)
    return lock
  }

  function grantNext(lock: Lock): void {
    if (lock.holder) return
    const next = lock.queue.shift()
    if (!next) return
    lock.holder = next
    later(next.page, () => lock.holder === next && next.request.onHeld())
  }

  function requestLock(page: PageRecord, name: string, request: LockRequest): () => void {
    const lock = lockOf(name)
    const mine: Waiting = { page, request }
    if (request.steal) {
      const { holder } = lock
      lock.holder = undefined
      if (holder) later(holder.page, () => holder.request.onStolen?.())
      lock.queue.unshift(mine)
    } else lock.queue.push(mine)
    grantNext(lock)
    return () => giveBack(lock, mine)
  }

  function giveBack(lock: Lock, mine: Waiting): void {
    const at = lock.queue.indexOf(mine)
    if (at >= 0) lock.queue.splice(at, 1)
    if (lock.holder !== mine) return
    lock.holder = undefined
    grantNext(lock)
  }

  function openChannel(page: PageRecord, name: string, hear: (message: unknown) => void) {
    const open = channels.get(name) ?? new Set()
    channels.set(name, open)
    const mine: Endpoint = { page, hear, dueAt: new Map(), isOpen: true }
    open.add(mine)
    const send = (to: Endpoint, message: unknown) => {
      if (random() < loss()) return
      const now = clock.now()
      const dueAt = Math.max(now + random() * maxDelayMs, to.dueAt.get(mine) ?? 0)
      to.dueAt.set(mine, dueAt)
      clock.setTimer(() => run(to.page, () => to.isOpen && to.hear(message)), dueAt - now)
    }
    return {
      post(message: unknown) {
        if (!mine.isOpen) throw new Error('The channel is closed')
        for (const to of open) if (to !== mine) send(to, structuredClone(message))
      },
      close() {
        mine.isOpen = false
        open.delete(mine)
      },
    }
  }

  function end(page: PageRecord): void {
    if (page.state === 'dead') return
    page.state = 'dead'
    page.backlog.length = 0
    for (const socket of page.sockets) {
      socket.onopen = socket.onmessage = socket.onclose = null
      socket.close()
    }
    for (const open of channels.values())
      for (const endpoint of open) if (endpoint.page === page) open.delete(endpoint)
    for (const lock of locks.values()) {
      for (const waiting of lock.queue.filter((one) => one.page === page)) giveBack(lock, waiting)
      if (lock.holder?.page === page) giveBack(lock, lock.holder)
    }
  }

  const tell = (page: PageRecord, signal: PageSignal) => {
    for (const listener of [...page.listeners]) listener(signal)
  }

  function openPage(): Page {
    const page: PageRecord = {
      name: `page-${pages.length + 1}`,
      state: 'active',
      isHidden: false,
      backlog: [],
      sockets: [],
      listeners: new Set(),
      signals: new Set(),
    }
    const environment = environmentOf(page)
    const opened: Page = {
      name: page.name,
      environment,
      browser: {
        openChannel: (name, onMessage) => openChannel(page, name, onMessage),
        lock: (name, request) => requestLock(page, name, request),
        isHeldBy: (name, other) =>
          new Promise((resolve) => {
            later(page, () => {
              const holder = lockOf(name).holder?.page
              resolve(holder !== undefined && holder === lockOf(other).holder?.page)
            })
          }),
        isHidden: () => page.isHidden,
        subscribe(listener) {
          page.listeners.add(listener)
          return () => void page.listeners.delete(listener)
        },
      },
      sockets: page.sockets,
      isAlive: () => page.state !== 'dead',
      isFrozen: () => page.state === 'frozen',
      setHidden(isHidden) {
        if (page.isHidden === isHidden) return
        page.isHidden = isHidden
        run(page, () => {
          tell(page, isHidden ? 'hidden' : 'visible')
          for (const listener of [...page.signals]) listener(isHidden ? 'hidden' : 'visible')
        })
      },
      freeze(isTold = false) {
        if (page.state !== 'active') return
        if (isTold) tell(page, 'sleep')
        page.state = 'frozen'
      },
      thaw() {
        if (page.state !== 'frozen') return
        page.state = 'active'
        // Each is a task: what one promises comes before the next.
        for (const task of page.backlog.splice(0)) clock.setTimer(() => run(page, task), 0)
        clock.setTimer(() => run(page, () => tell(page, 'wake')), 0)
      },
      close() {
        run(page, () => tell(page, 'sleep'))
        end(page)
      },
      crash: () => end(page),
    }
    pages.push(opened)
    return opened
  }

  function environmentOf(page: PageRecord): Environment {
    const setTimer: Environment['setTimer'] = (callback, delayMs) => {
      let isOff = false
      const cancel = clock.setTimer(() => run(page, () => isOff || callback()), delayMs)
      return () => {
        isOff = true
        cancel()
      }
    }
    return {
      createSocket(url, protocols) {
        const socket = gated(createFakeSocket(url, protocols), (task) => run(page, task))
        page.sockets.push(socket)
        queueMicrotask(() => onSocket(socket))
        return socket
      },
      now: clock.now,
      wallNow: clock.wallNow,
      setTimer,
      defer: (callback) => setTimer(callback, 0),
      isOver: () => false,
      requestFrame: (callback) => setTimer(callback, 16),
      random,
      createId: clock.createId,
      isOnline: () => true,
      subscribe(listener) {
        page.signals.add(listener)
        return () => void page.signals.delete(listener)
      },
    }
  }

  return {
    openPage,
    pages: pages as readonly Page[],
    locks: locks as ReadonlyMap<string, Lock>,
    /** How many are open. */
    channels: () => [...channels.values()].reduce((sum, open) => sum + open.size, 0),
  }
}

/** What a frozen page's socket would hear waits. */
function gated(socket: FakeSocket, run: (task: () => void) => void): FakeSocket {
  const { accept, receive, drop } = socket
  return Object.assign(socket, {
    accept: () => run(() => accept()),
    receive: (message: unknown) => run(() => receive(message)),
    drop: (code?: number, reason?: string) => run(() => drop(code, reason)),
  })
}
