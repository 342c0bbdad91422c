/**
 * Messages that the server has not named yet. Their rows have temporary ids, which never leave the client: whatever is to
 * happen to one waits for its name, or happens to what is still unsent.
 */

import type { MutationControls, SendContext } from '../../../query/index.ts'
import type { QueryClient } from '../../../query/tanstack.ts'
import { LiveError, type PortClock } from '../../../transport/index.ts'
import { type Id, isId, sameId } from '../data/types.ts'

const TEMPORARY = 'local:'
/** Names remembered, for whoever still holds the temporary one. */
const MAX_NAMES = 1_000
/** What another tab has sent comes to this one by its event. Milliseconds. */
const PATIENCE_MS = 10_000

export const temporaryId = (clientId: string): string => TEMPORARY + clientId

export function clientIdIn(id: Id): string | undefined {
  const text = String(id)
  return text.startsWith(TEMPORARY) ? text.slice(TEMPORARY.length) : undefined
}

type Sends = Pick<MutationControls<never, never, never>, 'statusOf' | 'isUnsent'>
type Waiting = Pick<SendContext<unknown, unknown>, 'queryClient' | 'signal'>
type Naming<Variables> = Waiting & Pick<SendContext<unknown, Variables>, 'amend'>

export interface Names {
  named(clientId: string, id: Id): void
  /** A message as a server tells it: one's own has its name from then on, whichever tab has sent it. */
  hear(message: unknown, me: Id | undefined): void
  /** What the server calls it, as far as is known. */
  known(id: Id): Id | undefined
  /** What the server calls it, once it does. @throws LiveError `rejected` (`not_sent`) if it never will, `aborted` by the signal */
  nameOf(id: Id, waiting: Waiting): Promise<Id>
  /** The client id of one that can be changed in place. */
  unsent(id: Id, queryClient: QueryClient): string | undefined
}

export function createNames(sends: () => Sends, { setTimer }: Pick<PortClock, 'setTimer'>): Names {
  const names = new Map<string, Id>()
  /** What events and snapshots say; what is sent from here has its name when its row has it, with the reply. */
  const heard = new Map<string, Id>()
  const waiting = new Set<() => void>()

  function known(id: Id): Id | undefined {
    const clientId = clientIdIn(id)
    return clientId === undefined ? id : names.get(clientId)
  }

  return {
    known,
    named: (clientId, id) => remember(names, clientId, id),
    hear(message, me) {
      const { id, client_id } = Object(message)
      if (!isBy(message, me) || typeof client_id !== 'string' || !isId(id)) return
      remember(heard, client_id, id)
      for (const look of [...waiting]) look()
    },
    nameOf: (id, sending) => awaitName({ names, heard, sends, setTimer, waiting }, id, sending),
    unsent(id, queryClient) {
      const clientId = clientIdIn(id)
      return clientId !== undefined && sends().isUnsent(queryClient, clientId) ? clientId : undefined
    },
  }
}

function remember(names: Map<string, Id>, clientId: string, id: Id): void {
  names.set(clientId, id)
  if (names.size > MAX_NAMES) names.delete(names.keys().next().value ?? '')
}

interface Parts {
  readonly names: ReadonlyMap<string, Id>
  readonly heard: ReadonlyMap<string, Id>
  readonly sends: () => Sends
  readonly setTimer: PortClock['setTimer']
  /** Whoever is to look again when something has its name. */
  readonly waiting: Set<() => void>
}

function awaitName(
  { names, heard, sends, setTimer, waiting }: Parts,
  id: Id,
  { queryClient, signal }: Waiting,
): Promise<Id> {
  return new Promise((resolve, reject) => {
    const clientId = clientIdIn(id) ?? ''
    const nameNow = (isOnItsWay: boolean) =>
      names.get(clientId) ?? (isOnItsWay ? undefined : heard.get(clientId))
    let cancel: (() => void) | undefined
    const look = () => {
      const status = sends().statusOf(queryClient, clientId)
      const isOnItsWay = status === 'queued' || status === 'sending'
      const name = nameNow(isOnItsWay)
      if (signal?.aborted) end(() => reject(discarded()))
      else if (name !== undefined) end(() => resolve(name))
      else if (status === 'sent') cancel ??= setTimer(fail, PATIENCE_MS)
      else if (!isOnItsWay && !cancel) fail()
    }
    const fail = () => end(() => reject(notSent()))
    const end = (tell: () => void) => {
      cancel?.()
      waiting.delete(look)
      stop()
      signal?.removeEventListener('abort', look)
      tell()
    }
    waiting.add(look)
    const stop = queryClient.getMutationCache().subscribe(look)
    signal?.addEventListener('abort', look)
    look()
  })
}

/** Anybody may use one's client ids. */
function isBy(message: unknown, me: Id | undefined): boolean {
  const author = Object(Object(message).sender).id
  return me !== undefined && isId(author) && sameId(author, me)
}

/** Of what waited, for whatever. */
export const discarded = () => new LiveError('aborted', 'It was discarded while it waited')

const notSent = () =>
  new LiveError('rejected', 'The message it is about was not sent', { reason: 'not_sent' })

/** With the server's name for the message, which is kept with the mutation. */
export async function withName<Variables extends { readonly message_id: Id }>(
  names: Names,
  variables: Variables,
  sending: Naming<Variables>,
): Promise<Variables> {
  if (clientIdIn(variables.message_id) === undefined) return variables
  const named = { ...variables, message_id: await names.nameOf(variables.message_id, sending) }
  sending.amend(named)
  return named
}
