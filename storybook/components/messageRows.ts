/** From messages to what a list shows: day breaks, the unread divider, and who speaks on. Pure; knows no React. */
import { keyOf } from '../../src/chat/index.ts'

export type Id = string | number

export interface RowMessage {
  readonly id: Id
  readonly client_id?: string | null | undefined
  readonly sender: { readonly id: Id }
  readonly timestamp: string
}

export interface MessageRow<Message extends RowMessage> {
  /** The same before and after the server has given the message its id: the row keeps its place and its element. */
  readonly key: string
  readonly message: Message
  /** A new day begins with this message. */
  readonly startsDay: boolean
  /** The first one that was unread when the room was opened. */
  readonly startsUnread: boolean
  readonly startsGroup: boolean
  readonly endsGroup: boolean
}

export interface RowOptions {
  /** Whether there are older messages that are not loaded. */
  readonly hasOlder: boolean
  /** The first message that was unread when the room was opened. */
  readonly firstUnreadId?: Id | null | undefined
}

/** A pause that makes the same sender start anew. */
const GROUP_WITHIN_MS = 300_000

/**
 * While there are older messages, the oldest loaded one is held back: only its predecessor tells whether it starts a
 * day or a group. Shown at once, it would change its height when the page above it arrives, and everything would jump.
 *
 * Remembers what it has made: up to the first message that changed, the rows are those of the last time. So a message
 * that arrives costs one row, however many there are.
 */
export function createToRows<Message extends RowMessage>() {
  let known: readonly Message[] = []
  let rows: readonly MessageRow<Message>[] = []
  let knownUnreadId: Id | null | undefined
  return (messages: readonly Message[], { hasOlder, firstUnreadId }: RowOptions) => {
    const kept = firstUnreadId === knownUnreadId ? keptRows(known, messages) : 0
    const fresh = messages.slice(kept).map((_, at) => rowAt(messages, kept + at, firstUnreadId))
    rows = rows.slice(0, kept).concat(fresh)
    known = messages
    knownUnreadId = firstUnreadId
    return hasOlder ? rows.slice(1) : rows
  }
}

/** One less than what is unchanged: where a group ends is told by the message after it. */
function keptRows(known: readonly RowMessage[], messages: readonly RowMessage[]): number {
  const changedAt = messages.findIndex((message, index) => message !== known[index])
  return Math.max(0, (changedAt < 0 ? messages.length : changedAt) - 1)
}

function rowAt<Message extends RowMessage>(
  messages: readonly Message[],
  index: number,
  firstUnreadId: Id | null | undefined,
): MessageRow<Message> {
  const [previous, message, next] = [messages[index - 1], messages[index] as Message, messages[index + 1]]
  const starts = startsOf(previous, message, firstUnreadId)
  const endsGroup = next === undefined || startsOf(message, next, firstUnreadId).startsGroup
  return { key: keyOf(message), message, ...starts, endsGroup }
}

function startsOf(
  previous: RowMessage | undefined,
  message: RowMessage,
  firstUnreadId: Id | null | undefined,
) {
  const startsUnread = firstUnreadId != null && isSame(message.id, firstUnreadId)
  if (!previous) return { startsDay: true, startsUnread, startsGroup: true }
  const startsDay = dayOf(previous) !== dayOf(message)
  const isSpeakingOn =
    isSame(previous.sender.id, message.sender.id) && timeOf(message) - timeOf(previous) < GROUP_WITHIN_MS
  return { startsDay, startsUnread, startsGroup: startsDay || startsUnread || !isSpeakingOn }
}

/** What is pending is one's own, also while nobody has said yet who one is. */
export const isBy = (
  { sender, local }: { readonly sender: { readonly id: Id }; readonly local?: unknown },
  userId: Id | undefined,
) => local !== undefined || (userId !== undefined && isSame(sender.id, userId))

export const isSame = (a: Id, b: Id) => String(a) === String(b)

const times = new WeakMap<RowMessage, { readonly timeMs: number; readonly day: number }>()

/** Parsed once per message, not once per message and render. */
function timesOf(message: RowMessage) {
  const known = times.get(message)
  if (known) return known
  const date = new Date(message.timestamp)
  const day = date.getFullYear() * 10_000 + date.getMonth() * 100 + date.getDate()
  const fresh = { timeMs: date.getTime(), day }
  times.set(message, fresh)
  return fresh
}

const timeOf = (message: RowMessage) => timesOf(message).timeMs
const dayOf = (message: RowMessage) => timesOf(message).day
