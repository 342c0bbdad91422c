/** Who types where: told at once, and then once a second at most. What was said last is told in any case. */
import type { PluginHandler, PluginRequest } from '../../session/plugin.ts'
import { shownUser } from '../../session/token.ts'
import { roomFrame } from '../domain/frames.ts'
import { type Asked, findMembership, ROOM_FIELD, roomChannel } from '../domain/work.ts'
import { readBoolean, readId } from '../reading/fields.ts'
import { type ChatCore, userKeyOf } from './core.ts'

/** Clients say it again every three seconds, and it runs out after seven. */
const REST_MS = 1_000

/** Until the room may be told again. */
interface Rest {
  last?: PluginRequest
}

export function createTyping(core: ChatCore): PluginHandler {
  const { host } = core
  /** By connection and room. */
  const rests = new Map<string, Rest>()
  const wake = (name: string, { last }: Rest) => {
    rests.delete(name)
    // What a connection said before it ended is no news. Who has left the room is not told; who could not be says it again.
    if (last && [...host.connectionsOf(last.user.id)].includes(last.connection))
      hear(last).catch(() => undefined)
  }
  /** Volatile, so there is no reply. */
  const hear = async (request: PluginRequest): Promise<undefined> => {
    const name = `${request.connection.id} ${readId(request.data, ROOM_FIELD)}`
    readBoolean(request.data, 'is_typing')
    const resting = rests.get(name)
    if (resting) {
      resting.last = request
      return
    }
    const rest: Rest = {}
    rests.set(name, rest)
    const cancel = host.environment.setTimer(() => wake(name, rest), REST_MS)
    try {
      await tell(core, request)
    } catch (error) {
      cancel()
      rests.delete(name)
      throw error
    }
  }
  return hear
}

/** The one who types does not hear it back. */
async function tell({ host, read }: ChatCore, { connection, user, data }: PluginRequest): Promise<void> {
  const asked: Asked = { user: userKeyOf(connection), data }
  const { result } = await read([], (on) => findMembership(on, asked))
  const typing = { room_id: result.room.body.id, user: shownUser(user), is_typing: data.is_typing }
  host.broadcast(roomChannel(result.room.key), roomFrame(result.room, 'typing_indicator', typing), connection)
}
