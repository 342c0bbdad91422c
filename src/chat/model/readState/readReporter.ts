/** Tells the server how far one has read: not for every row that scrolls by, and never backwards. */
import type { QueryClient } from '@tanstack/react-query'
import { compareKeys, type OrderKey } from '../../../query/index.ts'
import type { Chat } from '../../createChat.ts'
import { type ChatRoom, type Id, sameId } from '../data/types.ts'
import { roomChange } from '../rooms/rooms.ts'
import type { ReadReporter } from '../session/context.ts'
import { asRead, readStateIn } from './readState.ts'

/** Trailing: a reader who scrolls through a room reports once, at the end. Milliseconds. */
const QUIET_MS = 500

/** One for all hooks that show a room to a user, so that they report together. */
export function readReporterOf(chat: Chat, queryClient: QueryClient, roomId: Id): ReadReporter {
  const { reporters, currentUser } = chat.context
  const ofClient = reporters.get(queryClient) ?? new Map<string, ReadReporter>()
  reporters.set(queryClient, ofClient)
  const key = JSON.stringify([String(currentUser()?.id), String(roomId)])
  const reporter = ofClient.get(key) ?? createReadReporter(chat, queryClient, roomId)
  ofClient.set(key, reporter)
  return reporter
}

function createReadReporter(chat: Chat, queryClient: QueryClient, roomId: Id): ReadReporter {
  const reader = chat.context.currentUser()?.id
  let waiting: { readonly id: Id; readonly place: OrderKey; readonly cancel: () => void } | undefined
  /** As far as is known here; the room list, where there is one, knows of other devices too. */
  let reported: Id | null = null
  const pointer = () => pointerIn(queryClient.getQueryData(chat.rooms().queryKey), roomId, reported)
  let takingBack: Promise<unknown> | undefined
  let watchers = 0
  /** Nothing was left unread where somebody looks, or looked until now. */
  let isRead = false
  const holder = {}
  const isSomebodyElse = () => reader !== undefined && !sameId(chat.context.currentUser()?.id, reader)

  /** A count must not show for a moment because the server hears of it later. */
  function show(): void {
    const isHeld = isRead && (watchers > 0 || waiting)
    const upTo = watchers > 0 ? undefined : waiting?.id
    const change = (room: ChatRoom) => (isSomebodyElse() ? room : asRead(room, upTo))
    chat.live.hold(queryClient, holder, isHeld ? [roomChange(roomId, change)] : [])
  }

  function send(): void {
    const messageId = waiting?.id
    waiting = undefined
    if (messageId !== undefined && !isSomebodyElse()) tell(messageId)
    isRead = watchers > 0
    show()
  }

  function tell(messageId: Id): void {
    reported = messageId
    chat.markRead.start(queryClient, { message_id: messageId }, { roomId }).catch(() => {
      // Not told, and shown as unread again; the next row that is read tells it.
      if (sameId(reported, messageId)) reported = null
    })
  }

  return {
    report(messageId, placeOf) {
      const place = placeOf(messageId)
      const reached = waiting?.place ?? (takingBack ? undefined : placeOf(pointer()))
      if (!place || (reached && compareKeys(place, reached) <= 0)) return
      waiting = {
        id: messageId,
        place,
        cancel: waiting?.cancel ?? chat.manager.port.clock.setTimer(send, QUIET_MS),
      }
    },
    takeBack(settled) {
      waiting?.cancel()
      waiting = undefined
      isRead = false
      show()
      takingBack = settled
      const end = () => {
        if (takingBack === settled) takingBack = undefined
      }
      settled.then(end, end)
    },
    watch() {
      isRead ||= !waiting
      watchers++
      show()
      return () => {
        watchers--
        isRead &&= watchers > 0 || waiting !== undefined
        show()
      }
    },
  }
}

function pointerIn(rooms: readonly ChatRoom[] | undefined, roomId: Id, fallback: Id | null): Id | null {
  return rooms?.some(({ id }) => sameId(id, roomId))
    ? readStateIn(rooms, roomId).last_read_message_id
    : fallback
}
