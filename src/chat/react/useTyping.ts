'use client'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useMemo } from 'react'
import type { ChatUser, Id, Typer } from '../model/data/types.ts'
import { nobodyTypes } from '../model/people/typing.ts'
import { createTypingSender } from '../model/people/typingSender.ts'
import { useChat, useChatContext } from './useChat.ts'
import { useRoomStatus } from './visit/useRoomStatus.ts'

export interface UseTypingResult {
  /** Who is typing, without oneself; empty while disconnected. */
  readonly typers: readonly ChatUser[]
  /** Call it for every key; at most one frame in 3 s is sent. */
  readonly keystroke: () => void
  /** Says that one has stopped, if one had said the opposite. */
  readonly stop: () => void
  /** For the element that is typed into: reports keystrokes, and stops when it loses the focus. */
  readonly inputProps: { readonly onInput: () => void; readonly onBlur: () => void }
}

const NOBODY: readonly Typer[] = []

export function useTyping(roomId: Id): UseTypingResult {
  const chat = useChat()
  const context = useChatContext()
  const options = chat.typing(roomId)
  const { data = NOBODY } = useQuery(options)
  const { status } = useRoomStatus(options.queryKey)
  const isOffline = status === 'offline'
  const typers = useMemo(() => (isOffline ? [] : data.map(({ user }) => user)), [data, isOffline])
  useEffect(() => {
    // Whoever is still typing after the connection came back says so again.
    if (isOffline) chat.live.apply([nobodyTypes({ roomId })])
  }, [isOffline, chat, roomId])
  const sender = useMemo(() => createTypingSender(context, roomId), [context, roomId])
  // Leaving the room, or the page, ends typing there: on the room it began in.
  useEffect(() => sender.stop, [sender])
  const { keystroke, stop } = sender
  const inputProps = useMemo(() => ({ onInput: keystroke, onBlur: stop }), [keystroke, stop])
  return { typers, keystroke, stop, inputProps }
}
