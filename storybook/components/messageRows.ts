/** From messages to what a list shows: day breaks, the unread divider, and who speaks on. Pure; knows no React. */
import { keyOf } from '../../src/chat/index.ts'
import { dateOf } from './times.ts'

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

export interface MessageRows<Message extends RowMessage> {
  readonly length: number
  /** The same object while the message and its neighbours are. */
  at(index: number): MessageRow<Message> | undefined
  keyAt(index: number): string | undefined
  /** Where the message stands; -1 where it is not loaded. */
  indexOf(id: Id): number
}

interface Made<Message extends RowMessage> {
  readonly previous: Message | undefined
  readonly next: Message | undefined
  readonly firstUnreadId: Id | null | undefined
  readonly row: MessageRow<Message>
}

/**
 * While there are older messages, the oldest loaded one is held back: only its predecessor tells whether it starts a
 * day or a group. Shown at once, it would change its height when the page above it arrives, and everything would jump.
 *
 * A row is made when it is asked for, and kept with its message: what is not in view costs nothing, however much is loaded.
 */
export function createToRows<Message extends RowMessage>() {
  const made = new WeakMap<Message, Made<Message>>()
  return (messages: readonly Message[], { hasOlder, firstUnreadId }: RowOptions): MessageRows<Message> => {
    const first = hasOlder ? 1 : 0
    const places = new Map<string, number>()
    const at = (index: number) => {
      const [previous, message, next] = [messages[index - 1], messages[index], messages[index + 1]]
      if (!message || index < first) return undefined
      const known = made.get(message)
      const isSameRow =
        known?.previous === previous && known?.next === next && known?.firstUnreadId === firstUnreadId
      if (known && isSameRow) return known.row
      const starts = startsOf(previous, message, firstUnreadId)
      const endsGroup = next === undefined || startsOf(message, next, firstUnreadId).startsGroup
      const row = { key: keyOf(message), message, ...starts, endsGroup }
      made.set(message, { previous, next, firstUnreadId, row })
      return row
    }
    return {
      length: Math.max(0, messages.length - first),
      at: (index) => at(index + first),
      keyAt: (index) => {
        const message = messages[index + first]
        return message && keyOf(message)
      },
      indexOf: (id) => {
        // From the end: what is looked for is recent as a rule.
        const known = places.get(String(id)) ?? messages.findLastIndex((message) => isSame(message.id, id))
        places.set(String(id), known)
        return known < first ? -1 : known - first
      },
    }
  }
}

function startsOf(
  previous: RowMessage | undefined,
  message: RowMessage,
  firstUnreadId: Id | null | undefined,
) {
  const startsUnread = firstUnreadId != null && isSame(message.id, firstUnreadId)
  if (!previous) return { startsDay: true, startsUnread, startsGroup: true }
  const [before, day] = [dayOf(previous), dayOf(message)]
  // Where either is not known, none is known to begin.
  const startsDay = before !== day && !Number.isNaN(before + day)
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
  const date = dateOf(message.timestamp)
  const day = date.getFullYear() * 10_000 + date.getMonth() * 100 + date.getDate()
  const fresh = { timeMs: date.getTime(), day }
  times.set(message, fresh)
  return fresh
}

const timeOf = (message: RowMessage) => timesOf(message).timeMs
const dayOf = (message: RowMessage) => timesOf(message).day
