/** Sending, editing and deleting messages. */
import type { Id } from '../../../transport/port.ts'
import { RequestError } from '../../requestError.ts'
import { type Steps, wait } from '../steps.ts'
import { type Key, keyOf, type MessageRow, type RoomRow } from '../tables/chatTables.ts'
import type { ChatMessage } from '../wire.ts'
import { readAttachments } from './attachments.ts'
import { type Fields, readForeign, readOptionalId, readOptionalName, readString } from './fields.ts'
import { reactionFrame, roomFrame } from './frames.ts'
import { callsIn } from './mentions.ts'
import { countReactions, viewMessage } from './views.ts'
import {
  type Asked,
  type ChatRead,
  type ChatWork,
  findMembership,
  findMessage,
  findUsers,
  roomChannel,
} from './work.ts'

/** What a history that is taken over says of a message beside its text. */
export interface MessageOrigin {
  readonly id?: Id
  /** ISO 8601. Not before the message before it. */
  readonly timestamp?: string
  /** It is still to be written. */
  readonly status?: 'streaming'
}

export interface MessageReply {
  readonly message: ChatMessage
}

/** `isNew`: false for one that was sent before, and is answered as it is now. */
export function* sendMessage(
  work: ChatWork,
  asked: Asked,
  origin: MessageOrigin = {},
): Steps<MessageReply & { readonly isNew: boolean }> {
  const { tables } = work
  const { room } = yield* findMembership(work, asked)
  const clientId = readOptionalName(asked.data, 'client_id')
  const known =
    clientId === undefined ? undefined : yield* wait(tables.messageSent(room.key, asked.user, clientId))
  if (known)
    return { ...(yield* replyWith(work, room, { message: known, viewer: asked.user })), isNew: false }
  const body = compose(work, room, { data: asked.data, origin })
  const sender = (yield* findUsers(work, [asked.user]))(asked.user)
  const mentions = yield* findCalled(work, room, { content: body.content, sender: asked.user })
  const row = {
    room: room.key,
    place: room.messageCount + 1,
    ownPlace: (yield* wait(tables.countSent(room.key, asked.user))) + 1,
    key: keyOf(body.id),
    sender: asked.user,
    ...(clientId === undefined ? {} : { clientId }),
    isDeleted: false,
    version: 1,
    body,
  }
  const viewAt = (seq: number) => viewMessage({ ...row, seq }, { room, sender, reactions: [] })
  const { seq } = yield* wait(
    work.append(roomChannel(room.key), (head) => announcement(room, viewAt(head.seq))),
  )
  yield* wait(tables.putMessage({ ...row, seq }))
  if (mentions.length > 0) yield* wait(tables.setMentions(room.key, row.place, mentions))
  yield* changeRoom(work, room, { messageCount: row.place, activeAt: body.timestamp })
  return { message: viewAt(seq), isNew: true }
}

const announcement = ({ body }: RoomRow, message: ChatMessage): string =>
  JSON.stringify({ type: 'chat_message', room_id: body.id, message })

function compose(
  { limits, now, createMessageId }: ChatWork,
  { activeAt }: RoomRow,
  { data, origin }: { readonly data: Fields; readonly origin: MessageOrigin },
): MessageRow['body'] {
  const text = data.message === undefined ? '' : readString(data, 'message')
  const attachments = readAttachments(data, limits)
  const isEmpty = text.trim() === '' && (Boolean(attachments?.length) || origin.status !== undefined)
  const content = isEmpty ? text : checkContent(text, limits.messageLength)
  const replyToId = readOptionalId(data, 'reply_to_id')
  const metadata = readForeign(data, 'metadata', limits.attachmentLength)
  return {
    id: origin.id ?? createMessageId(),
    content,
    // A clock that was set back must not put a new message before an old one.
    timestamp: origin.timestamp ?? (activeAt > now ? activeAt : now),
    ...(origin.status === undefined ? {} : { status: origin.status }),
    ...(replyToId === undefined ? {} : { reply_to_id: replyToId }),
    ...(attachments === undefined ? {} : { attachments }),
    ...(metadata === undefined ? {} : { metadata }),
  }
}

function checkContent(content: string, maxLength: number): string {
  if (content.trim() === '') throw new RequestError('empty', 'A message needs some text')
  // As Python counts: code points.
  if (content.length > maxLength && [...content].length > maxLength) {
    throw new RequestError('too_long', `A message has at most ${maxLength} characters`)
  }
  return content
}

function* findCalled(
  { tables }: ChatRead,
  room: RoomRow,
  { content, sender }: { readonly content: string; readonly sender: Key },
): Steps<Key[]> {
  const called = callsIn(content)
  if (called.length === 0) return []
  const users = yield* wait(tables.membersCalled(room.key, called))
  return users.filter((user) => user !== sender)
}

/** All members see the room otherwise now. */
export function* changeRoom(
  { tables }: ChatWork,
  room: RoomRow,
  change: Partial<RoomRow> = {},
): Steps<RoomRow> {
  const changed = { ...room, version: room.version + 1, ...change }
  yield* wait(tables.putRoom(changed))
  return changed
}

export function* replyWith(
  read: ChatRead,
  room: RoomRow,
  { message, viewer }: { readonly message: MessageRow; readonly viewer: Key },
): Steps<MessageReply> {
  const sender = (yield* findUsers(read, [message.sender]))(message.sender)
  const rows = yield* wait(read.tables.reactions(room.key, message.place))
  return { message: viewMessage(message, { room, sender, reactions: countReactions(rows, viewer) }) }
}

function* findOwnMessage(work: ChatWork, room: RoomRow, { user, data }: Asked): Steps<MessageRow> {
  const message = yield* findMessage(work, room, data)
  if (message.sender === user) return message
  throw new RequestError('forbidden', 'Only the sender can change a message')
}

interface Rewritten {
  readonly before: MessageRow
  readonly body: MessageRow['body']
  readonly viewer: Key
}

export function* editMessage(work: ChatWork, asked: Asked): Steps<MessageReply> {
  const { room } = yield* findMembership(work, asked)
  const before = yield* findOwnMessage(work, room, asked)
  if (before.body.status === 'streaming')
    throw new RequestError('forbidden', 'The message is still being written; stop it first')
  const content = checkContent(readString(asked.data, 'message'), work.limits.messageLength)
  const { user: viewer } = asked
  if (content === before.body.content) return yield* replyWith(work, room, { message: before, viewer })
  const body = { ...before.body, content, edited_at: work.now }
  return yield* rewriteMessage(work, room, { before, body, viewer })
}

/** It says something else from now on. */
export function* rewriteMessage(
  work: ChatWork,
  room: RoomRow,
  { before, body, viewer }: Rewritten,
): Steps<MessageReply> {
  const { tables } = work
  const { content } = body
  const message = { ...before, version: before.version + 1, body }
  const rows = yield* wait(tables.reactions(room.key, message.place))
  const sender = (yield* findUsers(work, [message.sender]))(message.sender)
  const make = (reactions: ChatMessage['reactions']) => ({
    message: viewMessage(message, { room, sender, reactions }),
  })
  yield* wait(work.append(roomChannel(room.key), reactionFrame(room, 'message_updated', { rows, make })))
  yield* wait(tables.putMessage(message))
  const isCalling = callsIn(before.body.content).length + callsIn(content).length > 0
  if (isCalling) {
    const mentions = yield* findCalled(work, room, { content, sender: before.sender })
    yield* wait(tables.setMentions(room.key, message.place, mentions))
  }
  const [last] = yield* wait(tables.lastMessages([room.key]))
  if (isCalling || last?.place === message.place) yield* changeRoom(work, room)
  return make(countReactions(rows, viewer))
}

export function* deleteMessage(work: ChatWork, asked: Asked): Steps<MessageReply> {
  const { tables } = work
  const { room } = yield* findMembership(work, asked)
  const before = yield* findOwnMessage(work, room, asked)
  const { attachments, metadata, status, ...body } = before.body
  const message = {
    ...before,
    isDeleted: true,
    version: before.version + 1,
    body: { ...body, content: '', deleted_at: work.now },
  }
  const data = { room_id: room.body.id, message_id: body.id, version: message.version }
  yield* wait(work.append(roomChannel(room.key), roomFrame(room, 'message_deleted', data)))
  yield* wait(tables.putMessage(message))
  if (status === 'streaming') yield* wait(tables.removeWriting(room.key, message.place))
  yield* wait(tables.clearReactions(room.key, message.place))
  yield* wait(tables.setMentions(room.key, message.place, []))
  yield* changeRoom(work, room)
  return yield* replyWith(work, room, { message, viewer: asked.user })
}
