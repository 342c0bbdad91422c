/** One call of a mutationFn, and what its `request` has in hand: how to ask and send, and whether it still may. */
import { isLiveError, LiveError } from '../../transport/errors.ts'
import type { Delivery, Guard, LivePort, PortRequestOptions } from '../../transport/port.ts'
import type { QueryClient } from '../tanstack.ts'
import type { PendingMutation } from './pendingMutation.ts'
import {
  advancePending,
  amendVariables,
  isMine,
  type PendingMutations,
  showChanges,
} from './pendingMutations.ts'
import type { SendInput } from './sendState.ts'

/** How a request is made; see `LivePort.request`. */
export type AskOptions = Pick<PortRequestOptions, 'idempotent' | 'onRead'>

/** What can be asked for, by name. */
export type Requests = Readonly<Record<string, { readonly params: unknown; readonly result: unknown }>>

/** Asks by name. Where the protocol declares requests there are no others. */
export type Ask<R extends Requests> = <Name extends keyof R & string>(
  type: Name,
  data: R[Name]['params'],
  how?: AskOptions,
) => Promise<R[Name]['result']>

export interface SendContext<P, Variables = unknown, R extends Requests = Requests> {
  readonly params: P
  readonly clientId: string
  readonly queryClient: QueryClient
  /** Resolves with the reply. Sent again, with the same data, when the connection is lost before it comes. */
  readonly request: Ask<R>
  /** For servers that do not reply. Resolves when written. */
  readonly send: (type: string, data: unknown, delivery?: Delivery) => Promise<void>
  /** Goes on with these variables: they are kept across a reload, shown, and what `settle` gets. */
  readonly amend: (variables: Variables | ((now: Variables) => Variables)) => void
  /** Hands something to `optimistic`, for as long as this page shows it: how far an upload is, say. Kept nowhere. */
  readonly show: (shown: unknown) => void
  /** It was being sent when the page was left; a server that does not know it again may do it twice. */
  readonly inDoubt: boolean
  /** Aborted when it is discarded; what is asked by `request` ends with it. */
  readonly signal: AbortSignal | undefined
  /** An event has said already what this was to do. */
  readonly isConfirmed: () => boolean
}

/** One call of a mutationFn. */
export interface Send<P = unknown, Variables = unknown> {
  /** Nobody has tried it before. */
  readonly isFresh: boolean
  /** Awaited before each attempt. */
  readonly mark: (() => Promise<void>) | undefined
  readonly guard: Guard
  readonly advance: (input: SendInput) => void
  readonly context: SendContext<P, Variables>
}

interface Sender {
  readonly queryClient: QueryClient
  readonly pendingMutations: PendingMutations
  readonly declarations: { readonly port: LivePort }
}

/** `pending`: what it runs for; `undefined` where somebody calls the function by himself. */
export function beginSend<P, Variables>(
  { queryClient, pendingMutations, declarations: { port } }: Sender,
  pending: PendingMutation | undefined,
  {
    params,
    endpoint,
    mark,
  }: {
    readonly params: P
    readonly endpoint: string | undefined
    readonly mark: (() => Promise<void>) | undefined
  },
): Send<P, Variables> {
  const progress = pending?.state.progress ?? 'fresh'
  const signal = pending?.abort.signal
  const guard = () => pending && refusal(pendingMutations, pending)
  const advance = (input: SendInput) => {
    if (pending) advancePending(pendingMutations, pending, input)
  }
  advance('started')
  return {
    isFresh: progress === 'fresh',
    mark,
    guard,
    advance,
    context: {
      params,
      clientId: pending?.clientId ?? port.clock.createId(),
      queryClient,
      request: (type, data, how) =>
        port.request(type, data, { endpoint, signal, guard, idempotent: true, ...how }),
      send: (type, data, delivery) => port.send(type, data, { endpoint, delivery, guard }),
      amend(change) {
        if (!pending) return
        const now = pending.mutation.state.variables
        amendVariables(queryClient, pending, typeof change === 'function' ? Object(change)(now) : change)
      },
      show(shown) {
        if (!pending || pending.shown === shown) return
        pending.shown = shown
        showChanges(pendingMutations)
      },
      inDoubt: progress === 'in-doubt',
      signal,
      isConfirmed: () => pending?.state.proof === 'sure',
    },
  }
}

/** Why it must not be sent, at this moment. */
function refusal(pendingMutations: PendingMutations, pending: PendingMutation): LiveError | undefined {
  const { name } = pending.definition
  const { failureReason } = pending.mutation.state
  // TanStack's own retry: only a user can decide to risk a second one.
  if (isLiveError(failureReason) && isLastWord(failureReason)) return failureReason
  if (pending.abort.signal.aborted) return new LiveError('aborted', `"${name}" was discarded`)
  if (isMine(pendingMutations, pending)) return undefined
  return new LiveError('user_changed', `"${name}" was not sent: who has written it is not signed in`)
}

/** Whether it was done nobody can tell, and sent again it might be done twice. */
export const isLastWord = ({ code, retryable }: LiveError) => code === 'connection_lost' && !retryable
