/**
 * Reads new messages out, at most once a second; what is being written, once it is finished. The list itself is silent: in a
 * virtual list rows come and go with scrolling, and a live region would read all of that.
 */
import { useEffect, useEffectEvent, useRef, useState } from 'react'
import { type ChatMessage, isStreaming, keyOf } from '../../src/chat/index.ts'
import { contentText } from './attachments/attachmentTexts.ts'
import type { Id } from './messageRows.ts'
import { endingOf } from './streaming/Streaming.tsx'
import { plainText } from './text/MessageText.tsx'

export interface MessageAnnouncerProps {
  readonly messages: readonly ChatMessage[]
  readonly currentUserId: Id | undefined
  readonly isLoading: boolean
  /** The window ends before the newest message. */
  readonly hasNewer: boolean
}

const BATCH_MS = 1_000

export function MessageAnnouncer({ messages, currentUserId, isLoading, hasNewer }: MessageAnnouncerProps) {
  const isAtNewest = !isLoading && !hasNewer
  const [said, setSaid] = useState({ number: 0, text: '' })
  const waiting = useRef<ChatMessage[]>([])
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const [news] = useState(createNews)
  const collect = useEffectEvent((messages: readonly ChatMessage[], isAtNewest: boolean) => {
    const heard = news(messages, isAtNewest).filter((message) => isFromOthers(message, currentUserId))
    waiting.current.push(...heard)
    if (waiting.current.length === 0 || timer.current !== undefined) return
    timer.current = setTimeout(() => {
      const text = announcement(waiting.current)
      setSaid(({ number }) => ({ number: number + 1, text }))
      waiting.current = []
      timer.current = undefined
    }, BATCH_MS)
  })
  useEffect(() => collect(messages, isAtNewest), [messages, isAtNewest])
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

/**
 * Which messages have come since it was asked last, or were being written then and are finished now. What comes with the
 * first page, or with those up to the newest message, has been there; once that was in view, all that follows is news, in an
 * empty room as well.
 */
function createNews() {
  let newestKey: string | undefined
  let wasAtNewest = false
  const growing = new Set<string>()
  return (messages: readonly ChatMessage[], isAtNewest: boolean): readonly ChatMessage[] => {
    const known = messages.findLastIndex((message) => keyOf(message) === newestKey)
    const isFollowed = wasAtNewest && isAtNewest && (known >= 0 || newestKey === undefined)
    const newest = messages.findLast(({ local }) => local === undefined)
    newestKey = newest && keyOf(newest)
    wasAtNewest = isAtNewest
    const finished = messages.filter((message, index) => {
      if (index > known && isFollowed) return !isStreaming(message)
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
  return `${first.sender.username}: ${plainText(contentText(first))}${ending ? ` (${ending})` : ''}`
}
