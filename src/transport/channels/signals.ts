/** What those who have a channel open are told. One that breaks does not keep it from the others. */
import type { ChannelSignal, Cursor } from '../port.ts'
import type { ChannelConnection, Member } from './channelRegistry.ts'

export function emitSignal(
  connection: ChannelConnection,
  members: readonly Member[],
  signal: ChannelSignal,
): void {
  for (const { listener } of members) {
    try {
      listener.onSignal(signal)
    } catch (error) {
      connection.reportError(connection.name, error)
    }
  }
}

/** Where a channel stands may be more than what has come of it. */
export function tellHead(
  connection: ChannelConnection,
  members: readonly Member[],
  cursor: Cursor | undefined,
): void {
  if (cursor) emitSignal(connection, members, { type: 'head', cursor })
}
