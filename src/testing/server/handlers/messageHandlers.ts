/** Sending, editing and deleting messages, and reacting to them. */

import { RequestError } from '../../../server/requestError.ts'
import { readForeign, readId, readOptionalId, readOptionalName, readString } from '../fields.ts'
import { type Call, type Handler, type Hub, viewFor } from '../hub.ts'
import { findMentions } from '../mentions.ts'
import { publishRoomChange, publishRoomEvent } from '../publish.ts'
import { type Key, keyOf, type MessageRecord, type RoomEvent } from '../records.ts'
import {
  addMessage,
  countNewMessage,
  dropMessage,
  findMessage,
  findSent,
  lastMessage,
  type RoomState,
  recountMember,
  replaceMessage,
} from '../room.ts'
import { requireMembership, requireMessage } from '../roomAccess.ts'
import { viewMessage, viewReactions } from '../views.ts'

const replyWith = (hub: Hub, message: MessageRecord, call: Call) => ({
  message: viewMessage(message, viewFor(hub, keyOf(call.user.id))),
})

export const sendMessage: Handler = (hub, call) => {
  const { room } = requireMembership(hub, call)
  const senderKey = keyOf(call.user.id)
  const clientId = hub.capabilities.clientIds ? readOptionalName(call.data, 'client_id') : undefined
  const known = findSent(room, senderKey, clientId)
  // A repeated send is answered like the first one, and nobody else hears of it.
  if (known) return replyWith(hub, known, call)
  const message = composeMessage(hub, room, { call, clientId })
  addMessage(room, message)
  hub.change({ type: 'message', message }, () => dropMessage(room, message))
  const { record } = room
  hub.onUndo(() => {
    room.record = record
  })
  room.record = { ...record, lastActivityAt: message.timestamp }
  publishRoomEvent(hub, room, { type: 'chat_message', message })
  publishRoomChange(hub, room, (member) => countNewMessage(member, message))
  const reply = replyWith(hub, message, call)
  hub.emitStored({ type: 'message', message: reply.message })
  return reply
}

function composeMessage(
  hub: Hub,
  room: RoomState,
  { call, clientId }: { call: Call; clientId: string | undefined },
): MessageRecord {
  const { data } = call
  const text = data.message === undefined ? '' : readString(data, 'message')
  const hasAttachments = Array.isArray(data.attachments) && data.attachments.length > 0
  const content = text.trim() === '' && hasAttachments ? text : readContent(hub, text)
  const replyToId = readOptionalId(data, 'reply_to_id')
  const attachments = readForeign(data, 'attachments')
  const metadata = readForeign(data, 'metadata')
  return {
    id: hub.state.createMessageId(),
    roomId: room.record.id,
    senderKey: keyOf(call.user.id),
    content,
    timestamp: nextTimestamp(hub, room),
    seq: room.record.seq + 1,
    version: 1,
    ...(clientId === undefined ? {} : { clientId }),
    ...(replyToId === undefined ? {} : { replyToId }),
    ...(attachments === undefined ? {} : { attachments }),
    ...(metadata === undefined ? {} : { metadata }),
    reactions: [],
    mentions: mentionsIn(hub, room, content),
  }
}

/** A clock that was set back must not put a new message before an old one. */
function nextTimestamp(hub: Hub, room: RoomState): string {
  const now = hub.timestamp()
  const last = room.messages.at(-1)?.timestamp
  return last !== undefined && last > now ? last : now
}

function mentionsIn(hub: Hub, room: RoomState, content: string): Key[] {
  const members = [...room.members.keys()].flatMap((key) => hub.state.users.get(key) ?? [])
  return findMentions(content, members)
}

function readContent(hub: Hub, content: string): string {
  if (content.trim() === '') throw new RequestError('empty', 'A message needs some text')
  // As Python counts: code points.
  if ([...content].length > hub.maxMessageLength) {
    throw new RequestError('too_long', `A message has at most ${hub.maxMessageLength} characters`)
  }
  return content
}

function requireOwnMessage(room: RoomState, call: Call): MessageRecord {
  const message = requireMessage(room, call)
  if (message.senderKey !== keyOf(call.user.id)) {
    throw new RequestError('forbidden', 'Only the sender can change a message')
  }
  return message
}

/** Each of them goes out with every change of any. */
const MAX_REACTIONS = 100

function changeMessage(
  hub: Hub,
  room: RoomState,
  {
    message,
    type,
  }: { message: MessageRecord; type: 'message_updated' | 'message_deleted' | 'reaction_updated' },
): void {
  const before = findMessage(room, message.id)
  replaceMessage(room, message)
  hub.change({ type: 'message', message }, () => before && replaceMessage(room, before))
  publishRoomEvent(hub, room, { type, message } satisfies RoomEvent)
}

export const editMessage: Handler = (hub, call) => {
  const { room } = requireMembership(hub, call)
  const before = requireOwnMessage(room, call)
  const content = readContent(hub, readString(call.data, 'message'))
  if (content === before.content) return replyWith(hub, before, call)
  const message: MessageRecord = {
    ...before,
    content,
    editedAt: hub.timestamp(),
    version: before.version + 1,
    mentions: mentionsIn(hub, room, content),
  }
  const wasLast = lastMessage(room)?.id === message.id
  const mentionsMoved = before.mentions.join() !== message.mentions.join()
  changeMessage(hub, room, { message, type: 'message_updated' })
  if (wasLast || mentionsMoved) publishRoomChange(hub, room, (member) => recountMember(room, member))
  return replyWith(hub, message, call)
}

export const deleteMessage: Handler = (hub, call) => {
  const { room } = requireMembership(hub, call)
  const before = requireOwnMessage(room, call)
  const { attachments, metadata, ...rest } = before
  const message: MessageRecord = {
    ...rest,
    content: '',
    reactions: [],
    mentions: [],
    deletedAt: hub.timestamp(),
    version: before.version + 1,
  }
  changeMessage(hub, room, { message, type: 'message_deleted' })
  publishRoomChange(hub, room, (member) => recountMember(room, member))
  return replyWith(hub, message, call)
}

export const addReaction: Handler = (hub, call) =>
  react(hub, call, (userKeys, userKey) => (userKeys.includes(userKey) ? userKeys : [...userKeys, userKey]))

export const removeReaction: Handler = (hub, call) =>
  react(hub, call, (userKeys, userKey) =>
    userKeys.includes(userKey) ? userKeys.filter((key) => key !== userKey) : userKeys,
  )

type ChangeUsers = (userKeys: readonly Key[], userKey: Key) => readonly Key[]

function react(hub: Hub, call: Call, change: ChangeUsers): object {
  const { room } = requireMembership(hub, call)
  const before = requireMessage(room, call)
  const name = String(readId(call.data, 'reaction'))
  const userKey = keyOf(call.user.id)
  const userKeys = before.reactions.find((reaction) => reaction.name === name)?.userKeys ?? []
  const nextKeys = change(userKeys, userKey)
  // Reacting twice, or taking back what was never there, is done already: no event, no new version.
  if (nextKeys === userKeys) {
    return { reactions: viewReactions(before.reactions, userKey), version: before.version }
  }
  if (before.reactions.length >= MAX_REACTIONS && userKeys.length === 0) {
    throw new RequestError('too_many', `A message has at most ${MAX_REACTIONS} different reactions`)
  }
  const message: MessageRecord = {
    ...before,
    reactions: withReaction(before, name, nextKeys),
    version: before.version + 1,
  }
  changeMessage(hub, room, { message, type: 'reaction_updated' })
  return { reactions: viewReactions(message.reactions, userKey), version: message.version }
}

/** In order of first use; a reaction that nobody has any more is gone. */
function withReaction({ reactions }: MessageRecord, name: string, userKeys: readonly Key[]) {
  const known = reactions.some((reaction) => reaction.name === name)
  const next = known
    ? reactions.map((reaction) => (reaction.name === name ? { name, userKeys } : reaction))
    : [...reactions, { name, userKeys }]
  return next.filter((reaction) => reaction.userKeys.length > 0)
}
