import { useChat, useDraft, useSendMessage, useTyping } from 'querywire/chat'

/** The draft is kept for its room, also over a reload. */
export function Composer({ roomId }: { roomId: string }) {
  const [draft, setDraft] = useDraft(roomId)
  const { send } = useSendMessage(roomId)
  const { keystroke, stop } = useTyping(roomId)
  const { maxLength } = useChat()

  const submit = async () => {
    await send(draft) // resolves when the message is on screen and on its way, also offline
    setDraft('')
    stop()
  }

  return (
    <form action={submit}>
      <textarea
        value={draft}
        aria-invalid={[...draft].length > maxLength}
        onChange={(event) => {
          setDraft(event.target.value)
          keystroke()
        }}
      />
      <button type="submit">Send</button>
    </form>
  )
}
