/** The history of a room: one timeline definition. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { MessageAppended, MessageDeleted, ReactionUpdate } from '../../../frames/index.ts'
import {
  type AskOptions,
  append,
  insert,
  NO_HISTORY,
  type OrderKey,
  type Piece,
  patch,
  remove,
  type,
  upsert,
} from '../../../query/index.ts'
import { checked } from '../data/fit.ts'
import { timeKeyOf } from '../data/time.ts'
import {
  type BaseMessage,
  type ChatMessage,
  type ChatTypes,
  type ChatUser,
  type Id,
  type Row,
  sameId,
} from '../data/types.ts'
import { type ChatContext, endpointOf, roomChannel } from '../session/context.ts'
import { clientIdIn, temporaryId } from '../session/names.ts'
import { isStreaming } from './isStreaming.ts'

export const MESSAGES = 'chat.messages'

/**
 * The server's order: its numbers where it has them, else its clock. Never the client's clock, and never the ids: they
 * may be random, and messages of the same time then stand as the server sent them.
 */
export function orderOf(message: Pick<ChatMessage, 'seq' | 'timestamp'>): OrderKey {
  const { seq, timestamp } = message
  return seq != null ? [seq] : timeKeyOf(message, timestamp)
}

const NOBODY: ChatUser = { id: '', username: '' }

/**
 * Client ids of what this page has sent before it was known who one is: their sender is known only when the server tells,
 * and the key of a row must not change with it. Of all chats: whoever asks for a key has a row, and no chat.
 */
const nameless = new Set<string>()
const MAX_NAMELESS = 1_000

export function sentByNobody(clientId: string): ChatUser {
  nameless.add(clientId)
  if (nameless.size > MAX_NAMELESS) nameless.delete(nameless.values().next().value ?? '')
  return NOBODY
}

type KeyedMessage = Pick<ChatMessage, 'id' | 'client_id'> & { readonly sender: Pick<ChatUser, 'id'> }

/**
 * For lists on screen: the same before and after the server has given the message its id, and nobody else's. A client id
 * is unique among its sender's messages only.
 */
export function keyOf({ id, client_id, sender }: KeyedMessage): string {
  if (!client_id) return String(id)
  return nameless.has(client_id) ? client_id : `${client_id} ${sender?.id}`
}

type MessageEvent = ChatMessage | { readonly message: ChatMessage }

/** A schema may allow a message without a sender. Somebody else's client id says nothing of one's own messages, be it the same by chance or on purpose. */
function rowKey({ currentUser }: Pick<ChatContext, 'currentUser'>, message: ChatMessage): Id {
  const me = currentUser()
  const isOwn = !me || sameId(message.sender?.id, me.id)
  return isOwn && message.client_id ? temporaryId(message.client_id) : message.id
}

export function defineMessages<T extends ChatTypes>(context: ChatContext<T>) {
  type M = T['message']
  const { live, level, schemas } = context
  const hear = hearing<M>(context)
  return live.timeline(MESSAGES, {
    params: type<{ readonly roomId: Id }>(),
    ...roomChannel(context),
    item: schemas.message as StandardSchemaV1<unknown, Row<M>>,
    id: (message) => message.id,
    key: (message) => rowKey(context, message),
    order: orderOf,
    version: (message) => message.version ?? undefined,
    merge: keepNames<Row<M>>,
    matches: matches(context),
    // A schema may allow a message that does not say.
    belongs: ({ room_id }, { roomId }) => room_id == null || sameId(room_id, roomId),
    pageSize: context.pageSize,
    async snapshot({ params, pageParam, limit, request }) {
      const data = { room_id: params.roomId, ...pageParam, limit }
      const ask = (how?: AskOptions) => request('get_history', data, how)
      const answer = await level.answer({ endpoint: endpointOf(context.endpoints, params.roomId), ask })
      // What was sent from elsewhere, and is still waited for, is among the newest.
      if (!pageParam) listIn(answer).forEach(hear)
      return answer ?? NO_HISTORY
    },
    events: {
      chat_message: insert(hear),
      message_updated: upsert(hear),
      message_appended: checked(
        MessageAppended,
        append(
          ({ message_id: id, at, text }) => ({ id, field: 'content', at, text }) as Piece<Row<M>>,
          isStreaming,
        ),
      ),
      message_deleted: checked(
        MessageDeleted,
        remove((event) => event.message_id),
      ),
      reaction_updated: checked(
        ReactionUpdate,
        patch(({ message_id: id, reactions, version }) => {
          return { id, reactions, ...(version != null && { version }) } as Partial<Row<M>>
        }),
      ),
    },
  })
}

function hearing<M extends BaseMessage>({ names, currentUser }: Pick<ChatContext, 'names' | 'currentUser'>) {
  return (event: unknown): Row<M> => {
    const message = messageOf<M>(event)
    names.hear(message, currentUser()?.id)
    return message
  }
}

function listIn(answer: unknown): readonly unknown[] {
  const { messages } = Object(answer)
  return Array.isArray(messages) ? messages : []
}

function messageOf<M extends BaseMessage>(event: unknown): Row<M> {
  const holder = event as MessageEvent
  return 'message' in holder && typeof holder.message === 'object'
    ? (holder.message as Row<M>)
    : (holder as Row<M>)
}

/**
 * History of a server that forgets client ids must not change the key of a row that is on screen; nor does what was said
 * of it under its temporary id.
 */
function keepNames<M extends ChatMessage>(current: M, next: M): M {
  const { client_id, id } = current
  if ((next.client_id || !client_id) && clientIdIn(next.id) === undefined) return next
  return { ...next, client_id, id: clientIdIn(next.id) === undefined ? next.id : id }
}

/**
 * The echo of a server that sends no client id back: own message, same room, same text, oldest first. Two equal messages
 * are interchangeable, so the first one waiting is as right as any, also where it is not known who one is. A text that
 * nobody here has sent is one that the server has changed, or was sent elsewhere: a server that answers nothing relays in
 * order, so it stands for the oldest on its way. What waits is of whoever is here now, whatever its row calls its sender.
 */
function matches({ level, currentUser }: Pick<ChatContext, 'level' | 'currentUser'>) {
  return <M extends ChatMessage>(pending: M, confirmed: M, isLast: boolean): M | undefined => {
    const { client_id, local, room_id, content } = pending
    const me = currentUser()
    const isOwn = sameId(me?.id, confirmed.sender?.id)
    // What another tab sends may be on its way before this one has heard of it.
    const isSent = local?.status !== 'queued' || (local.isElsewhere && !isLast)
    const isPossible = !confirmed.client_id && isSent && sameId(room_id, confirmed.room_id)
    const isIt = isLast
      ? isOwn && local?.status !== 'failed' && !level.isReplying()
      : (isOwn || !me) && plain(content) === plain(confirmed.content)
    if (!isPossible || !isIt || !client_id) return undefined
    // Only a guess: what is taken for it may yet turn up, or fail, and stands beside it then.
    return isLast ? confirmed : { ...confirmed, client_id }
  }
}

/** What servers rewrite is left out: blanks, how a character is composed, and what HTML escapes. */
function plain(text: string): string {
  const escaped = /&#?\w+;|[&<>"']/g
  return text.normalize('NFC').replace(escaped, '?').replace(/\s+/g, ' ').trim()
}
