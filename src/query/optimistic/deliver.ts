/** The loop that sends: waits for the channel, goes out for its author only, and again where it got lost. */

import { isLiveError, type LiveError } from '../../transport/errors.ts'
import type { Guard } from '../../transport/port.ts'
import { type LiveChannel, whenLive } from '../stream/channelHub.ts'
import { isLastWord, type Send } from './beginSend.ts'

type Delivered = Pick<Send, 'isFresh' | 'guard' | 'advance' | 'mark'> & {
  /** Once, ahead of everything, and in the order of the calls. */
  readonly prepare?: (whenOwn: () => Promise<void>) => Promise<void> | undefined
}

/**
 * Every wait of this loop is for the connection, or for its turn (`mark`); a server that answers, with whatever, ends it.
 * `isNews`: it was done just now, and once.
 */
export async function deliver<Result>(
  channel: LiveChannel,
  { isFresh, guard, advance, mark, prepare }: Delivered,
  attempt: () => Promise<Result>,
): Promise<{ readonly result: Result; readonly isNews: boolean }> {
  const preparing = prepare?.(() => whenOwn(channel, guard))
  if (preparing !== undefined) await preparing
  for (let isFirst = isFresh; ; isFirst = false) {
    await whenOwn(channel, guard)
    if (mark) await mark()
    advance('sending')
    const { sessions, continuity } = channel
    try {
      const result = await attempt()
      // A reconnect in between may have sent it twice, and the answer is then to the second.
      const isSame = channel.live && channel.sessions === sessions && channel.continuity === continuity
      return { result, isNews: isFirst && isSame }
    } catch (error) {
      if (!isLost(error, mark !== undefined)) throw error
      advance('lost')
    }
  }
}

/** That the subscription ends connections. It is asked for again, and says nothing of what is to be sent. */
const isSuspicion = ({ code, maybeDelivered }: LiveError) => code === 'rejected' && maybeDelivered

/** Live, and still for its author. */
async function whenOwn(channel: LiveChannel, guard: Guard): Promise<void> {
  try {
    const error = guard()
    if (error) throw error
    await whenLive(channel, isSuspicion)
  } catch (error) {
    // Somebody else had to go, and the channel with him.
    if (!isLiveError(error) || error.code !== 'user_changed' || guard()) throw error
    await whenOwn(channel, guard)
  }
}

/**
 * Errors that say nothing but that the connection went away; the data carries its id, so sending again is safe. Where it
 * went with its user, the guard tells whether it was the author.
 */
const LOST: ReadonlySet<string> = new Set(['connection_lost', 'disconnected', 'user_changed'])

/** What is kept waits for as long as it is kept. */
const isLost = (error: unknown, isKept: boolean) =>
  isLiveError(error) && !isLastWord(error) && (LOST.has(error.code) || (isKept && error.code === 'expired'))
