/** The way of each socket of this tab to the real one: here, in another tab, or this tab's own. */
import { act, type Leader, whileHeld } from './leader.ts'
import { type Membership, wait } from './membership.ts'
import { dialAlone, type TabSocket } from './tabSocket.ts'
import type { Asked, PortMessage } from './wire.ts'

/** A leader that says nothing for so long after something was written is asked. Milliseconds. */
const QUIET_MS = 500
const LOST = { type: 'closed', code: 1001, reason: 'The tab that had the connection is gone' } as const
/** With the code of a server that goes: no frame is to blame. */
const BROKEN = { type: 'closed', code: 1001, reason: 'The tabs have lost touch' } as const
const DRAINING = { type: 'frames', frames: [{ type: 'draining', data: { retry_after_ms: 0 } }] } as const

/** To whoever has the real ones by now. */
export function placeSocket(membership: Membership, tab: TabSocket): void {
  const { leader, state, sockets } = membership
  if (tab.link || !sockets.has(tab.id)) return
  if (leader) linkHere(leader, tab)
  else if (state.role === 'follower') linkThere(membership, tab, state.leader)
}

function linkHere(leader: Leader, tab: TabSocket): void {
  const { term, id, hub } = leader
  const ask = (asked: Asked) =>
    whileHeld(leader, () => act(leader, { tab: id, socket: tab.id, asked, tell: tab.hear }))
  tab.link = {
    term,
    write: (written) => ask({ type: 'write', ...written }),
    close: () => ask({ type: 'close' }),
    bufferedBytes: () => hub.lineOf.get(tab.id)?.real.bufferedAmount ?? 0,
  }
  ask({ type: 'open', ...tab.wanted })
}

function linkThere(membership: Membership, tab: TabSocket, term: string): void {
  const { raise } = membership
  let count = 0
  const ask = (asked: Asked) => {
    const message: PortMessage = { type: 'asked', term, socket: tab.id, count: ++count, asked }
    membership.channels?.own.post(message)
  }
  tab.link = {
    term,
    write(written) {
      ask({ type: 'write', ...written })
      if (membership.isAwaiting) return
      membership.isAwaiting = true
      wait(membership, 'sign', [QUIET_MS, () => membership.isAwaiting && raise({ type: 'doubt' })])
    },
    close: () => ask({ type: 'close' }),
    bufferedBytes: () => 0,
  }
  ask({ type: 'open', ...tab.wanted })
}

export function hearPort(membership: Membership, message: PortMessage): void {
  const { sockets, heard, raise } = membership
  if (message.type === 'lead') {
    membership.isAwaiting = false
    return raise({ type: 'answer', leader: message.term })
  }
  if (message.type !== 'told') return
  const { socket, term, count, told } = message
  const tab = sockets.get(socket)
  if (tab?.link?.term !== term) return
  membership.isAwaiting = false
  const isNext = count === (heard.get(socket) ?? 0) + 1
  heard.set(socket, count)
  if (told.type === 'closed') raise({ type: 'doubt' })
  if (isNext) return tab.hear(told)
  tab.link.close()
  tab.hear(BROKEN)
}

/** An end that one of the two has not heard of is found out. */
export function tellSockets({ channels, sockets }: Membership, term: string): void {
  const mine = [...sockets.values()].filter(({ link }) => link?.term === term)
  const message: PortMessage = { type: 'mine', term, sockets: mine.map(({ id }) => id) }
  channels?.own.post(message)
}

export function placeAll(membership: Membership): void {
  for (const tab of [...membership.sockets.values()]) {
    // One that was dialled by this tab itself is not needed any more.
    if (tab.link && tab.link.term === undefined) tab.hear(DRAINING)
    else placeSocket(membership, tab)
  }
}

/** What a leader had of ours that is gone. */
export function loseAll({ sockets, leader, environment, signal }: Membership): void {
  for (const tab of [...sockets.values()]) {
    if (tab.link?.term === undefined || tab.link.term === leader?.term) continue
    tab.link.close()
    tab.hear(LOST)
  }
  environment.setTimer(() => signal('pageshow'), 0)
}

export function dialThoseWhoWait({ sockets, environment }: Membership): void {
  for (const tab of [...sockets.values()]) {
    if (tab.link) continue
    try {
      dialAlone(tab, environment)
    } catch {
      tab.hear(BROKEN)
    }
  }
}
