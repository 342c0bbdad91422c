import { useMessages, useReadState, useSendMessage, useTyping } from 'querywire/chat'
import { useState } from 'react'

/** One hook per concern. All of it in one: useChatWebSocket(roomId). */
export function Room({ roomId, myId }: { roomId: string; myId: string }) {
  const { messages, hasOlder, loadOlder } = useMessages(roomId)
  const { markRead, firstUnreadId } = useReadState(roomId)
  const { send, retry, discard } = useSendMessage(roomId)
  const { typers, keystroke } = useTyping(roomId)
  const [text, setText] = useState('')

  return (
    <form
      onSubmit={async (event) => {
        event.preventDefault()
        await send(text) // on screen and on its way, also offline
        setText('')
        markRead()
      }}
    >
      {hasOlder && (
        <button type="button" onClick={() => loadOlder()}>
          Older
        </button>
      )}
      {messages.map(({ id, sender, content, local }) => (
        <p key={local?.key ?? id} data-own={sender.id === myId} data-unread={id === firstUnreadId}>
          {sender.username}: {content}
          {local?.status === 'failed' && (
            <>
              {local.error?.message}
              <button type="button" onClick={() => retry(local.key)}>
                Retry
              </button>
              <button type="button" onClick={() => discard(local.key)}>
                Discard
              </button>
            </>
          )}
        </p>
      ))}
      {typers.length > 0 && <p>{typers.map(({ username }) => username).join(', ')} …</p>}
      <input
        value={text}
        onChange={(event) => {
          setText(event.target.value)
          keystroke()
        }}
      />
    </form>
  )
}
