import { useMutation } from '@tanstack/react-query'
import { type ChatMessage, useChat, useReaders, useReadState, useSendMessage } from 'querywire/chat'

/** Each shows at once, goes out in order, and is taken back when the server refuses it. */
export function Actions({ roomId, message }: { roomId: string; message: ChatMessage }) {
  const chat = useChat()
  const react = useMutation(chat.react(roomId))
  const edit = useMutation(chat.editMessage(roomId))
  const remove = useMutation(chat.deleteMessage(roomId))
  const { send } = useSendMessage(roomId)
  const { markUnread } = useReadState(roomId)
  const readers = useReaders(message)

  return (
    <>
      <button type="button" onClick={() => react.mutate({ message_id: message.id, reaction: '🎉' })}>
        🎉
      </button>
      <button type="button" onClick={() => send({ content: 'On my way', reply_to_id: message.id })}>
        Reply
      </button>
      <button type="button" onClick={() => edit.mutate({ message_id: message.id, content: 'At nine' })}>
        Edit
      </button>
      <button type="button" onClick={() => remove.mutate({ message_id: message.id })}>
        Delete
      </button>
      <button type="button" onClick={() => markUnread(message.id)}>
        Mark as unread
      </button>
      Seen by {readers?.map(({ user }) => user.username).join(', ')}
    </>
  )
}
