/** One send from its first word to its end, here or elsewhere. */

import type { Carried } from '../query/optimistic/outbox.ts'
import { advancePending, showChanges } from '../query/optimistic/pendingMutations.ts'
import { LiveError } from '../transport/errors.ts'
import { type Desk, entryOf, freshOf, isOwn, reportUnkept, setKept } from './desk.ts'
import type { Entry } from './entry.ts'
import { end, enter, markSent, type Standing, takeTurn } from './ledger.ts'
import { type Ended, errorOf, hasFiles } from './record.ts'
import { change, type Session } from './session.ts'

/** A storage that does not answer keeps nobody from sending. Milliseconds. */
const PATIENCE_MS = 3_000
const LATE_MS = 500

/** Another page has it in hand. */
const TAKEN = new Error('Taken by another page')

/** Nothing keeps it. */
const NOWHERE = { is: 'gone' } as const

export async function carry<Result>(desk: Desk, carried: Carried<Result>): Promise<Result | undefined> {
  const entry = entryOf(desk, carried.pending)
  Object.assign(entry, { channel: carried.channel, isRunning: true, isAhead: false, isLeft: false })
  try {
    while ((await whoseTurn(desk, entry)) === 'mine') {
      const { session } = desk
      try {
        const result = await carried.send(() => mark(desk, entry))
        settle(desk, entry, session)
        return result
      } catch (error) {
        if (error !== TAKEN) throw error
      }
    }
    return undefined
  } finally {
    Object.assign(entry, { isRunning: false, isFollowing: false, isAhead: true, wake: undefined })
    letGoOn(desk)
  }
}

/** Waits for as long as another page has it in hand. @throws how it ended there, unless it was sent */
async function whoseTurn(desk: Desk, entry: Entry): Promise<'mine' | 'sent'> {
  let standing = await standingNow(desk, entry)
  while (standing.is === 'theirs') standing = await changed(desk, entry, standing)
  if (standing.is === 'failed') throw errorOf(standing.record.error)
  if (standing.is === 'discarded') throw discardedElsewhere(desk, entry)
  if (standing.is !== 'sent') return 'mine'
  setElsewhere(desk, entry, true)
  return 'sent'
}

/** Also after the QueryClient was disconnected. */
function settle(desk: Desk, { pending }: Entry, session: Session | undefined): void {
  if (session) ended(session, pending.clientId, 'sent').catch((cause) => reportUnkept(desk, 'storage', cause))
}

/** Writes it down, or finds out what has become of it. */
export async function standingNow(desk: Desk, entry: Entry): Promise<Standing> {
  const { session, limits } = desk
  const { pending } = entry
  if (!session || !isOwn(desk, pending)) {
    setKept(desk, pending, false)
    return NOWHERE
  }
  if (desk.store.keepsFiles === false && hasFiles(pending.mutation.state.variables)) {
    setKept(desk, pending, false)
    reportUnkept(desk, 'files')
    return NOWHERE
  }
  const isRetry = entry.hasFailed && !entry.isFollowing
  const entering = change(session, (records, hand) =>
    enter(records, freshOf(entry), { ...hand, isRetry, limits }),
  )
  const standing = await patient(desk, entering)
  if (standing && standing.is !== 'refused' && standing.is !== 'gone') {
    if (standing.is === 'mine') take(desk, entry, { ...standing, isRetry })
    setKept(desk, pending, true)
    return standing
  }
  setKept(desk, pending, false)
  if (standing?.is === 'refused') reportUnkept(desk, standing.why)
  // It may be written down yet, and is removed like all others then.
  return standing ?? NOWHERE
}

/** It is this page's from now on. */
function take(
  desk: Desk,
  entry: Entry,
  { record, isNew, isRetry }: Extract<Standing, { is: 'mine' }> & { readonly isRetry: boolean },
): void {
  const { pending } = entry
  const isFirst = !entry.isMine
  setElsewhere(desk, entry, false)
  entry.hasFailed = false
  entry.revision = record.revision
  entry.variables = pending.mutation.state.variables
  // What this page has made, or tries again by itself, it knows all about.
  if (isNew || !isFirst) return
  const input = record.wasSent && !isRetry ? 'elsewhere' : 'unsent'
  advancePending(desk.client.pendingMutations, pending, input)
}

export function setElsewhere({ client }: Desk, entry: Entry, isElsewhere: boolean): void {
  entry.isMine = !isElsewhere
  if (Boolean(entry.pending.isElsewhere) === isElsewhere) return
  entry.pending.isElsewhere = isElsewhere
  showChanges(client.pendingMutations)
}

/** Until another page has done with it, or this one is to go on with it. */
async function changed(
  desk: Desk,
  entry: Entry,
  standing: Extract<Standing, { is: 'theirs' | 'failed' }>,
): Promise<Standing> {
  setElsewhere(desk, entry, true)
  showElsewhere(desk, entry, standing.record.wasSent)
  const told = await new Promise<Standing>((resolve) => {
    entry.wake = resolve
  })
  entry.wake = undefined
  if (told.is === 'mine') take(desk, entry, { ...told, isRetry: false })
  if (desk.isStopped) throw left()
  return told.is === 'gone' ? { is: 'discarded' } : told
}

/** Where it is, for those who look at it here. */
export function showElsewhere({ client }: Desk, { pending }: Entry, isSending: boolean): void {
  const shown = isSending ? 'sending' : 'in-doubt'
  if (pending.state.progress !== shown)
    advancePending(client.pendingMutations, pending, isSending ? 'sending' : 'elsewhere')
}

/** Before each attempt: that it may have gone out is written down first, and those that were made earlier go first. */
async function mark(desk: Desk, entry: Entry): Promise<void> {
  const { pending } = entry
  for (;;) {
    if (desk.isStopped) throw left()
    const { session, turns } = desk
    const isKept = session && pending.isKept
    const turn = isKept ? await takeTurnNow(desk, session, entry) : turnHere(desk, entry)
    if (turn === 'taken') throw TAKEN
    if (turn === 'go') break
    if (desk.turns !== turns) continue
    await new Promise<void>((resolve) => {
      entry.goOn = resolve
    })
  }
  entry.isAhead = true
  letGoOn(desk)
}

async function takeTurnNow(desk: Desk, session: Session, entry: Entry): Promise<'go' | 'behind' | 'taken'> {
  const { pending } = entry
  const { clientId: id, mutation, author } = pending
  const isAhead = (other: string) => desk.entries.get(other)?.isAhead === true
  const taking = change(session, (records, hand) =>
    takeTurn(
      records,
      { id, variables: mutation.state.variables, who: author.who },
      { ...hand, isAhead, canSend: session.canSend },
    ),
  )
  const turn = await patient(desk, taking)
  if (turn !== 'gone' && turn !== undefined) return turn
  // The storage has lost it, or is slow: nobody is to find it there as if it had never gone.
  const isMarked =
    turn !== 'gone' &&
    (await patient(
      desk,
      change(session, (all, { me }) => markSent(all, id, me)),
    ))
  if (!isMarked) setKept(desk, pending, false)
  return 'go'
}

export async function ended(session: Session, id: string, status: Ended['status']): Promise<void> {
  const at = session.clock.wallNow()
  const { isNews } = await session.write((records) => end(records, { id, status, at }), true)
  if (isNews) session.channel?.tell()
}

/** Of what is not kept: behind what was made earlier for the same channel, and is still to go from here. */
function turnHere({ entries }: Desk, entry: Entry): 'go' | 'behind' {
  for (const other of entries.values()) {
    if (other === entry) break
    if (other.isRunning && other.isMine && !other.isAhead && other.channel === entry.channel) return 'behind'
  }
  return 'go'
}

export function letGoOn(desk: Desk): void {
  desk.turns++
  for (const entry of desk.entries.values()) {
    entry.goOn?.()
    entry.goOn = undefined
  }
}

/** `undefined`: it was not kept, or not yet. */
function patient<Result>(desk: Desk, change: Promise<Result>): Promise<Result | undefined> {
  const { clock } = desk.client.declarations.port
  return new Promise((resolve) => {
    const giveUp = (cause: unknown) => {
      cancel()
      reportUnkept(desk, 'storage', cause)
      resolve(undefined)
    }
    const wait = () => {
      const from = clock.wallNow()
      // A page that was frozen has given the storage no time.
      const isLate = () => clock.wallNow() - from > PATIENCE_MS + LATE_MS
      cancel = clock.setTimer(() => (isLate() ? wait() : giveUp('The storage does not answer')), PATIENCE_MS)
    }
    let cancel = () => {}
    wait()
    change.then((result) => {
      cancel()
      resolve(result)
    }, giveUp)
  })
}

function discardedElsewhere({ client }: Desk, { pending }: Entry): LiveError {
  client.queryClient.getMutationCache().remove(pending.mutation)
  return new LiveError('aborted', `"${pending.definition.name}" was discarded in another tab`)
}

const left = () =>
  new LiveError('closed', 'Its QueryClient was disconnected; it is kept, and another page goes on')
