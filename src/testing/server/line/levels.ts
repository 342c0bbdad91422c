/** How much of the protocol each level shows: what goes up to a server of level 3, and what comes down from it. Pure. */
import { type ChatLevel, type Fields, isFields, type ServerFrame } from '../wire.ts'

/** All that a level 0 back end reads; whatever else comes is left unread. */
const BASIC = new Set(['chat_message', 'typing_indicator', 'read_receipt', 'ping', 'auth'])

export const isServed = (level: ChatLevel, type: string): boolean =>
  level === 0 ? BASIC.has(type) : level > 1 || type !== 'sync'

/** Whose answers hold messages or positions; what an application answers is its own. */
const ASKED = new Set([
  'chat_message',
  'edit_message',
  'delete_message',
  'subscribe_room',
  'create_room',
  'join_room',
  'get_rooms',
  'get_history',
  'get_members',
])

export const isHidden = (level: ChatLevel, type: string): boolean => level < 3 && ASKED.has(type)

/** Nothing where the level has no such frame. `asked`: what it answers, where that `isHidden` in part. */
export function shownAt(
  level: ChatLevel,
  frame: ServerFrame,
  asked: string | undefined,
): ServerFrame | undefined {
  if (level === 3) return frame
  if (level === 0) return plain(frame)
  if (frame.type === 'welcome') return withData(frame, (data) => welcomeAt(level, data))
  if (asked !== undefined) return withData(frame, (data) => answerAt(level, data))
  return level === 2 || frame.type === 'response' ? frame : unnumbered(frame)
}

const withData = (frame: ServerFrame, show: (data: Fields) => Fields): ServerFrame =>
  isFields(frame.data) ? { ...frame, data: show(frame.data) } : frame

function welcomeAt(level: ChatLevel, welcome: Fields): Fields {
  if (level === 2) return { ...welcome, level }
  const { heads, seq, epoch, ...rest } = welcome
  return { ...rest, level }
}

/** What is left of an answer that `isHidden` in part. */
export function answerAt(level: ChatLevel, answer: Fields): Fields {
  const { as_of, ...rest } = answer
  // A snapshot without a position has no epoch either; a subscription has both.
  const { epoch, ...unplaced } = rest
  if (level === 2) return as_of === undefined ? rest : unplaced
  const { seq, ...bare } = unplaced
  return withMessages(bare, level === 0 ? fiveFields : withoutSeq)
}

function unnumbered(frame: ServerFrame): ServerFrame {
  const { seq, epoch, ...rest } = frame
  if (rest.type === 'pong') return withData(rest, ({ heads, ...data }) => data)
  const isMessage = rest.type === 'chat_message'
  const show = (data: Fields) => (isMessage ? withoutSeq(data) : withMessages(data, withoutSeq))
  return { ...withData(rest, show), ...('message' in rest && { message: shown(rest.message, withoutSeq) }) }
}

const withoutSeq = ({ seq, ...message }: Fields): Fields => message

type Show = (message: Fields) => Fields

const shown = (value: unknown, show: Show): unknown => (isFields(value) ? show(value) : value)

/** Wherever the chat puts messages into what it sends. */
function withMessages(value: Fields, show: Show): Fields {
  const inRoom = (room: Fields): Fields =>
    'last_message' in room ? { ...room, last_message: shown(room.last_message, show) } : room
  return {
    ...value,
    ...('message' in value && { message: shown(value.message, show) }),
    ...(Array.isArray(value.messages) && { messages: value.messages.map((each) => shown(each, show)) }),
    ...(isFields(value.room) && { room: inRoom(value.room) }),
    ...(Array.isArray(value.rooms) && { rooms: value.rooms.map((each) => shown(each, inRoom)) }),
  }
}

/** What only a server with sessions sends. */
const NOT_PLAIN = new Set([
  'welcome',
  'response',
  'error',
  'room_added',
  'room_removed',
  'room_updated',
  'unread_update',
  'user_status',
  'message_appended',
])

/** As a consumer of thirty lines would send it. */
function plain(frame: ServerFrame): ServerFrame | undefined {
  const { type } = frame
  if (NOT_PLAIN.has(type)) return undefined
  if (type === 'chat_message') return { type, message: shown(frame.message ?? frame.data, fiveFields) }
  if (type === 'pong') return withData(frame, ({ heads, server_time, ...data }) => data)
  if (frame.seq === undefined) return frame
  const { seq, epoch, room_id, ...rest } = frame
  return withData(rest, (data) => withMessages(data, fiveFields))
}

const fiveFields = ({ id, room_id, sender, content, timestamp }: Fields): Fields => ({
  id,
  room_id,
  sender,
  content,
  timestamp,
})
