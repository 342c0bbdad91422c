/** What one writes, and what becomes of it: a message, an answer, or another text of an old one. */
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { keyOf, useChat, useDraft, useSendMessage, useTyping } from '../../../src/chat/index.ts'
import { isLiveError } from '../../../src/index.ts'
import { errorText } from '../errorText.ts'
import type { MessageComposerProps } from '../MessageComposer.tsx'
import { useChosenFiles } from './useChosenFiles.ts'
import { type RefusedEdit, useRefusedEdits } from './useRefusedEdits.ts'

export function useComposer(props: MessageComposerProps) {
  const { roomId, mode, onModeEnd, onSend, maxFileBytes = 20_000_000 } = props
  const [draft, setDraft] = useDraft(roomId)
  const { send } = useSendMessage(roomId)
  const { keystroke, stop } = useTyping(roomId)
  const { maxLength, takesFiles } = useChat()
  const edit = useEdit(props)
  const [error, setError] = useState<string>()
  const chosen = useChosenFiles(roomId, { maxBytes: maxFileBytes, onRefused: setError })
  const text = edit ? edit.text : draft
  useRefusedEdits(roomId, (refused) => {
    const isEmpty = !mode && draft === '' && chosen.files.length === 0
    const kept = bringBack(props, { ...refused, isEmpty })
    if (kept !== undefined) setDraft(draft === '' ? kept : `${draft}\n${kept}`)
  })

  const change = (next: string) => {
    setError(undefined)
    if (edit) return edit.setText(next)
    setDraft(next)
    if (next.trim() === '') stop()
    else keystroke()
  }
  const submit = async () => {
    const content = text.trim()
    const { files } = chosen
    if (content === '' && (edit || files.length === 0)) return
    if (edit && isTooLong(content, maxLength)) return setError(TOO_LONG)
    if (edit) return edit.save(content)
    try {
      await send({ content, files, ...(mode && { reply_to_id: mode.message.id }) })
      setDraft('')
      chosen.clear()
      stop()
      onModeEnd?.()
      onSend?.()
    } catch (cause) {
      // Too long, for example. Whatever happens after this is told by the message itself, in the list.
      setError(refusalText(cause))
    }
  }
  const attach = (files: readonly File[]) => {
    setError(undefined)
    chosen.add(files)
  }
  // What is changed is a text; what came with it stays.
  const taken = edit ? { files: [] } : { files: chosen.files, ...(takesFiles && { attach }) }
  return { text, error, change, submit, stop, removeFile: chosen.remove, ...taken }
}

/** Returns what is to go into the draft: a text that its message does not take again, or that would take the place of another. */
function bringBack(
  { onRefused, onEditAgain }: MessageComposerProps,
  { messageId, content, error, isEmpty }: RefusedEdit & { readonly isEmpty: boolean },
): string | undefined {
  onRefused?.(`The change was not taken: ${errorText(error)}`)
  return isEmpty && onEditAgain?.(messageId, content) ? undefined : content
}

/** What is being changed is no draft: that is still there when one is done. */
function useEdit({ roomId, mode, onModeEnd }: MessageComposerProps) {
  const chat = useChat()
  const { mutate } = useMutation(chat.editMessage(roomId))
  const [edited, setEdited] = useState<{ readonly key: string; readonly text: string }>()
  if (mode?.kind !== 'edit') {
    if (edited) setEdited(undefined)
    return undefined
  }
  const { message } = mode
  const key = keyOf(message)
  return {
    text: edited?.key === key ? edited.text : (mode.text ?? message.content),
    setText: (text: string) => setEdited({ key, text }),
    save(content: string) {
      if (content !== message.content) mutate({ message_id: message.id, content })
      onModeEnd?.()
    },
  }
}

/** As it is counted where it is refused: an emoji is one character. */
const isTooLong = (text: string, maxLength: number) => text.length > maxLength && [...text].length > maxLength

const TOO_LONG = 'This is too long for one message.'

/** The message of an error is for developers; people get a sentence of their own. */
const refusalText = (cause: unknown): string =>
  isLiveError(cause) && cause.reason === 'too_long' ? TOO_LONG : 'This message cannot be sent.'
