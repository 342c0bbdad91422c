/** Calling a member by name: an `@` opens the list of them, arrows choose, Enter or Tab writes the name. */
import { useQuery } from '@tanstack/react-query'
import { type KeyboardEvent, type RefObject, useLayoutEffect, useRef, useState } from 'react'
import { type ChatUser, useChat } from '../../../src/chat/index.ts'
import { type Id, isSame } from '../messageRows.ts'
import { useCurrentUser } from '../useCurrentUser.ts'

/** From the last `@` that begins a word, up to where one writes. */
const STARTED = /(?<![\p{L}\p{N}_])@([\p{L}\p{N}_.-]*)$/u
/** Only these names can be called: of two words nobody knows where they end. */
const CALLABLE = /^[\p{L}\p{N}_](?:[\p{L}\p{N}_.-]*[\p{L}\p{N}_])?$/u
const MOST_SHOWN = 6

interface Writing {
  readonly field: RefObject<HTMLTextAreaElement | null>
  readonly text: string
  readonly change: (text: string) => void
}

export type Mentions = ReturnType<typeof useMentions>

export function useMentions(roomId: Id, { field, text, change }: Writing) {
  const members = useOthers(roomId)
  const [caret, setCaret] = useState(0)
  const [closedAt, setClosedAt] = useState<number>()
  const [active, setActive] = useState(0)
  const nextCaret = useRef<number>(undefined)
  const started = STARTED.exec(text.slice(0, caret))
  const query = started?.[1] ?? ''
  const found = started && started.index !== closedAt ? matching(members, query) : []
  const activeIndex = Math.min(active, found.length - 1)

  useLayoutEffect(() => {
    if (nextCaret.current === undefined) return
    field.current?.setSelectionRange(nextCaret.current, nextCaret.current)
    nextCaret.current = undefined
  })
  const look = () => {
    const { selectionStart = 0, selectionEnd = 0 } = field.current ?? {}
    // Of a stretch of text that is selected no end is where one writes.
    setCaret(selectionStart === selectionEnd ? selectionStart : 0)
  }
  const pick = ({ username }: ChatUser) => {
    if (!started) return
    const before = `${text.slice(0, started.index)}@${username} `
    nextCaret.current = before.length
    setActive(0)
    change(before + text.slice(caret).replace(/^\s/, ''))
  }
  const close = () => setClosedAt(started?.index)
  /** Whether the key was meant for the list. */
  const take = (event: KeyboardEvent): boolean => {
    const chosen = found[activeIndex]
    if (!chosen || event.shiftKey) return false
    const acts: Readonly<Record<string, () => void>> = {
      ArrowDown: () => setActive((activeIndex + 1) % found.length),
      ArrowUp: () => setActive((activeIndex + found.length - 1) % found.length),
      Enter: () => pick(chosen),
      Tab: () => pick(chosen),
      Escape: close,
    }
    const act = acts[event.key]
    if (!act) return false
    event.preventDefault()
    event.stopPropagation()
    act()
    return true
  }
  return { found, isOpen: found.length > 0, activeIndex, look, pick, take, close }
}

function useOthers(roomId: Id): readonly ChatUser[] {
  const me = useCurrentUser()
  const { data: members = [] } = useQuery(useChat().members(roomId))
  return members
    .map(({ user }) => user)
    .filter(({ id, username }) => CALLABLE.test(username) && !(me && isSame(id, me.id)))
}

/** Those whose names begin so, then those that have it somewhere. */
function matching(users: readonly ChatUser[], query: string): readonly ChatUser[] {
  const wanted = query.toLowerCase()
  const placeOf = ({ username }: ChatUser) => username.toLowerCase().indexOf(wanted)
  return users
    .filter((user) => placeOf(user) >= 0)
    .sort((a, b) => Number(placeOf(a) > 0) - Number(placeOf(b) > 0) || a.username.localeCompare(b.username))
    .slice(0, MOST_SHOWN)
}
