/** Sending, in the order of the calls. */
import { type AskOptions, type OptimisticContext, type } from '../../../query/index.ts'
import { LiveError } from '../../../transport/index.ts'
import { toldIn } from '../data/toldIn.ts'
import type { ChatMessage, ChatTypes, Id } from '../data/types.ts'
import { type ChatContext, endpointOf, roomChannel } from '../session/context.ts'
import { temporaryId } from '../session/names.ts'
import type { RoomParams } from '../session/roomParams.ts'
import { createSendGate } from '../session/sendGate.ts'
import { draftOf, type MessageDraft, type SendVariables } from './draft.ts'
import { type defineMessages, sentByNobody } from './messages.ts'
import { shownFiles } from './shownFiles.ts'
import { createTurns } from './turns.ts'
import { createUploads } from './uploads.ts'

export type Messages = ReturnType<typeof defineMessages<ChatTypes>>

export type Sends = ReturnType<typeof defineSendMessage>

export function defineSendMessage(context: ChatContext, messages: Messages) {
  const { live, level, names } = context
  const gate = createSendGate(context)
  const uploads = createUploads(context)
  const inTurn = createTurns(names, uploads)
  const mutation = live.mutation<SendVariables, ChatMessage | undefined, RoomParams>('chat.sendMessage', {
    params: type<RoomParams>(),
    ...roomChannel(context),
    validate: (variables) => checkContent(variables, context),
    atOnce(_variables, params) {
      checkMember(context, params.roomId)
      return false
    },
    optimistic: (variables, optimistic) =>
      // Its echo tells no client id, and perhaps has come.
      optimistic.isElsewhere && isOnItsWay(optimistic) && level.isSilent()
        ? []
        : [messages.insert(optimistic.params, pendingRow(context, draftOf(variables), optimistic))],
    prepare: (variables, sending, whenLive) => inTurn(draftOf(variables), { ...sending, whenLive }),
    async request(variables, sending) {
      const { params, clientId, signal, request, inDoubt, isConfirmed } = sending
      const { roomId } = params
      checkMember(context, roomId)
      const { content, extra, isEdited, files, ...rest } = draftOf(variables)
      const data = { ...extra, ...rest, room_id: roomId, message: content, client_id: clientId }
      const endpoint = endpointOf(context.endpoints, roomId)
      const ask = (how?: AskOptions) => request('chat_message', data, how)
      const deliver = () => level.deliver({ endpoint, ask, clientId, inDoubt, isConfirmed })
      const message = toldIn(await gate.pass({ roomId, signal }, deliver), 'message')
      if (!message) return undefined
      names.named(clientId, message.id)
      if (!isEdited || message.content === content) return message
      // It failed, and was there all the same: what was done to it since is still to be done.
      const edit = { room_id: roomId, message_id: message.id, message: content }
      return toldIn(await request('edit_message', edit), 'message') ?? message
    },
    settle: (message, _variables, params) => (message ? [messages.upsert(params, message)] : []),
  })
  return Object.assign(mutation, { cancelUpload: uploads.cancel })
}

/** @throws LiveError `forbidden` after one has left the room, or was removed */
export function checkMember({ membership }: ChatContext, roomId: Id): void {
  const removal = membership.removalOf(roomId)
  if (removal) throw removal
}

/** What else it carries only the server can judge. */
function hasMore(variables: SendVariables): boolean {
  const { extra, files, attachments } = variables as Partial<MessageDraft>
  return [...Object.values(extra ?? {}), files, attachments].some(
    (value) => value != null && (value as { length?: number }).length !== 0,
  )
}

const contentOf = (variables: SendVariables): unknown =>
  typeof variables === 'string' ? variables : variables?.content

export function isEmpty(variables: SendVariables): boolean {
  const content = contentOf(variables)
  return typeof content === 'string' && content.trim() === '' && !hasMore(variables)
}

/** @throws LiveError `invalid_params` for what no server would take; `misconfigured` for files that nothing uploads */
export function checkContent(
  variables: SendVariables,
  { maxLength, upload }: Pick<ChatContext, 'maxLength' | 'upload'>,
): void {
  const content = contentOf(variables)
  if (typeof content !== 'string') {
    throw new LiveError('invalid_params', `A message is a text or { content: text }, not ${typeof content}`, {
      reason: 'not_text',
    })
  }
  if (isEmpty(variables)) {
    throw new LiveError('invalid_params', 'The message is empty; send at least one character', {
      reason: 'empty',
    })
  }
  if (!upload && draftOf(variables).files?.length) {
    throw new LiveError('misconfigured', 'Files cannot be sent: give createChat an "upload"')
  }
  // As servers count: an emoji is one character, and two UTF-16 units.
  const length = content.length > maxLength ? [...content].length : 0
  if (length > maxLength) {
    throw new LiveError(
      'invalid_params',
      `The message has ${length} characters; at most ${maxLength} can be sent (option maxLength)`,
      { reason: 'too_long' },
    )
  }
}

const isOnItsWay = ({ status }: Pick<OptimisticContext, 'status'>) =>
  status === 'sending' || status === 'sent'

function pendingRow(
  context: ChatContext,
  draft: MessageDraft,
  optimistic: OptimisticContext<RoomParams>,
): ChatMessage {
  const { content, extra, reply_to_id } = draft
  const { params, clientId, status, error, attempts, submittedAt, isKept, isElsewhere } = optimistic
  const { attachments, uploads } = shownFiles(draft, optimistic)
  // Not under the name of who was here before.
  const isSure = context.manager.port.identity?.isSure !== false
  return {
    ...extra,
    id: temporaryId(clientId),
    client_id: clientId,
    room_id: params.roomId,
    sender: (isSure && context.currentUser()) || sentByNobody(clientId),
    content,
    ...(attachments && { attachments }),
    ...(reply_to_id !== undefined && { reply_to_id: context.names.known(reply_to_id) ?? reply_to_id }),
    timestamp: new Date(submittedAt).toISOString(),
    local: {
      key: clientId,
      status,
      attempts,
      ...(error && { error }),
      ...(isKept === false && { isKept }),
      ...(isElsewhere && { isElsewhere }),
      ...(uploads && { uploads }),
    },
  }
}
