/** Files that are to go with what one writes. They stay for as long as the page does, in each room, for whoever has chosen them. */
import { useCallback, useState } from 'react'
import { useChat } from '../../../src/chat/index.ts'
import { sizeText } from '../attachments/attachmentTexts.ts'
import type { Id } from '../messageRows.ts'
import { useCurrentUser } from '../useCurrentUser.ts'

/** As many as the servers take. */
const MOST_FILES = 10
const NONE: readonly File[] = []

const chosenIn = new WeakMap<object, Map<string, readonly File[]>>()

function keptOf(chat: object): Map<string, readonly File[]> {
  const kept = chosenIn.get(chat) ?? new Map<string, readonly File[]>()
  chosenIn.set(chat, kept)
  return kept
}

export function useChosenFiles(
  roomId: Id,
  { maxBytes, onRefused }: { readonly maxBytes: number; readonly onRefused: (why: string) => void },
) {
  const chat = useChat()
  const kept = keptOf(chat)
  const key = JSON.stringify([useCurrentUser()?.id, roomId].map(String))
  const [, setChanges] = useState(0)
  const set = useCallback(
    (next: readonly File[]) => {
      kept.set(key, next)
      setChanges((changes) => changes + 1)
    },
    [kept, key],
  )
  const files = kept.get(key) ?? NONE
  return {
    files,
    clear: () => set(NONE),
    remove: (file: File) => set(files.toSpliced(files.indexOf(file), 1)),
    add(more: readonly File[]) {
      const small = more.filter(({ size }) => size <= maxBytes)
      const [large] = more.filter((file) => !small.includes(file))
      const next = [...files, ...small]
      if (large) onRefused(`“${large.name}” is larger than ${sizeText(maxBytes)}.`)
      else if (next.length > MOST_FILES) onRefused(`${MOST_FILES} files at most go with one message.`)
      set(next.slice(0, MOST_FILES))
    },
  }
}
