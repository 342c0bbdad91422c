/** What follows from the election, for one tab. */
import type { ElectionEffect } from './election.ts'
import { createLeader, drop, resign, verify } from './leader.ts'
import { dialThoseWhoWait, loseAll, placeAll, tellSockets } from './links.ts'
import { type Membership, wait } from './membership.ts'
import type { GroupMessage } from './wire.ts'

/** How long a question waits for its answer; the half more keeps tabs apart. Milliseconds. */
const ANSWER_MS = 1_000
/** That it goes is to be heard before the lock is free. Milliseconds. */
const GOODBYE_MS = 100

const post = ({ channels }: Membership, message: GroupMessage) => channels?.all.post(message)

export const EFFECTS: Readonly<Record<ElectionEffect, (membership: Membership) => void>> = {
  queue: (membership) => lock(membership, false),
  requeue: (membership) => lock(membership, false),
  steal: (membership) => lock(membership, true),
  release(membership) {
    membership.giveBack?.()
    membership.giveBack = undefined
  },
  ask(membership) {
    const { id, state, environment, browser, raise } = membership
    post(membership, { type: 'who', tab: id, isHidden: browser.isHidden() })
    if (state.role === 'follower') tellSockets(membership, state.leader)
    const waitMs = ANSWER_MS * (1 + environment.random() / 2)
    wait(membership, 'tick', [waitMs, () => raise({ type: 'tick' })])
  },
  alone: dialThoseWhoWait,
  follow: placeAll,
  lose: loseAll,
  lead(membership) {
    const { id, raise } = membership
    const term = `${id} ${++membership.terms}`
    membership.leader = createLeader({ ...membership, term, onStolen: () => raise({ type: 'stolen' }) })
    post(membership, { type: 'lead', term })
    placeAll(membership)
  },
  resign(membership) {
    const { leader, giveBack, environment } = membership
    membership.leader = membership.giveBack = undefined
    if (!leader) return
    post(membership, { type: 'leaving', term: leader.term })
    resign(leader)
    environment.setTimer(() => giveBack?.(), GOODBYE_MS)
  },
  drop(membership) {
    const { leader, environment, signal } = membership
    membership.leader = undefined
    if (!leader) return
    drop(leader)
    post(membership, { type: 'gone', term: leader.term })
    environment.setTimer(() => signal('pageshow'), 0)
  },
  verify({ leader }) {
    if (leader) verify(leader)
  },
  tellVisible: (membership) => post(membership, { type: 'visible' }),
}

/** Behind all who wait already, or from whoever has it. */
function lock(membership: Membership, steal: boolean): void {
  const { browser, name, raise } = membership
  membership.giveBack?.()
  let isWanted = true
  const tell = (type: 'granted' | 'stolen') => isWanted && raise({ type })
  const giveBack = browser.lock(name, {
    steal,
    onHeld: () => tell('granted'),
    onStolen: () => tell('stolen'),
  })
  membership.giveBack = () => {
    isWanted = false
    giveBack()
  }
}
