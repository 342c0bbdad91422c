/** What a connection can be told to do, and asked for. */
import { failureOf, obstacleOf } from '../connection/connection.ts'
import { endConnection, takeLease } from '../connection/leases.ts'
import { type RequestSpec, request } from '../connection/requests.ts'
import { sendFrame } from '../connection/sending.ts'
import type { Outgoing } from '../connection/sendQueue.ts'
import { LiveError } from '../errors.ts'
import type { DrivenConnection } from './drivenConnection.ts'
import { giveUp } from './user.ts'

/** The lease that `connect()` stands for. */
const USER = 'user'

/** `keep`: until `disconnect`, whoever else holds it. */
export function connect(connection: DrivenConnection, keep: boolean): void {
  if (keep) {
    connection.leases.add(USER)
    connection.timers.clear('linger')
  }
  connection.raise({ type: 'connect' })
}

export function disconnect(connection: DrivenConnection): void {
  connection.raise({ type: 'disconnect' })
  connection.leases.delete(USER)
}

export function close(connection: DrivenConnection): void {
  giveUp(connection, new LiveError('closed', 'The manager was closed'))
  disconnect(connection)
  // Who still holds it finds it disconnected, and can have it back by `connect()`.
  if (connection.leases.size === 0) endConnection(connection)
}

/** Moves to a socket with new credentials, without a gap where they are the same user's. */
export function reauthenticate(connection: DrivenConnection): void {
  // One that nobody holds, and that gave up, must not keep the next one who needs it waiting.
  const isNeeded = connection.current || connection.leases.size > 0
  connection.raise({ type: isNeeded ? 'reauthenticate' : 'release' })
}

/** A request that holds the connection for as long as it waits. */
export function ask(connection: DrivenConnection, spec: RequestSpec): Promise<unknown> {
  const obstacle = obstacleOf(connection)
  if (obstacle) return Promise.reject(obstacle)
  const endLease = takeLease(connection, false)
  return request(connection, { ...spec, onEnd: () => endLease() })
}

export async function send(
  connection: DrivenConnection,
  spec: Pick<Outgoing, 'type' | 'data' | 'delivery' | 'guard'>,
): Promise<void> {
  if (spec.delivery === 'volatile' && !connection.current) return
  const failure = failureOf(connection)
  if (failure) throw failure
  const endLease = takeLease(connection, false)
  await new Promise<void>((resolve, reject) => {
    sendFrame(connection, {
      ...spec,
      onWritten: resolve,
      onDropped: (error) => (error ? reject(error) : resolve()),
    })
  }).finally(endLease)
}
