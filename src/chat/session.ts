/** What concerns the user and no single query: who it is, how able the server is, and which rooms are lost. */
import type { StoreApi } from 'zustand/vanilla'
import { LiveError } from '../transport/index.ts'
import type { ChatContext } from './context.ts'
import { userOfClaims } from './currentUser.ts'
import type { PresenceBook, StatusEvent } from './presence.ts'
import { type ChatUser, type Id, sameId } from './types.ts'

/** Client state of the chat; server state is in the QueryClient. */
export interface ChatState {
  readonly activeRoomId: Id | null
  readonly currentUser: ChatUser | undefined
  /** Rooms that one has left or was removed from while they may still be on screen, and why. */
  readonly removals: ReadonlyMap<string, LiveError>
}

/** Opens no connection. */
export function listen(
  { manager, level, endpoints }: ChatContext,
  store: StoreApi<ChatState>,
  book: PresenceBook,
): () => void {
  const stops = [
    manager.identify((claims) => {
      const currentUser = userOfClaims(claims)
      // The greeting knows more of the same user than the token does, and a token need not say who it is for.
      const isNews = currentUser && !sameId(store.getState().currentUser?.id, currentUser.id)
      if (isNews) store.setState({ currentUser })
    }),
    manager.subscribe<{ user?: ChatUser } | undefined>('welcome', (welcome) => {
      // Where every room has its own connection, a greeting does not say which of them greets.
      if (!endpoints.room) level.heard()
      if (welcome?.user) store.setState({ currentUser: welcome.user })
    }),
    manager.subscribe<StatusEvent>('user_status', (event) => {
      if (event?.user_id !== undefined) book.hear(event)
    }),
    manager.subscribe<RemovalEvent>('room_removed', (event) => {
      if (event?.room_id !== undefined) removed(store, event)
    }),
    manager.subscribe<{ id?: Id; room?: { id: Id } }>('room_added', (event) => {
      const id = event?.room?.id ?? event?.id
      if (id !== undefined) added(store, id)
    }),
  ]
  return () => {
    for (const stop of stops) stop()
  }
}

interface RemovalEvent {
  readonly room_id: Id
  readonly reason?: string
}

function removed(store: StoreApi<ChatState>, { room_id, reason = 'removed' }: RemovalEvent): void {
  const { removals, activeRoomId } = store.getState()
  const error = new LiveError('forbidden', `You are no longer in room "${room_id}"`, { reason })
  store.setState({
    removals: new Map(removals).set(String(room_id), error),
    ...(sameId(activeRoomId, room_id) && { activeRoomId: null }),
  })
}

function added(store: StoreApi<ChatState>, roomId: Id): void {
  const removals = new Map(store.getState().removals)
  if (removals.delete(String(roomId))) store.setState({ removals })
}
