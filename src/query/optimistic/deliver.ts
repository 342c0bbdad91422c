/** The loop that sends: waits for the channel, goes out for its author only, and again where it got lost. */

import { isLiveError, LiveError } from '../../transport/errors.ts'
import type { Guard } from '../../transport/port.ts'
import { type LiveChannel, whenLive } from '../stream/channelHub.ts'
import type { PendingMutation } from './pendingMutation.ts'
import { isMine, type PendingMutations } from './pendingMutations.ts'

/** What the loop has of one call of a mutationFn. */
interface Delivered {
  readonly guard: Guard
  readonly advance: (input: 'sending' | 'lost') => void
}

/** Why it must not be sent, at this moment. */
export function refusal(pendingMutations: PendingMutations, pending: PendingMutation): LiveError | undefined {
  const { name } = pending.definition
  const { failureReason } = pending.mutation.state
  // TanStack's own retry: only a user can decide to risk a second one.
  if (isLiveError(failureReason) && isLastWord(failureReason)) return failureReason
  if (pending.abort.signal.aborted) return new LiveError('aborted', `"${name}" was discarded`)
  if (isMine(pendingMutations, pending)) return undefined
  return new LiveError(
    'user_changed',
    `"${name}" was not sent: somebody else has written it, and is not signed in`,
  )
}

/** Every wait of this loop is for the connection; a server that answers, with whatever, ends it. */
export async function deliver<Result>(
  channel: LiveChannel,
  { guard, advance }: Delivered,
  attempt: () => Promise<Result>,
): Promise<{ readonly result: Result; readonly isSure: boolean }> {
  for (let isFirst = true; ; isFirst = false) {
    await whenOwn(channel, guard)
    advance('sending')
    const { sessions, continuity } = channel
    try {
      const result = await attempt()
      // A reconnect in between may have sent it twice, and the answer is then to the second.
      const isSame = channel.live && channel.sessions === sessions && channel.continuity === continuity
      return { result, isSure: isFirst && isSame }
    } catch (error) {
      if (!isLiveError(error) || isLastWord(error) || !LOST.has(error.code)) throw error
      advance('lost')
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
