/**
 * Reads new messages out, at most once a second. The list itself is silent: in a virtual list rows come and go with
 * scrolling, and a live region would read all of that.
 */
import { useEffect, useEffectEvent, useRef, useState } from 'react'
import { type ChatMessage, keyOf } from '../../src/chat/index.ts'
import type { Id } from './messageRows.ts'

export interface MessageAnnouncerProps {
  readonly messages: readonly ChatMessage[]
  readonly currentUserId: Id | undefined
}

const BATCH_MS = 1_000

export function MessageAnnouncer({ messages, currentUserId }: MessageAnnouncerProps) {
  const [said, setSaid] = useState({ number: 0, text: '' })
  const waiting = useRef<ChatMessage[]>([])
  const newestKey = useRef<string>(undefined)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const collect = useEffectEvent((messages: readonly ChatMessage[]) => {
    const known = messages.findLastIndex((message) => keyOf(message) === newestKey.current)
    const newest = messages.findLast(({ local }) => local === undefined)
    newestKey.current = newest && keyOf(newest)
    if (known < 0) return
    const heard = messages.slice(known + 1).filter((message) => isFromOthers(message, currentUserId))
    waiting.current.push(...heard)
    if (waiting.current.length === 0 || timer.current !== undefined) return
    timer.current = setTimeout(() => {
      const text = announcement(waiting.current)
      setSaid(({ number }) => ({ number: number + 1, text }))
      waiting.current = []
      timer.current = undefined
    }, BATCH_MS)
  })
  useEffect(() => collect(messages), [messages])
  useEffect(
    () => () => {
      clearTimeout(timer.current)
      timer.current = undefined
    },
    [],
  )
  return (
    <div role="status" aria-label="New messages" className="qw-only-read">
      {/* Another element for the same words: nobody is told of a text that stays as it is. */}
      <span key={said.number}>{said.text}</span>
    </div>
  )
}

const isFromOthers = ({ sender, local }: ChatMessage, userId: Id | undefined) =>
  local === undefined && String(sender.id) !== String(userId)

function announcement(messages: readonly ChatMessage[]): string {
  const [first] = messages
  if (first && messages.length === 1) return `${first.sender.username}: ${first.content}`
  return `${messages.length} new messages`
}
