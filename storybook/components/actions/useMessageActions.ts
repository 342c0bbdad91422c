/** What the rows of a room can do, in terms of the library. Says what became of it, to people who may not see it. */
import { useMutation } from '@tanstack/react-query'
import { useCallback, useMemo } from 'react'
import { type ChatMessage, useChat, useSendMessage } from '../../../src/chat/index.ts'
import { isLiveError } from '../../../src/index.ts'
import type { ComposerMode } from '../composer/composerMode.ts'
import { errorText } from '../errorText.ts'
import type { Id } from '../messageRows.ts'
import { type HeldRemoval, writeDown } from './heldRemovals.ts'
import { hasReacted, type MessageActions } from './messageCommands.ts'
import { useDeletion } from './useDeletion.ts'
import { useHeldRemovals } from './useHeldRemovals.ts'

export interface MessageActionsOptions {
  readonly say: (text: string) => void
  readonly onAnswer: (mode: ComposerMode) => void
  readonly markUnread: (messageId: Id) => Promise<void>
  /** The address of a message. */
  readonly hrefOf: (messageId: Id) => string
}

export function useMessageActions(roomId: Id, options: MessageActionsOptions) {
  const { say, onAnswer, markUnread } = options
  const { retry, discard } = useSendMessage(roomId)
  const react = useReact(roomId, say)
  const { heldKeys, remove, restore } = useRemove(roomId, say)
  const stop = useStop(roomId, say)
  const { copyText, copyLink } = useCopy(options)
  const actions = useMemo(
    (): MessageActions => ({
      react,
      stop,
      remove,
      restore,
      copyText,
      copyLink,
      reply: (message) => onAnswer({ kind: 'reply', message }),
      edit: (message) => onAnswer({ kind: 'edit', message }),
      markUnread: ({ id }) =>
        void markUnread(id).then(
          () => say('Marked as unread'),
          (error) => say(`Could not be marked as unread: ${errorText(error)}`),
        ),
      retry: ({ local }) => void (local && retry(local.key)),
      discard: ({ local }) => local && discard(local.key),
    }),
    [say, onAnswer, markUnread, react, stop, remove, restore, copyText, copyLink, retry, discard],
  )
  return { actions, heldKeys }
}

function useReact(roomId: Id, say: (text: string) => void): MessageActions['react'] {
  const { mutateAsync } = useMutation(useChat().react(roomId))
  return useCallback(
    (message, reaction) => {
      const isOn = hasReacted(message, reaction)
      mutateAsync({ message_id: message.id, reaction, remove: isOn }).catch((error: Error) =>
        say(`Could not react: ${errorText(error)}`),
      )
      say(isOn ? `${reaction} taken away` : `Reacted with ${reaction}`)
    },
    [mutateAsync, say],
  )
}

function useStop(roomId: Id, say: (text: string) => void): MessageActions['stop'] {
  const { mutateAsync } = useMutation(useChat().stopMessage(roomId))
  return useCallback(
    ({ id }) =>
      mutateAsync({ message_id: id }).then(
        () => say('Stopped'),
        (error: Error) => say(`Could not be stopped: ${errorText(error)}`),
      ),
    [mutateAsync, say],
  )
}

function useRemove(roomId: Id, say: (text: string) => void) {
  const deleteMessage = useDeletion(roomId)
  const { heldKeys, hold, restore } = useHeldRemovals(
    roomId,
    useCallback(
      (removal: HeldRemoval) => {
        deleteMessage(removal.messageId).catch((error: Error) => {
          // Somebody else is here: it waits until its author is again.
          if (isLiveError(error) && error.code === 'user_changed') writeDown(removal)
          else say(`Could not be deleted: ${errorText(error)}`)
        })
      },
      [deleteMessage, say],
    ),
  )
  return {
    heldKeys,
    remove: useCallback(
      (message: ChatMessage) => {
        hold(message)
        say('Message deleted. Undo within five seconds.')
      },
      [hold, say],
    ),
    restore: useCallback(
      (message: ChatMessage) => {
        restore(message)
        say('Message brought back')
      },
      [restore, say],
    ),
  }
}

function useCopy({ say, hrefOf }: MessageActionsOptions): Pick<MessageActions, 'copyText' | 'copyLink'> {
  const copy = useCallback(
    (text: string, done: string) =>
      void navigator.clipboard.writeText(text).then(
        () => say(done),
        () => say('Could not be copied: this page may not use the clipboard.'),
      ),
    [say],
  )
  return {
    copyText: useCallback(({ content }) => copy(content, 'Text copied'), [copy]),
    copyLink: useCallback(
      ({ id }) => copy(new URL(hrefOf(id), document.baseURI).href, 'Link copied'),
      [copy, hrefOf],
    ),
  }
}
