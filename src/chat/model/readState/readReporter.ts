/** Tells the server how far one has read: not for every row that scrolls by, and never backwards. */

import { compareKeys, type MutationControls, type OrderKey } from '../../../query/index.ts'
import type { QueryClient } from '../../../query/tanstack.ts'
import { type ChatRoom, type Id, sameId } from '../data/types.ts'
import { roomChange } from '../rooms/rooms.ts'
import { contextOf, type ReadReporter } from '../session/context.ts'
import type { RoomParams } from '../session/roomParams.ts'
import { asRead } from './readState.ts'

/** Trailing: a reader who scrolls through a room reports once, at the end. Milliseconds. */
const QUIET_MS = 500

/** A chat, as far as it is needed here. */
interface ReadableChat {
  readonly rooms: () => { readonly queryKey: readonly unknown[] }
  readonly markRead: Pick<MutationControls<RoomParams, { readonly message_id: Id }, unknown>, 'start'>
}

/** One for all hooks that show a room to a user, so that they report together. */
export function readReporterOf(chat: ReadableChat, queryClient: QueryClient, roomId: Id): ReadReporter {
  const { reporters, currentUser } = contextOf(chat)
  const ofClient = reporters.get(queryClient) ?? new Map<string, ReadReporter>()
  reporters.set(queryClient, ofClient)
  const key = JSON.stringify([String(currentUser()?.id), String(roomId)])
  const reporter = ofClient.get(key) ?? createReadReporter(chat, queryClient, roomId)
  ofClient.set(key, reporter)
  return reporter
}

interface Waiting {
  readonly id: Id
  readonly place: OrderKey
  readonly cancel: () => void
}

function createReadReporter(chat: ReadableChat, queryClient: QueryClient, roomId: Id): ReadReporter {
  const { clock } = contextOf(chat).manager.port
  const pointer = createPointer(chat, queryClient, roomId)
  let waiting: Waiting | undefined
  let takingBack: Promise<unknown> | undefined
  let watchers = 0
  /** Nothing was left unread where somebody looks, or looked until now. */
  let isRead = false

  function show(): void {
    const isHeld = isRead && (watchers > 0 || waiting !== undefined)
    pointer.hold(isHeld, watchers > 0 ? undefined : waiting?.id)
  }

  function send(): void {
    const messageId = waiting?.id
    waiting = undefined
    if (messageId !== undefined) pointer.set(messageId)
    isRead = watchers > 0
    show()
  }

  return {
    report(messageId, placeOf) {
      const place = placeOf(messageId)
      const reached = waiting?.place ?? (takingBack ? undefined : placeOf(pointer.get()))
      if (!place || (reached && compareKeys(place, reached) <= 0)) return
      waiting = { id: messageId, place, cancel: waiting?.cancel ?? clock.setTimer(send, QUIET_MS) }
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

/** How far its reader has read a room: as told to the server, and as shown until it has heard. Of nobody else's. */
function createPointer(chat: ReadableChat, queryClient: QueryClient, roomId: Id) {
  const { live, currentUser } = contextOf(chat)
  const reader = currentUser()?.id
  const isSomebodyElse = () => reader !== undefined && !sameId(currentUser()?.id, reader)
  /** As far as is known here; the room list, where there is one, knows of other devices too. */
  let reported: Id | null = null
  const holder = {}
  return {
    get: () => pointerIn(queryClient.getQueryData(chat.rooms().queryKey), roomId, reported),
    set(messageId: Id): void {
      if (isSomebodyElse()) return
      reported = messageId
      chat.markRead.start(queryClient, { message_id: messageId }, { roomId }).catch(() => {
        // Not told, and shown as unread again; the next row that is read tells it.
        if (sameId(reported, messageId)) reported = null
      })
    },
    /** A count must not show for a moment because the server hears of it later. `upTo`: `undefined` for all there is. */
    hold(isHeld: boolean, upTo: Id | undefined): void {
      const change = (room: ChatRoom) => (isSomebodyElse() ? room : asRead(room, upTo))
      live.hold(queryClient, holder, isHeld ? [roomChange(roomId, change)] : [])
    },
  }
}

function pointerIn(rooms: readonly ChatRoom[] | undefined, roomId: Id, fallback: Id | null): Id | null {
  const room = rooms?.find(({ id }) => sameId(id, roomId))
  return room ? (room.last_read_message_id ?? null) : fallback
}
