/** Reacting to messages. Each reaction counts each user once. */
import { RequestError } from '../../requestError.ts'
import { readId } from '../reading/fields.ts'
import { type Steps, wait } from '../steps.ts'
import type { ReactionRow } from '../tables/chatTables.ts'
import type { ChatReaction } from '../wire.ts'
import { reactionFrame } from './frames.ts'
import { countReactions } from './views.ts'
import { type Asked, type ChatWork, findMembership, findMessage, roomChannel } from './work.ts'

interface Reply {
  readonly reactions: readonly ChatReaction[]
  readonly version: number
}

/** Twice is done after the first time: no event, no new version. */
export function* react(work: ChatWork, asked: Asked, isOn: boolean): Steps<Reply> {
  const { tables } = work
  const { room } = yield* findMembership(work, asked)
  const before = yield* findMessage(work, room, asked.data)
  const name = String(readId(asked.data, 'reaction'))
  const rows = yield* wait(tables.reactions(room.key, before.place))
  const own = rows.find((row) => row.name === name && row.user === asked.user)
  const replyWith = (now: readonly ReactionRow[], version: number): Reply => ({
    reactions: countReactions(now, asked.user),
    version,
  })
  if (isOn === (own !== undefined)) return replyWith(rows, before.version)
  const version = before.version + 1
  const since = rows.find((row) => row.name === name)?.since
  const row = own ?? { room: room.key, place: before.place, name, user: asked.user, since: since ?? version }
  if (isOn) checkCount(work, rows, name)
  const next = isOn ? [...rows, row].sort((a, b) => a.since - b.since) : rows.filter((each) => each !== row)
  const make = (reactions: readonly ChatReaction[]) => ({
    room_id: room.body.id,
    message_id: before.body.id,
    reactions,
    version,
  })
  const text = reactionFrame(room, 'reaction_updated', { rows: next, make })
  yield* wait(work.append(roomChannel(room.key), text))
  yield* wait(isOn ? tables.addReaction(row) : tables.removeReaction(row))
  yield* wait(tables.putMessage({ ...before, version }))
  return replyWith(next, version)
}

/** All of them go out with every change of any. */
function checkCount({ limits }: ChatWork, rows: readonly ReactionRow[], name: string): void {
  const names = new Set(rows.map((row) => row.name)).add(name)
  if (names.size > limits.reactionNames)
    throw new RequestError('too_many', `A message has at most ${limits.reactionNames} different reactions`)
  if (rows.length >= limits.reactions)
    throw new RequestError('too_many', `A message has at most ${limits.reactions} reactions`)
}
