/** Which rooms one is no longer in, and what it takes to hear of one again. Opens no connection. */
import type { StoreApi } from 'zustand/vanilla'
import { LiveError, type WebSocketManager } from '../../../transport/index.ts'
import { type Id, isId, sameId } from '../data/types.ts'
import { type ChatEndpoints, type ChatState, endpointOf, type Membership } from './context.ts'

/** Rooms remembered as lost. */
const MAX_REMOVALS = 200

interface MembershipParts {
  readonly manager: WebSocketManager
  readonly endpoints: ChatEndpoints
  readonly store: StoreApi<ChatState>
}

export function createMembership({ manager, endpoints, store }: MembershipParts): Membership {
  const removalOf = (roomId: Id) => store.getState().removals.get(String(roomId))

  function note(roomId: Id, reason = 'removed'): void {
    const { removals, activeRoomId } = store.getState()
    const given = new LiveError('forbidden', `You are not a member of room "${roomId}"`, { reason })
    const error = manager.port.clean?.(given) ?? given
    // The oldest are let go: each one more is a copy of all.
    const kept = [...removals].slice(1 - MAX_REMOVALS)
    store.setState({
      removals: new Map(kept).set(String(roomId), error),
      ...(sameId(activeRoomId, roomId) && { activeRoomId: null }),
    })
  }

  function forgive(roomId: Id): boolean {
    // Asked for every room of a list: only what changes is copied.
    if (!removalOf(roomId)) return false
    const removals = new Map(store.getState().removals)
    removals.delete(String(roomId))
    store.setState({ removals })
    return true
  }

  function renew(roomId: Id, onlyDown = false): void {
    try {
      manager.port.renew(channelOf(endpoints, roomId), onlyDown)
    } catch (error) {
      // What the application makes no endpoint of is no reason to lose what else was said.
      manager.port.report({ type: 'error', error })
    }
  }

  return {
    removalOf,
    removed(roomId, reason) {
      const isNews = !removalOf(roomId)
      note(roomId, reason)
      // The server ended the subscription with it. Asked again it says no, and nobody takes the channel for live.
      if (isNews) renew(roomId)
    },
    added(roomId) {
      if (!isId(roomId)) return
      // Where nobody knows of a removal, it may have been refused while nobody watched.
      renew(roomId, !forgive(roomId))
    },
    watch(roomId) {
      const channel = manager.port.open(channelOf(endpoints, roomId), {
        cursor: () => undefined,
        onSignal(signal) {
          if (signal.type === 'live') forgive(roomId)
          const reason = signal.type === 'down' ? lossIn(signal.error, endpoints) : undefined
          if (reason !== undefined && !removalOf(roomId)) note(roomId, reason)
        },
      })
      return channel.close
    },
  }
}

/** The same subscription as the one of the queries that read the room. */
export function channelOf(endpoints: ChatEndpoints, roomId: Id) {
  return {
    endpoint: endpointOf(endpoints, roomId),
    key: { room_id: roomId },
    subscribe: !endpoints.room,
  }
}

const KEPT_OUT = new Set(['not_member', 'not_found', 'forbidden'])

/** Why the server does not let one into the room, if that is why the channel is down. */
function lossIn(error: LiveError | undefined, endpoints: ChatEndpoints): string | undefined {
  if (error?.code === 'rejected') return KEPT_OUT.has(error.reason ?? '') ? error.reason : undefined
  return error?.code === 'forbidden' && endpoints.room ? (error.reason ?? 'forbidden') : undefined
}
