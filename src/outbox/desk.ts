/** The sends of one QueryClient, and where they are kept: what the parts of an outbox share. */

import type { LiveClient, OutboxOptions } from '../query/live/records.ts'
import { BEFORE } from '../query/optimistic/author.ts'
import type { PendingMutation } from '../query/optimistic/pendingMutation.ts'
import { isMine, showChanges } from '../query/optimistic/pendingMutations.ts'
import { wasSent } from '../query/optimistic/sendState.ts'
import { LiveError } from '../transport/errors.ts'
import { createEntry, type Entry } from './entry.ts'
import type { Fresh, Limits } from './ledger.ts'
import { sizeOf } from './record.ts'
import type { Session } from './session.ts'
import type { OutboxStore } from './store.ts'
import type { Write } from './writer.ts'

export interface Desk {
  readonly client: LiveClient
  readonly options: OutboxOptions
  readonly store: OutboxStore
  readonly limits: Limits
  readonly writerOf: (user: string) => Write
  /** By client id. */
  readonly entries: Map<string, Entry>
  /** Client ids of what was taken away here, perhaps before that is written down. */
  readonly removed: Set<string>
  /** Why something was not kept, as far as that was told. */
  readonly told: Set<string>
  /** Of whoever is here; `undefined` while that is not known. */
  session: Session | undefined
  isStopped: boolean
  /** Grows whenever somebody's turn may have come. */
  turns: number
}

export function entryOf({ entries }: Desk, pending: PendingMutation): Entry {
  const known = entries.get(pending.clientId)
  if (known?.pending === pending) return known
  const entry = createEntry(pending)
  entries.set(pending.clientId, entry)
  return entry
}

export const isOwn = ({ client }: Desk, pending: PendingMutation) => isMine(client.pendingMutations, pending)

/** On the row, too. */
export function setKept({ client }: Desk, pending: PendingMutation, isKept: boolean): void {
  if (pending.isKept === isKept) return
  pending.isKept = isKept
  showChanges(client.pendingMutations)
}

const WHY = {
  too_many: 'there are too many already (option maxSends)',
  too_large: 'it is too large, with what is kept already (option maxBytes)',
  storage: 'the storage refused it',
  files: 'the storage keeps no files (keepsFiles: false)',
}

/** Once for each reason: it is sent all the same. */
export function reportUnkept(desk: Desk, why: keyof typeof WHY, cause?: unknown): void {
  if (desk.told.has(why)) return
  desk.told.add(why)
  const details = { reason: why, cause }
  const error = new LiveError('not_kept', `A send would not survive a reload: ${WHY[why]}`, details)
  desk.client.declarations.port.report({ type: 'error', error })
}

/** What is kept of it when it is made. */
export function freshOf({ pending, channel }: Entry): Fresh {
  const { mutation, clientId, params, author, state, isKept } = pending
  const { variables, submittedAt, failureCount } = mutation.state
  return {
    id: clientId,
    name: String(mutation.options.mutationKey?.[1]),
    params,
    variables,
    who: { ...author.who },
    channel,
    submittedAt,
    attempts: failureCount,
    wasSent: wasSent(state),
    bytes: sizeOf(variables) + 200,
    ...(author.era === BEFORE && isKept === undefined && { isAdopted: true }),
  }
}
