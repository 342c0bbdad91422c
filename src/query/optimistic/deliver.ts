/** One send on its way to the server: waits for the channel, goes out for its author only, and again where it got lost. */

import { isLiveError, LiveError } from '../../transport/errors.ts'
import type { ChannelSpec, Delivery, Guard, LivePort, PortRequestOptions } from '../../transport/port.ts'
import { type LiveChannel, whenLive } from '../stream/channelHub.ts'
import type { QueryClient } from '../tanstack.ts'
import type { Row } from './pendingMutation.ts'
import { isMine, type Outbox } from './pendingMutations.ts'

/** How a request is made; see `LivePort.request`. */
export type AskOptions = Pick<PortRequestOptions, 'idempotent' | 'onRead'>

export interface SendContext<P, Variables = unknown> {
  readonly params: P
  readonly clientId: string
  readonly queryClient: QueryClient
  /** Resolves with the reply. Sent again, with the same data, when the connection is lost before it comes. */
  readonly request: (type: string, data: unknown, how?: AskOptions) => Promise<unknown>
  /** For servers that do not reply. Resolves when written. */
  readonly send: (type: string, data: unknown, delivery?: Delivery) => Promise<void>
  /** Goes on with these variables: they are kept across a reload, shown, and what `settle` gets. */
  readonly amend: (variables: Variables) => void
  /** It was being sent when the page was left; a server that does not know it again may do it twice. */
  readonly inDoubt: boolean
  /** Aborted when it is discarded; what is asked by `request` ends with it. */
  readonly signal: AbortSignal | undefined
  /** An event has said already what this was to do. */
  readonly isConfirmed: () => boolean
}

/** One call of a mutationFn. */
export interface Send {
  /** What it runs for; `undefined` where somebody calls the function by himself. */
  readonly row: Row | undefined
  readonly clientId: string
  readonly guard: Guard
  readonly queryClient: QueryClient
  readonly inDoubt: boolean
  sending(isSending: boolean): void
  amend(variables: unknown): void
}

/** Why it must not be sent, at this moment. */
export function refusal(outbox: Outbox, row: Row | undefined): LiveError | undefined {
  if (!row) return undefined
  const { name } = row.definition
  const { failureReason } = row.mutation.state
  // TanStack's own retry: only a user can decide to risk a second one.
  if (isLiveError(failureReason) && isLastWord(failureReason)) return failureReason
  if (row.abort.signal.aborted) return new LiveError('aborted', `"${name}" was discarded`)
  if (isMine(outbox, row)) return undefined
  return new LiveError(
    'user_changed',
    `"${name}" was not sent: somebody else has written it, and is not signed in`,
  )
}

/** Every wait of this loop is for the connection; a server that answers, with whatever, ends it. */
export async function deliver<Result>(
  channel: LiveChannel,
  { guard, sending }: Send,
  attempt: () => Promise<Result>,
): Promise<{ readonly result: Result; readonly isSure: boolean }> {
  for (let isFirst = true; ; isFirst = false) {
    await whenOwn(channel, guard)
    sending(true)
    const { sessions, continuity } = channel
    try {
      const result = await attempt()
      // A reconnect in between may have sent it twice, and the answer is then to the second.
      const isSame = channel.live && channel.sessions === sessions && channel.continuity === continuity
      return { result, isSure: isFirst && isSame }
    } catch (error) {
      if (!isLiveError(error) || isLastWord(error) || !LOST.has(error.code)) throw error
      sending(false)
    }
  }
}

/** Live, and still for its author. */
async function whenOwn(channel: LiveChannel, guard: Guard): Promise<void> {
  const error =
    guard() ??
    (await whenLive(channel).then(
      () => undefined,
      (reason: unknown) => reason,
    ))
  if (!error) return
  // Somebody else had to go, and the channel with him.
  if (!isLiveError(error) || error.code !== 'user_changed' || guard()) throw error
  return whenOwn(channel, guard)
}

/**
 * Errors that say nothing but that the connection went away; the data carries its id, so sending again is safe. Where it
 * went with its user, the guard tells whether it was the author.
 */
const LOST: ReadonlySet<string> = new Set(['connection_lost', 'disconnected', 'user_changed'])

/** Whether it was done nobody can tell, and sent again it might be done twice. */
const isLastWord = ({ code, retryable }: LiveError) => code === 'connection_lost' && !retryable

export function sendContext<P, Variables>(
  port: LivePort,
  { endpoint }: ChannelSpec,
  { params, send }: { readonly params: P; readonly send: Send },
): SendContext<P, Variables> {
  const { row, clientId, guard, queryClient, inDoubt, amend } = send
  const signal = row?.abort.signal
  return {
    params,
    clientId,
    queryClient,
    inDoubt,
    amend,
    isConfirmed: () => row?.confirmed === 'sure',
    signal,
    request: (type, data, how) =>
      port.request(type, data, { endpoint, signal, guard, idempotent: true, ...how }),
    send: (type, data, delivery) => port.send(type, data, { endpoint, delivery, guard }),
  }
}
