'use client'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useCallback } from 'react'
import { LiveError } from '../../transport/index.ts'
import { useWebSocketStatus } from '../../transport/react/index.ts'
import { type ChatRoom, type Id, type RegisteredRoom, sameId } from '../model/data/types.ts'
import type { NewRoom } from '../model/rooms/createRoom.ts'
import { useMarkRoomRead } from './reading/useMarkRoomRead.ts'
import { useChat, useChatContext, useChatState } from './useChat.ts'

export interface UseChatRoomsResult<R extends ChatRoom = RegisteredRoom> {
  /** Last activity first. */
  readonly rooms: readonly R[]
  /** The same for all who read it; `null` again when one leaves that room or is removed from it. */
  readonly activeRoomId: Id | null
  readonly isConnected: boolean
  readonly isLoading: boolean
  readonly error: Error | null
  /** Asks for the list again; it is live anyway. */
  readonly loadRooms: () => Promise<readonly R[]>
  /** Makes it the active room; asks to become a member if one is not. Refused, the room before is active again. @throws LiveError */
  readonly joinRoom: (roomId: Id) => Promise<void>
  /**
   * Makes a room, and it the active one; a conversation of two that is there already is that one. Asked for again after a
   * failure, it is still one room. @throws LiveError
   */
  readonly createRoom: (room: NewRoom) => Promise<R>
  /** Ends the membership. @throws LiveError when the server refuses; the room is back in the list then */
  readonly leaveRoom: (roomId: Id) => Promise<void>
  /** Up to the last message that the list knows of; without one there is nothing to mark. @throws LiveError */
  readonly markRoomAsRead: (roomId: Id) => Promise<void>
  readonly setActiveRoom: (roomId: Id | null) => void
}

const NO_ROOMS: readonly ChatRoom[] = []

/** The rooms of the user, live, and which of them is open. */
export function useChatRooms<R extends ChatRoom = RegisteredRoom>(): UseChatRoomsResult<R> {
  const chat = useChat()
  const { data: rooms = NO_ROOMS, isPending, error, refetch } = useQuery(chat.rooms())
  const { isConnected } = useWebSocketStatus(useChatContext().endpoints.rooms)
  const loadRooms = useCallback(async () => {
    const result = await refetch({ cancelRefetch: false })
    return (result.data ?? NO_ROOMS) as readonly R[]
  }, [refetch])

  return {
    rooms: rooms as readonly R[],
    isConnected,
    isLoading: isPending,
    error,
    loadRooms,
    markRoomAsRead: useMarkRoomRead(rooms),
    ...useActiveRoom<R>(rooms),
  }
}

function useActiveRoom<R extends ChatRoom>(rooms: readonly ChatRoom[]) {
  const chat = useChat()
  const { store, roomsLevel } = useChatContext()
  const activeRoomId = useChatState(() => store.getState().activeRoomId)
  const { mutateAsync: create } = useMutation(chat.createRoom())
  const { mutateAsync: join } = useMutation(chat.joinRoom())
  const { mutateAsync: leave } = useMutation(chat.leaveRoom())
  const setActiveRoom = useCallback((roomId: Id | null) => store.setState({ activeRoomId: roomId }), [store])

  const joinRoom = useCallback(
    async (roomId: Id) => {
      const before = store.getState().activeRoomId
      setActiveRoom(roomId)
      if (rooms.some(({ id }) => sameId(id, roomId)) || roomsLevel.isSilent()) return
      try {
        await join({ roomId })
      } catch (error) {
        if (store.getState().activeRoomId === roomId) setActiveRoom(before)
        throw error
      }
    },
    [setActiveRoom, rooms, join, store, roomsLevel],
  )
  const createRoom = useCallback(
    async (newRoom: NewRoom) => {
      const room = await create(newRoom)
      if (!room) throw new LiveError('invalid_frame', '"create_room" was answered with no room')
      setActiveRoom(room.id)
      return room as R
    },
    [create, setActiveRoom],
  )
  const leaveRoom = useCallback(
    async (roomId: Id) => {
      if (sameId(store.getState().activeRoomId, roomId)) setActiveRoom(null)
      if (!roomsLevel.isSilent()) await leave({ roomId })
    },
    [store, roomsLevel, leave, setActiveRoom],
  )
  return { activeRoomId, createRoom, joinRoom, leaveRoom, setActiveRoom }
}
