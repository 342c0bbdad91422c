/** A send that this page shows, and what is known of it where it is kept. */
import type { PendingMutation } from '../query/optimistic/pendingMutation.ts'
import type { Standing } from './ledger.ts'

export interface Entry {
  readonly pending: PendingMutation
  /** Known from the first run on. */
  channel: string
  /** A run of it is under way, here. */
  isRunning: boolean
  /** It is this page's to send. */
  isMine: boolean
  /** It has gone out from here, or been handed over to go. */
  isAhead: boolean
  /** It failed, and the next run of it is somebody's wish. */
  hasFailed: boolean
  /** The run is because of what another page does. */
  isFollowing: boolean
  /** Not to be gone on with from here. */
  isLeft: boolean
  revision: number
  /** As it was last written down. */
  variables: unknown
  /** Told what has become of it elsewhere. */
  wake: ((standing: Standing) => void) | undefined
  /** Its turn may have come. */
  goOn: (() => void) | undefined
}

export function createEntry(pending: PendingMutation): Entry {
  return {
    pending,
    channel: '',
    isRunning: false,
    isMine: false,
    isAhead: false,
    hasFailed: false,
    isFollowing: false,
    isLeft: false,
    revision: 0,
    variables: pending.mutation.state.variables,
    wake: undefined,
    goOn: undefined,
  }
}
