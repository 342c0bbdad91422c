'use client'
import { type RefObject, useCallback, useMemo } from 'react'
import { compareKeys, type OrderKey } from '../../query/index.ts'
import { LiveError } from '../../transport/index.ts'
import { useWebSocketStatus, type WebSocketStatus } from '../../transport/react/index.ts'
import type { BaseMessage, ChatMessage, Id, RegisteredMessage, Row } from '../model/data/types.ts'
import { keyOf } from '../model/messages/messages.ts'
import type { SendVariables } from '../model/messages/sendMessage.ts'
import { endpointOf, type PlaceOf } from '../model/session/context.ts'
import { usePlaces } from './reading/usePlaces.ts'
import { useReading } from './reading/useReading.ts'
import { useReadReporter } from './reading/useReadReporter.ts'
import { useSeenAtEnd } from './scroll/useSeenAtEnd.ts'
import { useStickToBottom } from './scroll/useStickToBottom.ts'
import { useChatContext, useChatState } from './useChat.ts'
import { useHistory } from './useMessages.ts'
import { useSendMessage } from './useSendMessage.ts'
import { useTyping } from './useTyping.ts'
import { useRefusal } from './visit/useRefusal.ts'
import { useVisit } from './visit/useVisit.ts'

export interface UseChatWebSocketResult<M extends BaseMessage = RegisteredMessage> {
  /** Oldest first, own unconfirmed ones last. */
  readonly messages: readonly Row<M>[]
  /** Usernames, never one's own. */
  readonly typingUsers: string[]
  readonly isConnected: boolean
  /** A message is on its way, or waits for the connection. */
  readonly isSending: boolean
  /** One is no longer in the room, a message could not be sent, or the connection gave up. What was refused goes with the next that is taken. */
  readonly error: Error | null
  /**
   * Resolves when the message is on screen and on its way, or when there is nothing to send: an empty one is ignored.
   * What happens later is on the row (`local.status`) and in `error`. So is what is refused: who does not await need not catch.
   *
   * @throws LiveError `invalid_params` for one that is too long or no text; `forbidden` in a room one is no longer in
   */
  readonly sendMessage: (message: SendVariables) => Promise<void>
  /** Call it with `true` for every key: at most one frame in 3 s is sent, and the end after 5 s without one. */
  readonly sendTypingIndicator: (isTyping: boolean) => void
  /** Up to this message, the newest by default. */
  readonly sendReadReceipt: (messageId?: Id) => void
  /** The next older page; resolves with whether there is more. A failure is in `error`. */
  readonly loadHistory: () => Promise<boolean>
  /** Empties this view only: live messages keep arriving, `loadHistory` brings the rest back. */
  readonly clearMessages: () => void
  readonly scrollToBottom: (behavior?: ScrollBehavior) => void
  /** For an empty element behind the last message. */
  readonly messagesEndRef: RefObject<HTMLDivElement | null>
  /** There is more for `loadHistory`, be it only what was cleared. */
  readonly hasOlder: boolean
  readonly isLoadingHistory: boolean
  /** Tries a failed one again, by its `local.key`; resolves when that has ended, either way. */
  readonly retryMessage: (key: string) => Promise<void>
  /** Takes one away that failed or waits; it is never sent. */
  readonly discardMessage: (key: string) => void
  /** Ends the upload of a message: it has failed then, and can be tried again. False: none is under way. */
  readonly cancelUpload: (key: string) => boolean
}

export interface UseChatWebSocketOptions {
  /**
   * Marks as read what the reader has in view: at the end of the list, in a window with the focus.
   * @default false: `sendReadReceipt` does
   */
  readonly readWhenSeen?: boolean | undefined
}

/** Everything about one room in one hook. Its parts can be had alone: `useMessages`, `useSendMessage`, `useTyping`, … */
export function useChatWebSocket<M extends BaseMessage = RegisteredMessage>(
  roomId: Id,
  { readWhenSeen = false }: UseChatWebSocketOptions = {},
): UseChatWebSocketResult<M> {
  const removal = useChatState(({ membership }) => membership.removalOf(roomId))
  const status = useWebSocketStatus(endpointOf(useChatContext().endpoints, roomId))
  const { history, pages } = useHistory<M>(roomId)
  const typing = useTyping(roomId)
  const { refused, ...sending } = useSending(roomId, typing.stop)
  const placeOf = usePlaces(roomId, pages)
  const markRead = useReadReporter(roomId, { messages: history.messages, placeOf })
  const view = useClearable(roomId, history.messages, placeOf)
  const { endRef, end, scrollToBottom } = useStickToBottom(view.messages)
  useReading(roomId, useSeenAtEnd(end, view.messages, readWhenSeen ? markRead : undefined))
  const { keystroke, stop } = typing
  const { show } = view
  const { loadOlder } = history

  return {
    messages: view.messages,
    typingUsers: useMemo(() => typing.typers.map(({ username }) => username), [typing.typers]),
    isConnected: status.isConnected,
    isSending: useMemo(() => isAnySending(history.messages), [history.messages]),
    error: useMemo(
      () => removal ?? refused ?? errorOf(history.messages, history.error, status.error),
      [removal, refused, history.messages, history.error, status.error],
    ),
    ...sending,
    sendTypingIndicator: useCallback(
      (isTyping: boolean) => (isTyping ? keystroke() : stop()),
      [keystroke, stop],
    ),
    sendReadReceipt: markRead,
    loadHistory: useCallback(() => {
      show()
      return loadOlder()
    }, [show, loadOlder]),
    clearMessages: view.clear,
    scrollToBottom,
    messagesEndRef: endRef,
    hasOlder: history.hasOlder || view.isCleared,
    isLoadingHistory: history.isLoadingOlder,
  }
}

/** What is sent ends one's typing. */
function useSending(roomId: Id, stopTyping: () => void) {
  const { send, retry, discard, cancelUpload } = useSendMessage(roomId)
  const { refused, attempt } = useRefusal(roomId)
  const sendMessage = useCallback(
    (message: SendVariables) => {
      stopTyping()
      return attempt(send(message))
    },
    [send, stopTyping, attempt],
  )
  return { sendMessage, retryMessage: retry, discardMessage: discard, cancelUpload, refused }
}

interface Cleared {
  /** The place of the last confirmed message that was there. */
  readonly upTo: OrderKey | undefined
  /** Rows that had no place in the history yet. */
  readonly pending: ReadonlySet<string>
}

function useClearable<M extends ChatMessage>(roomId: Id, all: readonly M[], placeOf: PlaceOf) {
  const [cleared, setCleared] = useVisit<Cleared>(String(roomId))
  const messages = useMemo(() => (cleared ? allAfter(all, cleared, placeOf) : all), [all, cleared, placeOf])
  const clear = useCallback(
    () =>
      setCleared({
        upTo: placeOf(all.findLast(({ local }) => !local)?.id ?? null),
        pending: new Set(pendingIn(all).map(keyOf)),
      }),
    [setCleared, all, placeOf],
  )
  const show = useCallback(() => setCleared(undefined), [setCleared])
  return { messages, clear, show, isCleared: cleared !== undefined }
}

/** Behind the first one that is not, all others are where they stand. */
function allAfter<M extends ChatMessage>(all: readonly M[], cleared: Cleared, placeOf: PlaceOf) {
  const isConfirmedBefore = (message: M) => !message.local && !isAfter(message, cleared, placeOf)
  const rest = all.slice(all.findLastIndex(isConfirmedBefore) + 1)
  return rest.filter((message) => isAfter(message, cleared, placeOf))
}

/** By place and not by id: the message at which the view was cleared may be deleted. */
function isAfter(message: ChatMessage, { upTo, pending }: Cleared, placeOf: PlaceOf): boolean {
  if (pending.has(keyOf(message))) return false
  const place = message.local ? undefined : placeOf(message.id)
  return !upTo || !place || compareKeys(place, upTo) > 0
}

/** Own unconfirmed ones are last. */
function pendingIn<M extends ChatMessage>(messages: readonly M[]): readonly M[] {
  return messages.slice(messages.findLastIndex(({ local }) => !local) + 1)
}

function isAnySending(messages: readonly ChatMessage[]): boolean {
  return pendingIn(messages).some(({ local }) => local?.status === 'queued' || local?.status === 'sending')
}

/** What failed here comes before what failed around it. */
function errorOf(
  messages: readonly ChatMessage[],
  historyError: Error | null,
  connectionError: WebSocketStatus['error'],
): Error | null {
  const failed = pendingIn(messages).findLast(({ local }) => local?.status === 'failed')
  if (failed?.local?.error) return failed.local.error
  if (historyError || !connectionError) return historyError
  return new LiveError('connection_failed', connectionError.reason, { reason: String(connectionError.code) })
}
