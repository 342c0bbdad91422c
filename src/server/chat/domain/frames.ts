/** What is told of a room and of a user, as text. */
import { fieldsOf, isRecord } from '../../../transport/protocol.ts'
import { withOwn } from '../../feeds/eventText.ts'
import type { ReactionRow, RoomRow } from '../tables/chatTables.ts'
import type { ChatReaction } from '../wire.ts'
import { countReactions } from './views.ts'

/** The room stands in the envelope, where clients look for it first. */
export const roomFrame = ({ body }: RoomRow, type: string, data: object): string =>
  JSON.stringify({ type, room_id: body.id, data })

interface ReactionParts {
  readonly rows: readonly ReactionRow[]
  make(reactions: readonly ChatReaction[]): object
}

/**
 * An event whose reactions differ by who is looking: written once as it is for those who have not reacted, and with it which
 * of the reactions the others have to themselves.
 */
export function reactionFrame(room: RoomRow, type: string, { rows, make }: ReactionParts): string {
  const reactions = countReactions(rows)
  const places = new Map(reactions.map(({ name }, place) => [name, place]))
  const own = new Map<string, number[]>()
  for (const { user, name } of rows) {
    const mine = own.get(user) ?? []
    own.set(user, mine)
    mine.push(places.get(name) ?? 0)
  }
  return withOwn(roomFrame(room, type, make(reactions)), Object.fromEntries(own))
}

/** The same event as the one sees it who has these reactions. */
export function ownFrame(text: string, places: unknown): string {
  const frame: unknown = JSON.parse(text)
  const data = fieldsOf(fieldsOf(frame).data)
  const reactions = data.reactions ?? fieldsOf(data.message).reactions
  if (!(Array.isArray(reactions) && Array.isArray(places))) return text
  for (const place of places) {
    const reaction: unknown = reactions[Number(place)]
    if (isRecord(reaction)) reaction.me = true
  }
  return JSON.stringify(frame)
}
