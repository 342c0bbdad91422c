/** The tabs of one user at one server, as one of them sees them: runs the election, and takes in the sockets of this tab. */
import type { PageSignal } from './browser.ts'
import { EFFECTS } from './effects.ts'
import { type ElectionInput, next, OUT } from './election.ts'
import { answer, tidy } from './leader.ts'
import { hearPort, placeAll, placeSocket } from './links.ts'
import { type Membership, type MembershipParts, wait } from './membership.ts'
import type { TabSocket } from './tabSocket.ts'
import type { GroupMessage, PortMessage } from './wire.ts'

export interface Group {
  take(tab: TabSocket): void
  /** One has ended. */
  release(tab: TabSocket): void
  hear(signal: PageSignal): void
}

/** Whoever only listens asks now and then whether there is still somebody. Milliseconds. */
const LOOK_MS = 5_000
/** Longer than between two signs that somebody looks at a tab. Milliseconds. */
const SEEN_MS = 15_000
/** Between two sockets of one connection there may be none. Milliseconds. */
const LEAVE_MS = 5_000

export function createGroup(parts: MembershipParts): Group {
  const inputs: ElectionInput[] = []
  const membership: Membership = {
    ...parts,
    id: parts.environment.createId(),
    nameOf: (tab) => `${parts.name} ${tab}`,
    sockets: new Map(),
    heard: new Map(),
    stops: new Map(),
    raise(input) {
      // Taken out when its effects have run; what they raise comes behind it.
      if (inputs.push(input) > 1) return
      for (; inputs[0]; inputs.shift()) step(membership, inputs[0])
    },
    state: OUT,
    channels: undefined,
    leader: undefined,
    giveBack: undefined,
    terms: 0,
    isAwaiting: false,
    seenAt: Number.NEGATIVE_INFINITY,
    isSeen: false,
  }
  const { sockets, heard, stops, raise, browser } = membership
  return {
    take(tab) {
      stops.get('leave')?.()
      sockets.set(tab.id, tab)
      if (membership.state.role === 'out') raise({ type: browser.isHidden() ? 'hidden' : 'visible' })
      raise({ type: 'join' })
      // Nothing is heard of a socket before whoever wants it has it.
      queueMicrotask(() => placeSocket(membership, tab))
    },
    release({ id }) {
      sockets.delete(id)
      heard.delete(id)
      if (sockets.size === 0) wait(membership, 'leave', [LEAVE_MS, () => raise({ type: 'leave' })])
    },
    hear(signal) {
      if (signal !== 'wake') raise({ type: signal })
      // Whoever waited for a socket when the page fell asleep still does.
      else if (sockets.size > 0) raise({ type: 'join' })
    },
  }
}

function step(membership: Membership, input: ElectionInput): void {
  const before = membership.state
  const [state, effects] = next(before, input)
  membership.state = state
  const { role } = state
  if (role !== 'out') enter(membership)
  for (const effect of effects) EFFECTS[effect](membership)
  if (role === 'out') leave(membership)
  if (role === before.role) return
  const { leader } = membership
  membership.report(role, role === 'follower' ? state.leader : leader?.term)
}

function enter(membership: Membership): void {
  const { browser, name, nameOf, id } = membership
  if (membership.channels) return
  membership.channels = {
    all: browser.openChannel(name, (message) => hearGroup(membership, message as GroupMessage)),
    own: browser.openChannel(nameOf(id), (message) => hearPort(membership, message as PortMessage)),
    // Whoever gets it knows that this tab is gone.
    giveBackOwn: browser.lock(nameOf(id), { onHeld: () => undefined }),
  }
  look(membership)
}

function leave(membership: Membership): void {
  const { stops, channels } = membership
  membership.channels = undefined
  for (const stop of stops.values()) stop()
  channels?.all.close()
  channels?.own.close()
  channels?.giveBackOwn()
}

function look(membership: Membership): void {
  const { raise } = membership
  const run = () => {
    raise({ type: 'doubt' })
    if (membership.state.role !== 'candidate') placeAll(membership)
    if (membership.leader) tidy(membership.leader)
    shareSight(membership)
    look(membership)
  }
  wait(membership, 'look', [LOOK_MS, run])
}

/** All tabs are one person's: a hidden one counts as looked at while another one is. */
function shareSight(membership: Membership): void {
  const { browser, channels, environment, seenAt, signal } = membership
  if (!browser.isHidden()) {
    membership.isSeen = false
    channels?.all.post({ type: 'seen' } satisfies GroupMessage)
    return
  }
  const isSeen = environment.now() - seenAt < SEEN_MS
  if (isSeen !== membership.isSeen) signal(isSeen ? 'visible' : 'hidden')
  membership.isSeen = isSeen
}

function hearGroup(membership: Membership, message: GroupMessage): void {
  const { leader, raise, environment } = membership
  const isSight =
    message.type === 'who' ? !message.isHidden : message.type === 'seen' || message.type === 'visible'
  if (isSight) membership.seenAt = environment.now()
  switch (message.type) {
    case 'who':
      return leader && answer(leader, message.tab)
    case 'visible':
      return raise({ type: 'otherVisible' })
    case 'lead':
      return raise({ type: 'announced', leader: message.term })
    case 'leaving':
    case 'gone':
      raise({ type: message.type, leader: message.term })
  }
}
