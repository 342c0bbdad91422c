import { useQuery } from '@tanstack/react-query'
import { type ChatMessage, useChat } from 'querywire/chat'
import { PeopleProvider, usePeopleOf } from '../components/people.ts'
import { MessageText } from '../components/text/MessageText.tsx'

/** Markdown-it makes tokens, and those become React elements: never HTML, so nothing has to be taken out of it. */
export function Text({ message, myId }: { message: ChatMessage; myId: string }) {
  const { data: members } = useQuery(useChat().members(message.room_id))
  const people = usePeopleOf(members, myId)

  return (
    <PeopleProvider value={people}>
      <MessageText content={message.content} />
    </PeopleProvider>
  )
}
