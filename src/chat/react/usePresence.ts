'use client'
import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import type { Id, Presence } from '../model/data/types.ts'
import { useChat } from './useChat.ts'
import { useRoomStatus } from './visit/useRoomStatus.ts'

const UNKNOWN: Presence = { status: 'unknown' }

/** Who is online, by user id. Nothing is known while disconnected. */
export function usePresence(userIds: readonly Id[]): Readonly<Record<string, Presence>> {
  const chat = useChat()
  const options = chat.presence(useSorted(userIds))
  const { data } = useQuery(options)
  const { status } = useRoomStatus(options.queryKey)
  return useMemo(() => {
    const known = status === 'offline' ? undefined : data
    const presenceOf = (id: string) => (known && Object.hasOwn(known, id) && known[id]) || UNKNOWN
    return Object.fromEntries(userIds.map((id) => [String(id), presenceOf(String(id))]))
  }, [data, status, userIds])
}

/** The same people in another order are the same query. */
function useSorted(userIds: readonly Id[]): readonly Id[] {
  return useMemo(() => [...userIds].sort((a, b) => (String(a) < String(b) ? -1 : 1)), [userIds])
}
