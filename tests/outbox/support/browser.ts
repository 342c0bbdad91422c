/** A browser for tests: pages over one storage, with locks and channels, any of which may be closed, killed or frozen. */
import type { OutboxRecord, OutboxStore } from '../../../src/outbox/index.ts'
import type { FakeEnvironment, FakeSocket } from '../../../src/testing/fakeEnvironment.ts'
import type { Environment, Socket } from '../../../src/transport/environment.ts'

type Fake = Pick<FakeEnvironment, 'environment'>

export interface BrowserOptions {
  readonly fake: Fake
  /** Of everything that is told from one to another. Milliseconds. @default 0 */
  readonly delayMs?: () => number
  /** @default true */
  readonly hasLocks?: boolean
}

interface Lock {
  readonly page: Page
  readonly grant: (letGo: () => void) => void
}

export interface Page {
  readonly environment: Environment
  readonly store: OutboxStore
  readonly sockets: readonly FakeSocket[]
  /** At once, in whatever it does: nothing more runs, and the network goes with it. */
  kill(): void
  freeze(): void
  thaw(): void
  readonly isGone: boolean
  /** What the storage does instead of keeping anything. */
  fault: (() => Error | 'hangs' | undefined) | undefined
}

export interface Disk {
  readonly users: Map<string, OutboxRecord[]>
}

export function createBrowser({ fake, delayMs = () => 0, hasLocks = true }: BrowserOptions) {
  const disk: Disk = { users: new Map() }
  const held = new Map<string, Lock[]>()
  const channels = new Set<{ readonly page: Page; readonly name: string; readonly heard: () => void }>()
  const later = (run: () => void) => fake.environment.setTimer(run, delayMs())

  const leave = (name: string, lock: Lock) => {
    const queue = held.get(name) ?? []
    const at = queue.indexOf(lock)
    if (at < 0) return
    queue.splice(at, 1)
    if (at === 0) grant(name)
  }

  const grant = (name: string) => {
    const [first] = held.get(name) ?? []
    if (first) later(() => first.grant(() => leave(name, first)))
  }

  function open(): Page {
    const waiting: (() => void)[] = []
    const sockets: FakeSocket[] = []
    let isGone = false
    let isFrozen = false
    /** Whatever reaches the page from outside. */
    const inside = (run: () => void) => {
      if (isGone) return
      if (isFrozen) waiting.push(run)
      else run()
    }
    const { environment } = fake
    const page: Page = {
      sockets,
      fault: undefined,
      get isGone() {
        return isGone
      },
      environment: {
        ...environment,
        setTimer: (run, ms) => environment.setTimer(() => inside(run), ms),
        defer: (run) => environment.setTimer(() => inside(run), 0),
        requestFrame: (run) => environment.requestFrame(() => inside(run)),
        subscribe: (listener) => environment.subscribe((signal) => inside(() => listener(signal))),
        createSocket(url, protocols) {
          const socket = environment.createSocket(url, protocols) as FakeSocket
          sockets.push(socket)
          return gated(socket, inside, () => isGone)
        },
      },
      store: {
        change: (user, change) =>
          new Promise((resolve, reject) => {
            const fault = page.fault?.()
            if (fault === 'hangs') return
            later(() => {
              if (isGone) return
              if (fault) return inside(() => reject(fault))
              try {
                const kept = disk.users.get(user) ?? []
                const known = new Set(kept)
                const next = change(kept).map((record) =>
                  known.has(record) ? record : structuredClone(record),
                )
                disk.users.set(user, next)
                later(() => inside(() => resolve(undefined)))
              } catch (error) {
                inside(() => reject(error))
              }
            })
          }),
        channel(name, heard) {
          const channel = { page, name, heard: () => inside(heard) }
          channels.add(channel)
          return {
            tell() {
              if (isGone) return
              for (const other of [...channels])
                if (other !== channel && other.name === name)
                  later(() => channels.has(other) && other.heard())
            },
            close: () => void channels.delete(channel),
          }
        },
        ...(hasLocks && {
          lock: (name: string, signal: AbortSignal) =>
            new Promise<() => void>((resolve, reject) => {
              if (isGone) return
              const lock: Lock = { page, grant: (letGo) => inside(() => resolve(letGo)) }
              const queue = held.get(name) ?? []
              held.set(name, queue)
              queue.push(lock)
              signal.addEventListener('abort', () => {
                if (queue[0] === lock) return
                leave(name, lock)
                reject(signal.reason)
              })
              if (queue[0] === lock) grant(name)
            }),
        }),
      },
      kill() {
        isGone = true
        for (const channel of channels) if (channel.page === page) channels.delete(channel)
        for (const [name, queue] of held)
          for (const lock of [...queue]) if (lock.page === page) leave(name, lock)
        for (const socket of sockets) if (socket.readyState <= 1) socket.onClientClose?.(1006, '')
      },
      freeze() {
        isFrozen = true
      },
      thaw() {
        isFrozen = false
        for (const run of waiting.splice(0)) inside(run)
      },
    }
    return page
  }

  return {
    open,
    disk,
    /** What is kept of a user, and not over. */
    kept: (user: string) => (disk.users.get(user) ?? []).filter((record) => 'variables' in record),
    records: (user: string) => disk.users.get(user) ?? [],
  }
}

/** The page's end of a socket. */
function gated(inner: FakeSocket, inside: (run: () => void) => void, isGone: () => boolean): Socket {
  const outer: Socket = {
    binaryType: 'blob',
    onopen: null,
    onmessage: null,
    onclose: null,
    onerror: null,
    get readyState() {
      return inner.readyState
    },
    get bufferedAmount() {
      return inner.bufferedAmount
    },
    send: (data) => {
      if (!isGone()) inner.send(data)
    },
    close: (code, reason) => {
      if (!isGone()) inner.close(code, reason)
    },
  }
  inner.onopen = (event) => inside(() => outer.onopen?.(event))
  inner.onmessage = (event) => inside(() => outer.onmessage?.(event))
  inner.onclose = (event) => inside(() => outer.onclose?.(event))
  inner.onerror = (event) => inside(() => outer.onerror?.(event))
  return outer
}
