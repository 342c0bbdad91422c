/**
 * Reads new messages out, at most once a second; what is being written, once it is finished. The list itself is silent: in a
 * virtual list rows come and go with scrolling, and a live region would read all of that.
 */
import { useEffect, useEffectEvent, useRef, useState } from 'react'
import { type ChatMessage, isStreaming, keyOf } from '../../src/chat/index.ts'
import type { Id } from './messageRows.ts'
import { endingOf } from './streaming/Streaming.tsx'
import { plainText } from './text/MessageText.tsx'

export interface MessageAnnouncerProps {
  readonly messages: readonly ChatMessage[]
  readonly currentUserId: Id | undefined
}

const BATCH_MS = 1_000

export function MessageAnnouncer({ messages, currentUserId }: MessageAnnouncerProps) {
  const [said, setSaid] = useState({ number: 0, text: '' })
  const waiting = useRef<ChatMessage[]>([])
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const [news] = useState(createNews)
  const collect = useEffectEvent((messages: readonly ChatMessage[]) => {
    waiting.current.push(...news(messages).filter((message) => isFromOthers(message, currentUserId)))
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

/** Which messages have come since it was asked last, or were being written then and are finished now. */
function createNews() {
  let newestKey: string | undefined
  const growing = new Set<string>()
  return (messages: readonly ChatMessage[]): readonly ChatMessage[] => {
    const known = messages.findLastIndex((message) => keyOf(message) === newestKey)
    const newest = messages.findLast(({ local }) => local === undefined)
    newestKey = newest && keyOf(newest)
    const finished = messages.filter((message, index) => {
      if (index > known && known >= 0) return !isStreaming(message)
      return growing.size > 0 && growing.has(keyOf(message)) && !isStreaming(message)
    })
    growing.clear()
    for (const message of messages) if (isStreaming(message)) growing.add(keyOf(message))
    return finished
  }
}

const isFromOthers = ({ sender, local }: ChatMessage, userId: Id | undefined) =>
  local === undefined && String(sender.id) !== String(userId)

function announcement(messages: readonly ChatMessage[]): string {
  const [first] = messages
  if (!first || messages.length > 1) return `${messages.length} new messages`
  const ending = endingOf(first)
  return `${first.sender.username}: ${plainText(first.content)}${ending ? ` (${ending})` : ''}`
}
