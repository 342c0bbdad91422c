/** The tabs of one user at one server: runs the election, and takes each socket of this tab to whoever has the real one. */
import type { Codec, Environment } from '../transport/index.ts'
import type { PageSignal, TabsBrowser, TabsChannel } from './browser.ts'
import { type ElectionEffect, type ElectionInput, type ElectionState, next, OUT } from './election.ts'
import { createLeader, type Leader } from './leader.ts'
import { dialAlone, type TabSocket } from './tabSocket.ts'
import type { Asked, GroupMessage, PortMessage } from './wire.ts'

export interface GroupParts {
  readonly environment: Environment
  readonly browser: TabsBrowser
  readonly codec: Codec
  readonly keys: readonly string[]
  /** What all of them have in common. */
  readonly name: string
  readonly report: (entry: { readonly type: 'tabs'; readonly role: string; readonly leader?: string }) => void
  /** Whoever waits for a connection need not wait any longer. */
  readonly wake: () => void
}

export interface Group {
  take(tab: TabSocket): void
  /** One has ended. */
  release(tab: TabSocket): void
  hear(signal: PageSignal): void
}

/** How long a question waits for its answer. Milliseconds. */
const ANSWER_MS = 1_000
/** A leader that was not heard for so long is asked, by whoever is about to write; and by the others now and then. Milliseconds. */
const QUIET_MS = 2_000
const LOOK_MS = 5_000
/** Between the sockets of one connection there may be none. Milliseconds. */
const LEAVE_MS = 5_000
/** That it goes is to be heard before the lock is free. Milliseconds. */
const GOODBYE_MS = 100
const LOST = { type: 'closed', code: 1001, reason: 'The tab that had the connection is gone' } as const
const BROKEN = { type: 'closed', code: 1006, reason: 'The tabs have lost touch' } as const
const DRAINING = { type: 'frames', frames: [{ type: 'draining', data: { retry_after_ms: 0 } }] } as const

interface Channels {
  readonly all: TabsChannel
  readonly own: TabsChannel
  readonly giveBackOwn: () => void
}

export function createGroup(parts: GroupParts): Group {
  const { environment, browser, name, report, wake } = parts
  const id = environment.createId()
  const nameOf = (tab: string) => `${name} ${tab}`
  const sockets = new Map<string, TabSocket>()
  const heard = new Map<string, number>()
  let state: ElectionState = OUT
  let channels: Channels | undefined
  let leader: Leader | undefined
  let giveBack: (() => void) | undefined
  let terms = 0
  let heardAt = Number.NEGATIVE_INFINITY
  const inputs: ElectionInput[] = []
  const stops: Partial<Record<'tick' | 'look' | 'leave', () => void>> = {}

  function wait(what: keyof typeof stops, ms: number, run: () => void): void {
    stops[what]?.()
    stops[what] = environment.setTimer(run, ms)
  }

  function raise(input: ElectionInput): void {
    if (inputs.push(input) > 1) return
    for (; inputs[0]; inputs.shift()) step(inputs[0])
  }

  function step(input: ElectionInput): void {
    const before = state
    const [after, effects] = next(state, input)
    state = after
    if (before.role === 'out' && after.role !== 'out') openChannels()
    for (const effect of effects) EFFECTS[effect]()
    if (after.role === 'out' && before.role !== 'out') closeChannels()
    if (after.role !== before.role) tellRole()
  }

  const tellRole = () =>
    report({ type: 'tabs', role: state.role, ...(state.role === 'follower' && { leader: state.leader }) })

  function openChannels(): void {
    channels = {
      all: browser.openChannel(name, (message) => hearGroup(message as GroupMessage)),
      own: browser.openChannel(nameOf(id), (message) => hearPort(message as PortMessage)),
      giveBackOwn: browser.lock(nameOf(id), { onHeld: () => undefined }),
    }
    look()
  }

  function closeChannels(): void {
    for (const stop of Object.values(stops)) stop()
    channels?.all.close()
    channels?.own.close()
    channels?.giveBackOwn()
    channels = undefined
  }

  const post = (message: GroupMessage) => channels?.all.post(message)

  /** Whoever only listens would not notice. */
  function look(): void {
    wait('look', LOOK_MS, () => {
      raise({ type: 'doubt' })
      if (state.role !== 'candidate') placeAll()
      leader?.tidy()
      look()
    })
  }

  function hearGroup(message: GroupMessage): void {
    if (message.type === 'who') leader?.answer(message.tab)
    else if (message.type === 'visible') raise({ type: 'otherVisible' })
    else if (message.type === 'lead') raise({ type: 'announced', leader: message.term })
    else raise({ type: message.type, leader: message.term })
  }

  function hearPort(message: PortMessage): void {
    if (message.type === 'lead') {
      heardAt = environment.now()
      return raise({ type: 'answer', leader: message.term })
    }
    if (message.type !== 'told') return
    const tab = sockets.get(message.socket)
    if (tab?.link?.term !== message.term) return
    heardAt = environment.now()
    const count = (heard.get(tab.id) ?? 0) + 1
    heard.set(tab.id, count)
    if (message.told.type === 'closed') raise({ type: 'doubt' })
    if (count === message.count) return tab.hear(message.told)
    tab.link.close()
    tab.hear(BROKEN)
  }

  function lock(steal: boolean): void {
    giveBack?.()
    let isOurs = true
    const giveBackThis = browser.lock(name, {
      steal,
      onHeld: () => isOurs && raise({ type: 'granted' }),
      onStolen: () => isOurs && raise({ type: 'stolen' }),
    })
    giveBack = () => {
      isOurs = false
      giveBackThis()
    }
  }

  /** An end that one of the two has not heard of is found out. */
  function tellMine(term: string): void {
    const mine = [...sockets.values()].filter(({ link }) => link?.term === term)
    channels?.own.post({ type: 'mine', term, sockets: mine.map((tab) => tab.id) } satisfies PortMessage)
  }

  /** To whoever has the real ones by now. */
  function place(tab: TabSocket): void {
    if (tab.link || !sockets.has(tab.id)) return
    if (leader) linkHere(tab, leader)
    else if (state.role === 'follower') linkThere(tab, state.leader)
  }

  function linkHere(tab: TabSocket, to: Leader): void {
    const ask = (asked: Asked) => to.ask(tab.id, asked, tab.hear)
    tab.link = {
      term: to.term,
      write: (written) => ask({ type: 'write', ...written }),
      close: () => ask({ type: 'close' }),
      bufferedBytes: () => to.bufferedBytes(tab.id),
    }
    ask({ type: 'open', ...tab.wanted })
  }

  function linkThere(tab: TabSocket, term: string): void {
    let count = 0
    const ask = (asked: Asked) =>
      channels?.own.post({ type: 'asked', term, socket: tab.id, count: ++count, asked } satisfies PortMessage)
    tab.link = {
      term,
      write(written) {
        ask({ type: 'write', ...written })
        if (environment.now() - heardAt > QUIET_MS) raise({ type: 'doubt' })
      },
      close: () => ask({ type: 'close' }),
      bufferedBytes: () => 0,
    }
    ask({ type: 'open', ...tab.wanted })
  }

  function placeAll(): void {
    for (const tab of [...sockets.values()]) {
      // One that was dialled by this tab itself is not needed any more.
      if (tab.link && tab.link.term === undefined) tab.hear(DRAINING)
      else place(tab)
    }
  }

  function lose(): void {
    for (const tab of [...sockets.values()]) {
      if (tab.link?.term === undefined || tab.link.term === leader?.term) continue
      tab.link.close()
      tab.hear(LOST)
    }
    environment.setTimer(wake, 0)
  }

  function dialThoseWhoWait(): void {
    for (const tab of [...sockets.values()]) {
      if (tab.link) continue
      try {
        dialAlone(tab, environment)
      } catch {
        tab.hear(BROKEN)
      }
    }
  }

  function lead(): void {
    leader = createLeader({
      ...parts,
      lockName: name,
      nameOf,
      tab: id,
      term: `${id} ${++terms}`,
      onStolen: () => raise({ type: 'stolen' }),
    })
    post({ type: 'lead', term: leader.term })
    placeAll()
  }

  function resign(): void {
    const [former, giveBackLock] = [leader, giveBack]
    leader = giveBack = undefined
    if (former) post({ type: 'leaving', term: former.term })
    former?.resign()
    environment.setTimer(() => giveBackLock?.(), GOODBYE_MS)
  }

  function drop(): void {
    const former = leader
    leader = undefined
    former?.drop()
    if (former) post({ type: 'gone', term: former.term })
    environment.setTimer(wake, 0)
  }

  const EFFECTS: Readonly<Record<ElectionEffect, () => void>> = {
    queue: () => lock(false),
    requeue: () => lock(false),
    steal: () => lock(true),
    release: () => {
      giveBack?.()
      giveBack = undefined
    },
    ask: () => {
      post({ type: 'who', tab: id })
      if (state.role === 'follower') tellMine(state.leader)
      wait('tick', ANSWER_MS * (1 + environment.random() / 2), () => raise({ type: 'tick' }))
    },
    alone: dialThoseWhoWait,
    follow: placeAll,
    lose,
    lead,
    resign,
    drop,
    verify: () => leader?.verify(),
    tellVisible: () => post({ type: 'visible' }),
  }

  return {
    take(tab) {
      stops.leave?.()
      sockets.set(tab.id, tab)
      if (state.role === 'out') raise({ type: browser.isHidden() ? 'hidden' : 'visible' })
      raise({ type: 'join' })
      // Nothing is heard of a socket before whoever wants it has it.
      queueMicrotask(() => place(tab))
    },
    release(tab) {
      sockets.delete(tab.id)
      heard.delete(tab.id)
      if (sockets.size === 0) wait('leave', LEAVE_MS, () => raise({ type: 'leave' }))
    },
    hear(signal) {
      if (signal !== 'wake') raise({ type: signal })
      // Whoever waited for a socket when the page fell asleep still does.
      else if (sockets.size > 0) raise({ type: 'join' })
    },
  }
}
