/** One user's outbox, as one page has it open: the way to its records, the locks, and the beat that says that it is there. */
import { LiveError } from '../transport/errors.ts'
import type { PortClock } from '../transport/port.ts'
import { CLAIM_MS, type Hand, type Limits, type Records, release, tidy } from './ledger.ts'
import { isPending, type Kept } from './record.ts'
import type { OutboxChannel, OutboxStore } from './store.ts'
import type { Write } from './writer.ts'

export interface SessionOptions {
  readonly user: string
  readonly store: OutboxStore
  readonly write: Write
  readonly clock: PortClock
  readonly limits: Limits
  readonly canSend: (record: Kept) => boolean
  /** What is kept, after others or this page have changed it. In the order in which it was made. */
  readonly changed: (records: Records) => void
}

export interface Session extends SessionOptions {
  /** This page, for this user. */
  readonly me: string
  /** Resolves when others can tell that this page is there. */
  readonly ready: Promise<unknown>
  /** Whose pages are known to be gone. */
  readonly gone: Set<string>
  readonly watched: Set<string>
  readonly ending: AbortController
  readonly releases: (() => void)[]
  channel: OutboxChannel | undefined
  /** It goes on with what others have left. */
  isHolder: boolean
  isLooking: boolean
  stopBeat: (() => void) | undefined
}

const BEAT_MS = CLAIM_MS / 3

const lockOf = (user: string) => `querywire:outbox:${user}`

export function openSession(options: SessionOptions): Session {
  const { user, store, clock } = options
  const me = clock.createId()
  const ending = new AbortController()
  const releases: (() => void)[] = []
  const hold = async (name: string) => {
    const letGo = await store.lock?.(name, ending.signal)
    if (ending.signal.aborted) letGo?.()
    else if (letGo) releases.push(letGo)
  }
  const ready = hold(`${lockOf(user)}/${me}`).catch(() => undefined)
  const session: Session = {
    ...options,
    me,
    ready,
    gone: new Set(),
    watched: new Set(),
    ending,
    releases,
    channel: undefined,
    isHolder: false,
    isLooking: false,
    stopBeat: undefined,
  }
  try {
    session.channel = store.channel?.(lockOf(user), () => look(session))
  } catch {
    // Without cookies Firefox throws (mozilla/fxa#2347): the next beat looks.
  }
  const lead = () => {
    session.isHolder = true
    look(session)
  }
  // Where locks do not work, claims run out.
  ready.then(() => hold(lockOf(user))).then(lead, lead)
  if (store.lock) look(session)
  return session
}

const handOf = ({ me, clock }: Session): Hand => ({ me, now: clock.wallNow() })

/** Changes what is kept, and tells the other pages. */
export async function change<Result>(
  session: Session,
  by: (records: Records, hand: Hand) => Result,
  isOwed?: boolean,
): Promise<Result> {
  await session.ready
  if (session.ending.signal.aborted) throw new LiveError('closed', 'The outbox was closed')
  const { result, isNews } = await session.write((records) => by(records, handOf(session)), isOwed)
  if (isNews) session.channel?.tell()
  startBeat(session)
  return result
}

/** Puts in order what is kept, and tells of it. */
export function look(session: Session): void {
  if (session.isLooking || session.ending.signal.aborted) return
  session.isLooking = true
  lookNow(session).catch(() => {
    // What is to be sent says itself that it is not kept; the next beat looks again.
    session.isLooking = false
    startBeat(session)
  })
}

async function lookNow(session: Session): Promise<void> {
  const { limits, canSend } = session
  await session.ready
  const { result: records, isNews } = await session.write((all) => {
    // What comes from here on is news.
    session.isLooking = false
    const free = (record: Kept) => isFree(session, record)
    tidy(all, { ...handOf(session), limits, canSend, isFree: free })
    return inOrder(all)
  })
  if (session.ending.signal.aborted) return
  if (isNews) session.channel?.tell()
  watchOwners(session, records)
  if (records.size > 0) startBeat(session)
  session.changed(records)
}

function inOrder(records: Records): Records {
  const sorted = [...records.values()].sort((a, b) => a.order - b.order)
  return new Map(sorted.map((record) => [record.id, record]))
}

/** Whoever is to go on with what is left; or anybody, where nobody has for twice as long: a frozen page keeps its locks. */
function isFree({ isHolder, gone, store, clock }: Session, { owner, until }: Kept): boolean {
  const isAlone = !store.lock && !store.channel
  const late = clock.wallNow() - until
  if (!isHolder) return late > CLAIM_MS
  return owner === undefined || isAlone || gone.has(owner) || late > 0
}

/** The lock of a page can be had when that is gone. */
function watchOwners(session: Session, records: Records): void {
  const { store, user, me, watched, gone, ending } = session
  if (!store.lock || !session.isHolder) return
  for (const { owner } of [...records.values()].filter(isPending)) {
    if (owner === undefined || owner === me || watched.has(owner)) continue
    watched.add(owner)
    store.lock(`${lockOf(user)}/${owner}`, ending.signal).then(
      (letGo) => {
        letGo()
        gone.add(owner)
        look(session)
      },
      () => watched.delete(owner),
    )
  }
}

/** For as long as there is anything to say, or to clear away. */
function startBeat(session: Session): void {
  if (session.stopBeat || session.ending.signal.aborted) return
  session.stopBeat = session.clock.setTimer(() => {
    session.stopBeat = undefined
    look(session)
  }, BEAT_MS)
}

/** Leaves what it has in hand to others. */
export function closeSession(session: Session): void {
  const { ending, releases } = session
  if (ending.signal.aborted) return
  session.stopBeat?.()
  const tell = () => {
    session.channel?.tell()
    session.channel?.close()
    session.channel = undefined
    for (const letGo of releases) letGo()
  }
  ending.abort()
  session.write((records) => release(records, undefined, handOf(session))).then(tell, tell)
}
