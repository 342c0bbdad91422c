/** What is kept, into the MutationCache of this page: what others have made, sent, failed, amended or discarded. */
import { LIVE_KEY } from '../query/keys.ts'
import { BEFORE, isOwn as isOf } from '../query/optimistic/author.ts'
import { type PendingMutation, pendingBehind } from '../query/optimistic/pendingMutation.ts'
import { amendVariables } from '../query/optimistic/pendingMutations.ts'
import { notifyManager } from '../query/tanstack.ts'
import { letGoOn, setElsewhere, showElsewhere } from './carry.ts'
import { type Desk, entryOf, freshOf, isOwn, setKept } from './desk.ts'
import type { Entry } from './entry.ts'
import { adoptFailed, type Records } from './ledger.ts'
import { errorOf, isKept, isReadable, type Kept, type OutboxRecord } from './record.ts'
import { change } from './session.ts'

export function reconcile(desk: Desk, records: Records): void {
  const { client } = desk
  const known = new Map([...client.pendingMutations.all.values()].map((each) => [each.clientId, each]))
  for (const record of records.values()) if (isReadable(record)) meetOne(desk, record, known.get(record.id))
  for (const [id, pending] of known) if (!records.has(id)) meetNothing(desk, pending)
  letGoOn(desk)
}

function meetOne(desk: Desk, record: OutboxRecord, pending: PendingMutation | undefined): void {
  if (!isKept(record)) {
    if (pending) meetEnd(desk, pending, record)
  } else if (pending) meet(desk, pending, record)
  // Seen by nobody before all is known of it.
  else if (canShow(desk, record)) notifyManager.batch(() => show(desk, record))
}

/** This page knows what it is, and it is of whoever is here. */
export function canShow({ client, removed }: Desk, { id, name, who }: Kept): boolean {
  const { mutations, authors } = client.declarations
  return mutations.has(name) && !removed.has(id) && isOf({ who, era: BEFORE }, authors.now())
}

/** As one out of a restored cache: it runs, and finds that another page has it in hand, or that it is this one's. */
function show(desk: Desk, record: Kept): void {
  const { queryClient } = desk.client
  const { id: clientId, name, params, variables, who, submittedAt, attempts } = record
  const hasFailed = record.status === 'failed'
  const error = hasFailed ? errorOf(record.error) : null
  const mutation = queryClient.getMutationCache().build(
    queryClient,
    {
      mutationKey: [LIVE_KEY, name, params],
      meta: { [LIVE_KEY]: { clientId, wasSent: true, who } },
    },
    {
      context: { clientId },
      data: undefined,
      error,
      failureCount: attempts,
      failureReason: error,
      isPaused: false,
      status: hasFailed ? 'error' : 'pending',
      variables,
      submittedAt,
    },
  )
  const pending = pendingBehind(mutation)
  if (!pending) return
  const entry = Object.assign(entryOf(desk, pending), {
    hasFailed,
    isFollowing: !hasFailed,
    revision: record.revision,
  })
  setElsewhere(desk, entry, record.owner !== desk.session?.me)
  setKept(desk, pending, true)
}

function meet(desk: Desk, pending: PendingMutation, record: Kept): void {
  const entry = desk.entries.get(pending.clientId)
  if (!entry) return
  const isMine = record.owner === desk.session?.me
  const isFailed = pending.mutation.state.status === 'error'
  if (record.status === 'failed') entry.wake?.({ is: 'failed', record })
  else if (entry.wake && isMine) entry.wake({ is: 'mine', record, isNew: false })
  else if (entry.wake) showElsewhere(desk, entry, record.wasSent)
  else if (isFailed && !entry.isRunning && !entry.isMine && !entry.isLeft) follow(entry)
  if (record.revision <= entry.revision || (entry.isMine && !isFailed)) return
  entry.revision = record.revision
  entry.variables = record.variables
  amendVariables(desk.client.queryClient, pending, record.variables)
}

function meetEnd(desk: Desk, pending: PendingMutation, { status }: OutboxRecord): void {
  const entry = desk.entries.get(pending.clientId)
  if (!entry || !pending.isKept) return
  if (status === 'discarded') takeAway(desk, pending)
  else if (entry.wake) entry.wake({ is: 'sent' })
  else if (pending.mutation.state.status === 'error' && !entry.isRunning) follow(entry)
}

/** Long over, or the storage was emptied: what waited for another page has nothing to wait for. */
function meetNothing(desk: Desk, pending: PendingMutation): void {
  const entry = desk.entries.get(pending.clientId)
  if (!pending.isKept) adopt(desk, pending)
  else if (entry?.wake) takeAway(desk, pending)
  else setKept(desk, pending, false)
}

/** It runs again because another page runs it, or has. */
function follow(entry: Entry): void {
  const { mutation } = entry.pending
  entry.isFollowing = true
  mutation.execute(mutation.state.variables).catch(() => {
    // The mutation's own state carries the error.
  })
}

/** From here only; it is written down what became of it. */
export function takeAway({ client, entries }: Desk, pending: PendingMutation): void {
  const entry = entries.get(pending.clientId)
  entries.delete(pending.clientId)
  client.queryClient.getMutationCache().remove(pending.mutation)
  entry?.wake?.({ is: 'discarded' })
}

/** It had failed when a former version stored it with its cache. */
function adopt(desk: Desk, pending: PendingMutation): void {
  const { session, limits, entries } = desk
  const isFailed = pending.mutation.state.status === 'error' && pending.author.era === BEFORE
  if (!session || !isFailed || entries.has(pending.clientId) || !isOwn(desk, pending)) return
  const entry = entryOf(desk, pending)
  entry.hasFailed = true
  const { error } = pending.mutation.state
  change(session, (records, hand) => adoptFailed(records, freshOf(entry), { ...hand, limits, error })).then(
    ({ is }) => setKept(desk, pending, is === 'failed'),
    () => setKept(desk, pending, false),
  )
}
