/** The outbox of one QueryClient: of whom it keeps sends, and what happens to them in its MutationCache. */

import { isId } from '../query/fold/items.ts'
import type { LiveClient, OutboxOptions } from '../query/live/records.ts'
import type { Outbox } from '../query/optimistic/outbox.ts'
import { type PendingMutation, pendingBehind } from '../query/optimistic/pendingMutation.ts'
import type { Mutation } from '../query/tanstack.ts'
import { isLiveError } from '../transport/errors.ts'
import { carry, ended, letGoOn, standingNow } from './carry.ts'
import { type Desk, isOwn, reportUnkept } from './desk.ts'
import type { Entry } from './entry.ts'
import { amend, endAll, fail, release } from './ledger.ts'
import { canShow, reconcile, takeAway } from './reconcile.ts'
import { sizeOf } from './record.ts'
import { change, closeSession, look, openSession } from './session.ts'
import type { OutboxStore } from './store.ts'
import type { Write } from './writer.ts'

const WEEK_MS = 7 * 24 * 3_600_000
/** Remembered as taken away here. */
const MAX_REMOVED = 1_000

export function createOutbox(
  client: LiveClient,
  options: OutboxOptions,
  { store, writerOf }: { readonly store: OutboxStore; readonly writerOf: (user: string) => Write },
): Outbox {
  const { maxSends = 1_000, maxBytes = 10_000_000, maxAgeMs = WEEK_MS } = options
  const desk: Desk = {
    client,
    options,
    store,
    writerOf,
    limits: { maxSends, maxBytes, maxAgeMs },
    entries: new Map(),
    removed: new Set(),
    told: new Set(),
    session: undefined,
    isStopped: false,
    turns: 0,
  }
  const stops = [
    client.declarations.authors.subscribe(client, () => meetUser(desk)),
    client.queryClient.getMutationCache().subscribe(({ type, mutation, ...event }) => {
      const entry = mutation && entryBehind(desk, mutation)
      if (!entry) return
      if (type === 'removed') onRemoved(desk, entry)
      else if (type === 'updated')
        onUpdated(desk, entry, (event as { action?: { type: string } }).action?.type)
    }),
  ]
  meetUser(desk)
  return {
    carry(carried) {
      meetUser(desk)
      return carry(desk, carried)
    },
    look() {
      meetUser(desk)
      if (desk.session) look(desk.session)
    },
    async forget() {
      const { session } = desk
      // Not only while it is open: whoever signs out may be gone at once.
      await session?.write((records) => endAll(records, session.clock.wallNow()))
      session?.channel?.tell()
    },
    stop() {
      for (const stop of stops) stop()
      stopDesk(desk)
    },
  }
}

/** What it has in hand is another page's from now on, or its own when it is back. */
function stopDesk(desk: Desk): void {
  desk.isStopped = true
  if (desk.session) closeSession(desk.session)
  desk.session = undefined
  for (const { wake } of desk.entries.values()) wake?.({ is: 'gone' })
  letGoOn(desk)
}

const entryBehind = ({ entries }: Desk, mutation: Mutation): Entry | undefined => {
  const pending = pendingBehind(mutation)
  const entry = pending && entries.get(pending.clientId)
  return entry?.pending === pending ? entry : undefined
}

/** Whose sends are kept here; `undefined` while nobody knows. */
function userOf({ client, options }: Desk): string | undefined {
  const { port, authors } = client.declarations
  if (port.identity?.isSure === false) return undefined
  const { user, token } = authors.now().who
  const given = typeof options.user === 'function' ? options.user() : options.user
  // A token names its user before any server does, and a page must look for what it left under one name.
  return isId(given) ? (user ?? String(given)) : (token ?? user)
}

/** Whoever has gone finds again what is theirs; nobody else sees it meanwhile. */
function meetUser(desk: Desk): void {
  const { client, session, isStopped } = desk
  const user = userOf(desk)
  const isInDoubt = client.declarations.port.identity?.isSure === false
  if (isStopped || user === session?.user || isInDoubt) return
  desk.session = undefined
  if (session) {
    closeSession(session)
    for (const { pending } of [...desk.entries.values()]) if (pending.isKept) takeAway(desk, pending)
  }
  if (user === undefined) return
  desk.session = openSession({
    user,
    store: desk.store,
    write: desk.writerOf(user),
    clock: client.declarations.port.clock,
    limits: desk.limits,
    canSend: (record) => canShow(desk, record) && !desk.entries.get(record.id)?.isLeft,
    changed: (records) => reconcile(desk, records),
  })
  // What began before it was known by whom.
  for (const entry of desk.entries.values())
    if (entry.isRunning && !entry.pending.isKept && isOwn(desk, entry.pending)) void standingNow(desk, entry)
}

function onUpdated(desk: Desk, entry: Entry, action: string | undefined): void {
  const { mutation } = entry.pending
  if (action === 'success') forgetEntry(desk, entry.pending)
  else if (action === 'error') onFailed(desk, entry)
  else if (mutation.state.variables !== entry.variables) onAmended(desk, entry)
}

/** It says nothing of the send that this page goes. */
const LEAVING: ReadonlySet<string> = new Set(['closed', 'user_changed'])

function onFailed(desk: Desk, entry: Entry): void {
  const { clientId: id, mutation } = entry.pending
  const { error, failureCount: attempts } = mutation.state
  entry.hasFailed = true
  entry.isFollowing = false
  const { session } = desk
  if (!session || !entry.isMine) return
  entry.isLeft = isLiveError(error) && LEAVING.has(error.code)
  const written = change(
    session,
    (records, hand) => {
      if (entry.isLeft) release(records, new Set([id]), hand)
      else fail(records, id, { ...hand, error, attempts })
    },
    true,
  )
  void settled(desk, written).then(() => {
    entry.isMine = false
  })
}

function onAmended({ session, ...desk }: Desk, entry: Entry): void {
  const { clientId: id, mutation } = entry.pending
  const { variables } = mutation.state
  entry.variables = variables
  if (!session || !entry.pending.isKept) return
  const bytes = sizeOf(variables) + 200
  const written = change(session, (records, { me }) => amend(records, { id, variables, bytes }, me))
  written.then(
    (revision) => {
      entry.revision = revision ?? entry.revision
    },
    (cause) => reportUnkept({ ...desk, session }, 'storage', cause),
  )
}

function onRemoved(desk: Desk, { pending, wake }: Entry): void {
  const { session, removed } = desk
  forgetEntry(desk, pending)
  removed.add(pending.clientId)
  if (removed.size > MAX_REMOVED) removed.delete(removed.values().next().value ?? '')
  wake?.({ is: 'discarded' })
  letGoOn(desk)
  const isSent = pending.state.proof !== undefined || pending.mutation.state.status === 'success'
  if (session) void settled(desk, ended(session, pending.clientId, isSent ? 'sent' : 'discarded'))
}

function forgetEntry({ entries }: Desk, pending: PendingMutation): void {
  entries.delete(pending.clientId)
}

function settled(desk: Desk, written: Promise<unknown>): Promise<unknown> {
  return written.catch((cause) => reportUnkept(desk, 'storage', cause))
}
