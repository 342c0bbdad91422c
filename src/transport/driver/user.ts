/** What another user means to a connection: nothing of the former one goes out through it, or is heard. */
import { downChannels, upChannels } from '../channels/channels.ts'
import { dropFrames, flushQueue } from '../connection/sending.ts'
import { LiveError } from '../errors.ts'
import { dialOf } from '../machine/connectionMachine.ts'
import type { DrivenConnection } from './drivenConnection.ts'
import { endHandOver, loseSocket } from './sockets.ts'

/**
 * For what belonged to somebody who is gone: all of it, or what is from before an era. Whoever asks from now on waits for
 * the next socket as ever.
 */
export function giveUp(
  connection: DrivenConnection,
  error: LiveError,
  before = Number.POSITIVE_INFINITY,
): void {
  dropFrames(connection, error, ({ era }) => era < before)
  downChannels(connection, error)
  downChannels(connection, undefined)
}

/** What one user meant to send, no other one sends; what one was meant to hear, no other one hears. */
export function changeUser(connection: DrivenConnection): void {
  const { identity, state, current } = connection
  const error = new LiveError('user_changed', 'Another user has signed in')
  giveUp(connection, error, identity.era)
  const loss = { cause: 'user', code: 1000, reason: error.message } as const
  const isFormer = current !== undefined && current.era < identity.era
  // First the socket: a dial that belongs to the new user takes its place.
  if (isFormer) loseSocket(connection, current.attempt, loss)
  const dial = dialOf(state)
  if (dial !== null && connection.era < identity.era) loseSocket(connection, dial, loss)
  // Where the former one was not let in, the next one may be.
  if (state.phase === 'failed') connection.raise({ type: connection.leases.size > 0 ? 'connect' : 'release' })
  if (!current || isFormer) return
  // The former user's socket may have had more to say; nobody is to hear it.
  if (connection.handOver) endHandOver(connection)
  upChannels(connection)
}

/** The same one is still here: the sockets that name him are good. */
export function confirmUser(connection: DrivenConnection): void {
  const { identity, sockets, current } = connection
  if (!identity.isSure) return
  for (const socket of sockets.values())
    if (socket.principal !== undefined && socket.principal === identity.who.token) socket.era = identity.era
  if (current) flushQueue(connection)
}
