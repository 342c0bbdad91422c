/** From messages to what a list shows: day breaks, the unread divider, and who speaks on. Pure; knows no React. */

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
  /** The last message that was read when the room was opened. */
  readonly unreadAfter?: Id | null | undefined
  /** A pause that makes the same sender start anew. @default five minutes */
  readonly groupWithinMs?: number
}

const FIVE_MINUTES_MS = 300_000

/**
 * While there are older messages, the oldest loaded one is held back: only its predecessor tells whether it starts a
 * day or a group. Shown at once, it would change its height when the page above it arrives, and everything would jump.
 */
export function toRows<Message extends RowMessage>(
  messages: readonly Message[],
  { hasOlder, unreadAfter, groupWithinMs = FIVE_MINUTES_MS }: RowOptions,
): MessageRow<Message>[] {
  const breaks = messages.map((message, index) => {
    const previous = messages[index - 1]
    const startsDay = previous === undefined || dayOf(previous) !== dayOf(message)
    const startsUnread = previous !== undefined && unreadAfter != null && isSame(previous.id, unreadAfter)
    const isSpeakingOn =
      previous !== undefined &&
      isSame(previous.sender.id, message.sender.id) &&
      timeOf(message) - timeOf(previous) < groupWithinMs
    return { startsDay, startsUnread, startsGroup: startsDay || startsUnread || !isSpeakingOn }
  })
  const rows = messages.map((message, index) => ({
    key: keyOf(message),
    message,
    startsDay: breaks[index]?.startsDay ?? false,
    startsUnread: breaks[index]?.startsUnread ?? false,
    startsGroup: breaks[index]?.startsGroup ?? true,
    endsGroup: breaks[index + 1]?.startsGroup ?? true,
  }))
  return hasOlder ? rows.slice(1) : rows
}

export const keyOf = ({ client_id, id }: RowMessage): string => String(client_id ?? id)

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
