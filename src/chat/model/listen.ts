/** What concerns the user and no single query: who it is, how able the server is, and which rooms are lost. */

import { User, UserStatus } from '../../frames/index.ts'
import type { WebSocketState } from '../../transport/index.ts'
import { fitsOf } from './data/fit.ts'
import { type ChatUser, type Id, isId, sameId } from './data/types.ts'
import { watchLag } from './lag.ts'
import type { PresenceBook, StatusEvent } from './people/presence.ts'
import { watchTyping } from './people/typing.ts'
import { type ChatContext, nobodysState } from './session/context.ts'
import { userOfClaims } from './session/currentUser.ts'

/** For as long as there is a chat, and before anybody else hears of it: nobody is named who is gone. */
export function forgetFormer({ manager: { port }, store }: ChatContext, book: PresenceBook): PresenceBook {
  // A manager outlives many chats.
  const reference = new WeakRef(book)
  const stop = port.identity?.subscribe((isOther) => {
    const there = reference.deref()
    if (!there) return stop?.()
    if (!isOther) return
    store.setState(nobodysState())
    there.clear()
  })
  return book
}

/** Opens no connection. */
export function listen(context: ChatContext, book: PresenceBook): () => void {
  const { manager, store, level, endpoints, membership } = context
  const lag = watchLag(context)
  const isUser = fitsOf(User)
  const isStatus = fitsOf(UserStatus)
  const isUp = ({ connections }: WebSocketState) => connections[endpoints.rooms ?? '']?.state === 'CONNECTED'
  const stops = [
    lag.stop,
    manager.store.subscribe((state, before) => {
      // A server that does not even answer subscriptions is known sooner for it.
      if (!endpoints.room && isUp(state) && !isUp(before)) level.look(endpoints.rooms)
    }),
    manager.identify((claims) => {
      const currentUser = userOfClaims(claims)
      // The greeting knows more of the same user than the token does, and a token need not say who it is for.
      const isNews = currentUser && !sameId(store.getState().currentUser?.id, currentUser.id)
      if (isNews) store.setState({ currentUser })
    }),
    manager.subscribe<{ user?: ChatUser } | undefined>('welcome', (welcome) => {
      // Where every room has its own connection, a greeting does not say which of them greets.
      if (!endpoints.room) level.heard()
      const { user } = welcome ?? {}
      if (!user || !isId(user.id)) return
      store.setState({ currentUser: isUser(user) ? user : { id: user.id, username: String(user.id) } })
    }),
    manager.subscribe<StatusEvent>('user_status', (event) => isStatus(event) && book.hear(event), {
      endpoint: null,
    }),
    book.stop,
    watchTyping(context),
    manager.subscribe<RemovalEvent>('room_removed', (event) => {
      const { room_id, reason } = event ?? {}
      if (isId(room_id)) membership.removed(room_id, typeof reason === 'string' ? reason : undefined)
    }),
    manager.subscribe<{ room?: object } | undefined>('room_updated', (event) => {
      lag.hear(event?.room ?? event ?? {})
    }),
    manager.subscribe<{ id?: Id; room?: { id: Id } }>('room_added', (event) => {
      membership.added(event?.room?.id ?? event?.id)
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
