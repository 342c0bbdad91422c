/** What a tab does for the others while it has the lock, and for a little longer when it has given it away. */
import type { TabsBrowser, TabsChannel } from './browser.ts'
import { createHub, type HubParts } from './hub.ts'
import type { Asked, PortMessage, Told } from './wire.ts'

export interface LeaderParts extends HubParts {
  readonly browser: TabsBrowser
  /** The lock, and that of any tab. */
  readonly lockName: string
  readonly nameOf: (tab: string) => string
  readonly tab: string
  readonly term: string
  /** The lock is somebody else's. */
  readonly onStolen: () => void
}

export interface Leader {
  readonly term: string
  /** A tab asks who leads. */
  answer(tab: string): void
  /** Of this tab itself. */
  ask(socket: string, asked: Asked, tell: (told: Told) => void): void
  bufferedBytes(socket: string): number
  /** Others are to go elsewhere; what they have here ends when they have. */
  resign(): void
  /** At once. */
  drop(): void
  verify(): void
  tidy(): void
}

/** For so long it is taken for granted that the lock is still there: less than anybody waits who takes it. Milliseconds. */
const LEASE_MS = 1_000
/** Told to a tab that says nothing itself: it stands still, and all of this waits for it. */
const MAX_UNHEARD = 10_000
const UNKNOWN: Told = { type: 'closed', code: 1006, reason: '' }

interface Follower {
  readonly channel: TabsChannel
  readonly stopWatching: () => void
  /** Of each socket: what was heard, and what was told. */
  readonly heard: Map<string, number>
  readonly told: Map<string, number>
  unheard: number
}

export function createLeader(parts: LeaderParts): Leader {
  const { browser, environment, term, lockName, nameOf, tab: own, onStolen } = parts
  const hub = createHub(parts)
  const followers = new Map<string, Follower>()
  const waiting: (() => void)[] = []
  let isVerified = environment.now()
  let hasLock = true
  let hasEnded = false

  /** A page that stood still does not know what has become of its lock. */
  function whileHeld(run: () => void): void {
    if (hasEnded) return
    if (waiting.length === 0 && (!hasLock || environment.now() - isVerified < LEASE_MS)) return run()
    if (waiting.push(run) > 1) return
    const askedAt = environment.now()
    const goOn = () => {
      isVerified = askedAt
      for (const one of waiting.splice(0)) if (!hasEnded) one()
    }
    const judge = (isHeld: boolean) => (isHeld || !hasLock ? goOn() : onStolen())
    browser.isHeldBy(lockName, nameOf(own)).then(judge, () => judge(false))
  }

  function forget(tab: string): void {
    const follower = followers.get(tab)
    followers.delete(tab)
    follower?.stopWatching()
    follower?.channel.close()
    hub.dropTab(tab)
  }

  function tell(tab: string, socket: string, told: Told): void {
    const follower = followers.get(tab)
    if (!follower) return
    const count = (follower.told.get(socket) ?? 0) + 1
    if (told.type === 'closed') forgetSocket(follower, socket)
    else follower.told.set(socket, count)
    try {
      follower.channel.post({ type: 'told', term, socket, count, told } satisfies PortMessage)
    } catch {
      // A codec may decode to what cannot be cloned; what the count lacks ends that socket, and the next one begins anew.
    }
    if (++follower.unheard > MAX_UNHEARD) forget(tab)
  }

  function take(tab: string, message: PortMessage): void {
    const follower = followers.get(tab)
    if (!follower || message.term !== term) return
    follower.unheard = 0
    if (message.type === 'mine') return compare(tab, message.sockets)
    if (message.type !== 'asked') return
    const { socket, count, asked } = message
    const isNext = count === (follower.heard.get(socket) ?? 0) + 1
    follower.heard.set(socket, count)
    // Something was lost on the way, or it is of a time before this.
    const isLost = !isNext || (asked.type !== 'open' && !hub.has(socket))
    if (asked.type === 'close' || isLost) {
      hub.close(socket)
      forgetSocket(follower, socket)
      if (isLost && asked.type !== 'close') tell(tab, socket, UNKNOWN)
      if (!hasLock && hub.isEmpty()) end()
      return
    }
    act(tab, socket, asked, (told) => tell(tab, socket, told))
  }

  function compare(tab: string, sockets: readonly string[]): void {
    hub.dropTab(tab, sockets)
    for (const socket of sockets) if (!hub.has(socket)) tell(tab, socket, UNKNOWN)
  }

  function act(tab: string, socket: string, asked: Asked, told: (told: Told) => void): void {
    if (asked.type === 'close') return hub.close(socket)
    if (asked.type === 'open' && !hasLock) return told(UNKNOWN)
    if (asked.type === 'write') return hub.write(socket, asked)
    try {
      hub.open(socket, tab, asked, told)
    } catch {
      // A URL that this browser does not take: the tab that wants it finds out, and says so.
      told(UNKNOWN)
    }
  }

  function meet(tab: string): Follower {
    const known = followers.get(tab)
    if (known) return known
    const follower: Follower = {
      channel: browser.openChannel(nameOf(tab), (message) =>
        whileHeld(() => take(tab, message as PortMessage)),
      ),
      // It has its own lock for as long as it lives.
      stopWatching: browser.lock(nameOf(tab), { onHeld: () => forget(tab) }),
      heard: new Map(),
      told: new Map(),
      unheard: 0,
    }
    followers.set(tab, follower)
    return follower
  }

  function end(): void {
    if (hasEnded) return
    hub.closeAll()
    hasEnded = true
    for (const tab of [...followers.keys()]) forget(tab)
  }

  return {
    term,
    answer: (tab) =>
      whileHeld(() => {
        const follower = meet(tab)
        follower.unheard = 0
        follower.channel.post({ type: 'lead', term } satisfies PortMessage)
      }),
    ask: (socket, asked, told) => whileHeld(() => act(own, socket, asked, told)),
    bufferedBytes: hub.bufferedBytes,
    tidy: () => whileHeld(hub.tidy),
    resign() {
      hasLock = false
      if (hub.isEmpty()) end()
      else hub.drain()
    },
    drop: end,
    verify: () => {
      isVerified = Number.NEGATIVE_INFINITY
      whileHeld(() => undefined)
    },
  }
}

function forgetSocket({ heard, told }: Follower, socket: string): void {
  heard.delete(socket)
  told.delete(socket)
}
