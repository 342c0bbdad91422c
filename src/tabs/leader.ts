/** What a tab does for the others while it has the lock, and for a little longer when it has given it away. */
import type { TabsBrowser, TabsChannel } from './browser.ts'
import { closePort, closePortsOf, createHub, drainHub, endHub, type Hub, openPort, tidyHub } from './hub.ts'
import { type LineParts, writeLine } from './line.ts'
import type { Asked, PortMessage, Told } from './wire.ts'

export interface LeaderParts extends LineParts {
  readonly browser: TabsBrowser
  /** Of the lock. */
  readonly name: string
  /** Of a tab's own lock and channel. */
  readonly nameOf: (tab: string) => string
  readonly id: string
  readonly term: string
  /** The lock is somebody else's. */
  readonly onStolen: () => void
}

export interface Leader extends LeaderParts {
  readonly hub: Hub
  readonly followers: Map<string, Follower>
  /** What is not done before it is known whose the lock is. */
  readonly waiting: (() => void)[]
  verifiedAt: number
  hasLock: boolean
  hasEnded: boolean
}

interface Follower {
  readonly channel: TabsChannel
  readonly stopWatching: () => void
  /** Of each socket: how much was heard, and told. */
  readonly heard: Map<string, number>
  readonly told: Map<string, number>
  /** Told since it was heard. */
  unheard: number
}

/** For so long it is taken for granted that the lock is still there: less than anybody waits who takes it. Milliseconds. */
const LEASE_MS = 1_000
/** A tab that says nothing itself stands still, and all of this waits for it. */
const MAX_UNHEARD = 10_000
/** Between one asking to go elsewhere and the next. Milliseconds. */
const RESIGN_MS = 3_000
/** As of a server that goes: no frame is to blame. */
const UNKNOWN: Told = { type: 'closed', code: 1001, reason: 'The tabs have lost touch' }

export function createLeader(parts: LeaderParts): Leader {
  return {
    ...parts,
    hub: createHub(parts),
    followers: new Map(),
    waiting: [],
    verifiedAt: parts.environment.now(),
    hasLock: true,
    hasEnded: false,
  }
}

/** A page that stood still does not know what has become of its lock. */
export function whileHeld(leader: Leader, run: () => void): void {
  const { waiting, environment, browser, name, nameOf, id } = leader
  if (leader.hasEnded) return
  const isHeld = !leader.hasLock || environment.now() - leader.verifiedAt < LEASE_MS
  if (waiting.length === 0 && isHeld) return run()
  if (waiting.push(run) > 1) return
  const askedAt = environment.now()
  const judge = (isOurs: boolean) => {
    if (!isOurs && leader.hasLock) return leader.onStolen()
    leader.verifiedAt = askedAt
    for (const one of waiting.splice(0)) if (!leader.hasEnded) one()
  }
  browser.isHeldBy(name, nameOf(id)).then(judge, () => judge(false))
}

/** Somebody else says that it leads. */
export function verify(leader: Leader): void {
  leader.verifiedAt = Number.NEGATIVE_INFINITY
  whileHeld(leader, () => undefined)
}

/** A tab asks who leads. */
export function answer(leader: Leader, tab: string): void {
  const { term } = leader
  whileHeld(leader, () => meet(leader, tab).channel.post({ type: 'lead', term } satisfies PortMessage))
}

function meet(leader: Leader, tab: string): Follower {
  const { followers, browser, nameOf } = leader
  const known = followers.get(tab)
  if (known) return known
  const hear = (message: unknown) => whileHeld(leader, () => take(leader, tab, message as PortMessage))
  const follower: Follower = {
    channel: browser.openChannel(nameOf(tab), hear),
    // It has its own lock for as long as it lives.
    stopWatching: browser.lock(nameOf(tab), { onHeld: () => forget(leader, tab) }),
    heard: new Map(),
    told: new Map(),
    unheard: 0,
  }
  followers.set(tab, follower)
  return follower
}

function forget({ followers, hub }: Leader, tab: string): void {
  const follower = followers.get(tab)
  followers.delete(tab)
  follower?.stopWatching()
  follower?.channel.close()
  closePortsOf(hub, tab)
}

function take(leader: Leader, tab: string, message: PortMessage): void {
  const follower = leader.followers.get(tab)
  if (!follower || message.term !== leader.term) return
  follower.unheard = 0
  if (message.type === 'mine') compare(leader, tab, message.sockets)
  if (message.type !== 'asked') return
  const { socket, count, asked } = message
  const isNext = count === (follower.heard.get(socket) ?? 0) + 1
  // Something was lost on the way, or it is of a time before this.
  const isLost = !isNext || (asked.type !== 'open' && !leader.hub.lineOf.has(socket))
  follower.heard.set(socket, count)
  const from = { tab, socket }
  act(leader, {
    ...from,
    asked: isLost ? { type: 'close' } : asked,
    tell: (told) => tell(leader, from, told),
  })
  if (isLost && asked.type !== 'close') tell(leader, from, UNKNOWN)
  else if (asked.type === 'close') forgetSocket(follower, socket)
}

/** Ends that one of the two has not heard of. */
function compare(leader: Leader, tab: string, sockets: readonly string[]): void {
  closePortsOf(leader.hub, tab, sockets)
  for (const socket of sockets) if (!leader.hub.lineOf.has(socket)) tell(leader, { tab, socket }, UNKNOWN)
}

interface Act {
  readonly tab: string
  readonly socket: string
  readonly asked: Asked
  readonly tell: (told: Told) => void
}

/** Of this tab itself, or another. */
export function act({ hub, hasLock }: Leader, { tab, socket, asked, tell }: Act): void {
  const line = hub.lineOf.get(socket)
  if (asked.type === 'close') return closePort(hub, socket)
  if (asked.type === 'write') return line && writeLine(line, socket, asked)
  // The next one has the lock.
  if (!hasLock) return tell(UNKNOWN)
  try {
    openPort(hub, socket, { tab, tell, wanted: asked })
  } catch {
    // A URL that this browser does not take.
    tell(UNKNOWN)
  }
}

/** Of a socket of another tab. */
function tell(leader: Leader, { tab, socket }: Pick<Act, 'tab' | 'socket'>, told: Told): void {
  const { term } = leader
  const follower = leader.followers.get(tab)
  if (!follower) return
  const count = (follower.told.get(socket) ?? 0) + 1
  follower.told.set(socket, count)
  if (told.type === 'closed') forgetSocket(follower, socket)
  try {
    follower.channel.post({ type: 'told', term, socket, count, told } satisfies PortMessage)
  } catch {
    // A codec may decode to what cannot be cloned; what the count lacks ends that socket, and the next one begins anew.
  }
  if (++follower.unheard > MAX_UNHEARD) forget(leader, tab)
}

function forgetSocket({ heard, told }: Follower, socket: string): void {
  heard.delete(socket)
  told.delete(socket)
}

/** Others are to go elsewhere; when they have, or had the time for it, nothing is left. */
export function resign(leader: Leader, askings = 5): void {
  leader.hasLock = false
  if (askings === 0 || leader.hub.lineOf.size === 0) return drop(leader)
  drainHub(leader.hub)
  leader.environment.setTimer(() => resign(leader, askings - 1), RESIGN_MS)
}

/** At once. */
export function drop(leader: Leader): void {
  if (leader.hasEnded) return
  endHub(leader.hub)
  leader.hasEnded = true
  for (const tab of [...leader.followers.keys()]) forget(leader, tab)
}

export function tidy(leader: Leader): void {
  whileHeld(leader, () => tidyHub(leader.hub))
}
