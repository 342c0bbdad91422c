/** Writes to somebody, or begins a group: whom one wants, and with several of them what it is called. */
import { type FormEvent, useState } from 'react'
import { type ChatUser, useChatRooms } from '../../../src/chat/index.ts'
import { DialogButton } from '../DialogButton.tsx'
import { errorText } from '../errorText.ts'
import type { Id } from '../messageRows.ts'
import './NewConversation.css'
import { PeoplePicker } from './PeoplePicker.tsx'
import { useKnownPeople } from './useKnownPeople.ts'

export interface NewConversationProps {
  /** It is there, and in the list of everybody in it. */
  readonly onCreated: (roomId: Id) => void
  /** Who may be asked. @default all whom one shares a room with */
  readonly people?: readonly ChatUser[] | undefined
}

export function NewConversation({ onCreated, people }: NewConversationProps) {
  return (
    <DialogButton label="New conversation" icon="plus">
      {(close) => (
        // Whoever has closed it meanwhile finds the room in the list.
        <NewRoomForm people={people} onCreated={(roomId) => close() && onCreated(roomId)} />
      )}
    </DialogButton>
  )
}

function NewRoomForm({ people: given, onCreated }: NewConversationProps) {
  const known = useKnownPeople(given === undefined)
  const people = given ?? known.people
  const { isConnected } = useChatRooms()
  const [chosen, setChosen] = useState<readonly ChatUser[]>([])
  const [name, setName] = useState('')
  const { create, isCreating, refusal } = useCreating(onCreated)
  const isGroup = chosen.length > 1
  const isReady = chosen.length === 1 || (isGroup && name.trim() !== '')
  const onSubmit = (event: FormEvent) => {
    event.preventDefault()
    if (!isReady || isCreating) return
    const members = chosen.map(({ id }) => id)
    void create(isGroup ? { kind: 'group', name: name.trim(), members } : { kind: 'direct', members })
  }
  return (
    <form className="qw-new-room" onSubmit={onSubmit}>
      <PeoplePicker people={people} isLoading={known.isLoading} chosen={chosen} onChange={setChosen} />
      <footer>
        {isGroup && (
          <label className="qw-field">
            <span>Name of the group</span>
            <input
              value={name}
              maxLength={120}
              autoComplete="off"
              onChange={(event) => setName(event.target.value)}
            />
          </label>
        )}
        <button
          type="submit"
          className="qw-button"
          data-primary=""
          disabled={!isReady}
          // Not `disabled`: that would take the focus away from whoever has just pressed it.
          aria-disabled={isCreating}
        >
          {isCreating ? (isConnected ? 'One moment…' : 'Waiting for the connection…') : labelFor(chosen)}
        </button>
        <p role="alert">{refusal}</p>
      </footer>
    </form>
  )
}

function useCreating(onCreated: (roomId: Id) => void) {
  const { createRoom } = useChatRooms()
  const [isCreating, setIsCreating] = useState(false)
  const [refusal, setRefusal] = useState<string>()
  const create = async (room: Parameters<typeof createRoom>[0]) => {
    setIsCreating(true)
    setRefusal(undefined)
    try {
      onCreated((await createRoom(room)).id)
    } catch (error) {
      setRefusal(errorText(error as Error))
    }
    setIsCreating(false)
  }
  return { create, isCreating, refusal }
}

function labelFor([first, ...more]: readonly ChatUser[]): string {
  if (!first) return 'Choose somebody'
  return more.length > 0 ? `Begin a group of ${more.length + 2}` : `Write to ${first.username}`
}
