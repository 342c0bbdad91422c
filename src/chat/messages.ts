/** The history of a room: one timeline definition. */
import { insert, NO_HISTORY, type OrderKey, patch, remove, type, upsert } from '../query/index.ts'
import { type ChatContext, roomChannel } from './context.ts'
import { type ChatMessage, type Id, sameId } from './types.ts'

export const MESSAGES = 'chat.messages'

/** The server's order: its numbers where it has them, else its clock. Never the client's clock. */
export function orderOf(message: ChatMessage): OrderKey {
  return [message.seq ?? Date.parse(message.timestamp), message.id]
}

/** Same before and after the server has given the message its id. */
export const keyOf = (message: ChatMessage): Id => message.client_id ?? message.id

type MessageEvent = ChatMessage | { readonly message: ChatMessage }

export function defineMessages(context: ChatContext) {
  const { live, level, schemas } = context
  return live.timeline(MESSAGES, {
    params: type<{ readonly roomId: Id }>(),
    ...roomChannel(context),
    item: schemas.message,
    id: (message) => message.id,
    key: keyOf,
    order: orderOf,
    version: (message) => message.version,
    merge: keepClientId,
    matches,
    pageSize: context.pageSize,
    async snapshot({ params, pageParam, limit, request }) {
      if (level.isSilent()) return NO_HISTORY
      const answer = request('get_history', { room_id: params.roomId, ...pageParam, limit })
      return (await level.answerOf(answer)) ?? NO_HISTORY
    },
    events: {
      chat_message: insert((event) => messageOf(event)),
      message_updated: upsert((event) => messageOf(event)),
      message_deleted: remove((event) => (event as { message_id: Id }).message_id),
      reaction_updated: patch((event) => {
        const { message_id, reactions, version } = event as ReactionEvent
        return {
          id: message_id,
          reactions,
          ...(version !== undefined && { version }),
        } as Partial<ChatMessage>
      }),
    },
  })
}

interface ReactionEvent {
  readonly message_id: Id
  readonly reactions: ChatMessage['reactions']
  readonly version?: number
}

function messageOf(event: unknown): ChatMessage {
  const holder = event as MessageEvent
  return 'message' in holder && typeof holder.message === 'object'
    ? (holder.message as ChatMessage)
    : (holder as ChatMessage)
}

/** History of a server that forgets client ids must not change the key of a row that is on screen. */
function keepClientId(current: ChatMessage, next: ChatMessage): ChatMessage {
  return next.client_id || !current.client_id ? next : { ...next, client_id: current.client_id }
}

/**
 * The echo of a server that sends no client id back: own message, same room, same text, oldest first. Two equal
 * messages are interchangeable, so the first one waiting is as right as any.
 */
function matches(pending: ChatMessage, confirmed: ChatMessage): ChatMessage | undefined {
  const isEcho =
    !confirmed.client_id &&
    pending.local?.status !== 'queued' &&
    sameId(pending.sender.id, confirmed.sender.id) &&
    sameId(pending.room_id, confirmed.room_id) &&
    pending.content === confirmed.content
  return isEcho && pending.client_id ? { ...confirmed, client_id: pending.client_id } : undefined
}
