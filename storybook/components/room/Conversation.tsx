/** What was said in a room, what can be done with it, and where to write. New for every room. */
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useCallback, useEffect, useState } from 'react'
import {
  type ChatMessage,
  keyOf,
  useChat,
  useMessages,
  useReadState,
  useSendMessage,
} from '../../../src/chat/index.ts'
import { commandsFor } from '../actions/messageCommands.ts'
import { ReactedBy } from '../actions/ReactedBy.tsx'
import { SeenBy } from '../actions/SeenBy.tsx'
import { useMessageActions } from '../actions/useMessageActions.ts'
import type { ComposerMode } from '../composer/composerMode.ts'
import { MessageAnnouncer } from '../MessageAnnouncer.tsx'
import { MessageComposer } from '../MessageComposer.tsx'
import { MessageList } from '../MessageList.tsx'
import { type Id, isBy, isSame } from '../messageRows.ts'
import { PeopleProvider, usePeopleOf } from '../people.ts'
import { useCurrentUser } from '../useCurrentUser.ts'
import { usePageVisible } from '../usePageVisible.ts'
import { RoomStatus } from './RoomStatus.tsx'
import { RoomUnavailable, reasonOf } from './RoomUnavailable.tsx'
import { useLasting } from './useLasting.ts'
import { useNotice } from './useNotice.ts'

export interface ConversationProps {
  readonly roomId: Id
  readonly around: Id | undefined
  /** Shows another place of the history; `undefined` is where live messages arrive. */
  readonly onJumpTo: (messageId: Id | undefined) => void
  readonly hrefOf: (messageId: Id) => string
  readonly readOnlyReason?: string | undefined
}

export function Conversation({ roomId, around, onJumpTo, hrefOf, readOnlyReason }: ConversationProps) {
  const history = useMessages(roomId, { around })
  const user = useCurrentUser()
  const { data: members } = useQuery(useChat().members(roomId))
  const people = usePeopleOf(members, user?.id)
  const { notice, say } = useNotice()
  const [mode, setMode] = useState<ComposerMode>()
  const reading = useReading(roomId, history.messages)
  const { markUnread } = reading
  const { actions, heldKeys } = useMessageActions(roomId, { say, onAnswer: setMode, markUnread, hrefOf })
  const toLatest = () => onJumpTo(undefined)
  const { error } = history
  if (error && reasonOf(error)) return <RoomUnavailable roomId={roomId} error={error} />
  return (
    <PeopleProvider value={people}>
      <Messages
        // Another place in it is another list, with its own scroll position.
        key={String(around)}
        {...{ roomId, around, history, reading, actions, heldKeys, onJumpTo }}
        currentUserId={user?.id}
      >
        <RoomStatus roomId={roomId} notice={notice} />
      </Messages>
      <MessageAnnouncer {...history} currentUserId={user?.id} />
      <MessageComposer
        roomId={roomId}
        mode={mode}
        onModeEnd={() => setMode(undefined)}
        {...editingOf({ messages: history.messages, heldKeys, userId: user?.id }, setMode)}
        onSend={toLatest}
        onRefused={say}
        readOnlyReason={readOnlyReason}
      />
    </PeopleProvider>
  )
}

interface Editable {
  readonly messages: readonly ChatMessage[]
  readonly heldKeys: ReadonlySet<string>
  readonly userId: Id | undefined
}

function editingOf({ messages, heldKeys, userId }: Editable, setMode: (mode: ComposerMode) => void) {
  const canEdit = (message: ChatMessage) =>
    isBy(message, userId) &&
    !heldKeys.has(keyOf(message)) &&
    commandsFor(message, true).some(({ name }) => name === 'edit')
  const edit = (message: ChatMessage | undefined, text?: string) => {
    if (message) setMode({ kind: 'edit', message, text })
    return message !== undefined
  }
  return {
    onEditLast: () => void edit(messages.findLast(canEdit)),
    onEditAgain: (id: Id, text: string) =>
      edit(
        messages.find((message) => isSame(message.id, id) && canEdit(message)),
        text,
      ),
  }
}

/** How far one has read, and from where on one wants to read again. */
function useReading(roomId: Id, messages: readonly ChatMessage[]) {
  const [isAtEnd, setIsAtEnd] = useState(true)
  // What one has put aside for later is not read by having it on screen; it is by answering.
  const [unreadFrom, setUnreadFrom] = useState<Id>()
  const isReading = usePageVisible() && isAtEnd && unreadFrom === undefined
  const state = useReadState(roomId, { isReading })
  const { markRead, clearDivider } = state
  const hasAnswered = messages.at(-1)?.local !== undefined
  const newestId = messages.findLast(({ local }) => local === undefined)?.id
  // Read is what was in view, on a page that was in view.
  useEffect(() => {
    if (isReading && newestId !== undefined) markRead(newestId)
  }, [isReading, newestId, markRead])
  const [answered, setAnswered] = useState(hasAnswered)
  if (answered !== hasAnswered) {
    setAnswered(hasAnswered)
    if (hasAnswered) setUnreadFrom(undefined)
  }
  // Whoever answers has read.
  useEffect(() => {
    if (hasAnswered) clearDivider()
  }, [hasAnswered, clearDivider])
  const { markUnread } = state
  return {
    setIsAtEnd,
    firstUnreadId: unreadFrom ?? state.firstUnreadId,
    readersOf: state.readersOf,
    markUnread: useCallback(
      async (messageId: Id) => {
        setUnreadFrom(messageId)
        try {
          await markUnread(messageId)
        } catch (error) {
          setUnreadFrom(undefined)
          throw error
        }
      },
      [markUnread],
    ),
  }
}

interface MessagesProps extends Pick<ConversationProps, 'roomId' | 'around' | 'onJumpTo'> {
  readonly history: ReturnType<typeof useMessages>
  readonly reading: ReturnType<typeof useReading>
  readonly actions: ReturnType<typeof useMessageActions>['actions']
  readonly heldKeys: ReadonlySet<string>
  readonly currentUserId: Id | undefined
  readonly children: ReactNode
}

function Messages({ roomId, history, reading, onJumpTo, children, ...props }: MessagesProps) {
  const { loadOlder, loadNewer, liveStatus, ...shown } = history
  const { retry, discard } = useSendMessage(roomId)
  return (
    <MessageList
      {...shown}
      {...props}
      hasGap={useLasting(liveStatus.status === 'gap')}
      firstUnreadId={reading.firstUnreadId}
      loadOlder={() => void loadOlder()}
      loadNewer={() => void loadNewer()}
      readersOf={(message: ChatMessage) => reading.readersOf(message).map((member) => member.user)}
      onRetry={(key) => void retry(key)}
      onDiscard={discard}
      onAtEndChange={reading.setIsAtEnd}
      onJumpToLatest={() => onJumpTo(undefined)}
      onJumpTo={onJumpTo}
      detailsOf={(message) => (
        <>
          <ReactedBy message={message} />
          <SeenBy message={message} />
        </>
      )}
    >
      {children}
    </MessageList>
  )
}
