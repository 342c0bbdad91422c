/** What the address says: `?user=alice&room=general`. The address is the only place where this is kept. */
import { useMemo, useSyncExternalStore } from 'react'

export const USERS = ['alice', 'bob', 'carol', 'dave', 'erin'] as const

export const userInAddress = (): string => new URLSearchParams(location.search).get('user') ?? USERS[0]

export interface RoomAddress {
  readonly roomId: string | undefined
  /** The message that a link leads to. */
  readonly messageId: string | undefined
  readonly hrefOf: (roomId: string | number) => string
  readonly open: (roomId: string | number | undefined) => void
  /** Without a step to go back to. */
  readonly replace: (roomId: string | number) => void
}

export function useRoomInAddress(): RoomAddress {
  const roomId = useSyncExternalStore(subscribe, () => new URLSearchParams(location.search).get('room'))
  const messageId = useSyncExternalStore(subscribe, () => new URLSearchParams(location.search).get('message'))
  return useMemo(
    () => ({
      roomId: roomId ?? undefined,
      messageId: messageId ?? undefined,
      hrefOf,
      open: (id) => navigate('pushState', hrefOf(id)),
      replace: (id) => navigate('replaceState', hrefOf(id)),
    }),
    [roomId, messageId],
  )
}

function hrefOf(roomId: string | number | undefined): string {
  const search = new URLSearchParams(location.search)
  search.delete('message')
  if (roomId === undefined) search.delete('room')
  else search.set('room', String(roomId))
  return `?${search}`
}

/** For others: who opens it is somebody else. */
export const messageHref = (roomId: string | number, messageId: string | number): string =>
  `?${new URLSearchParams({ room: String(roomId), message: String(messageId) })}`

const CHANGED = 'popstate'

function navigate(how: 'pushState' | 'replaceState', href: string): void {
  history[how](null, '', href)
  dispatchEvent(new PopStateEvent(CHANGED))
}

function subscribe(listener: () => void): () => void {
  addEventListener(CHANGED, listener)
  return () => removeEventListener(CHANGED, listener)
}
