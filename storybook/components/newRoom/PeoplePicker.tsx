/** People, to be searched by name and chosen from: a list of checkboxes. Those who are chosen stay, whatever is searched. */
import { type KeyboardEvent, useDeferredValue, useId, useState } from 'react'
import type { ChatUser } from '../../../src/chat/index.ts'
import { Avatar } from '../Avatar.tsx'
import { isSame } from '../messageRows.ts'
import { moveFocus } from '../moveFocus.ts'

export interface PeoplePickerProps {
  readonly people: readonly ChatUser[]
  readonly isLoading: boolean
  readonly chosen: readonly ChatUser[]
  readonly onChange: (chosen: readonly ChatUser[]) => void
}

export function PeoplePicker({ people, isLoading, chosen, onChange }: PeoplePickerProps) {
  const [search, setSearch] = useState('')
  const query = useDeferredValue(search).trim().toLocaleLowerCase()
  const searchId = useId()
  const isChosen = ({ id }: ChatUser) => chosen.some((one) => isSame(one.id, id))
  const isFound = ({ username }: ChatUser) => username.toLocaleLowerCase().includes(query)
  const shown = people.filter((person) => isFound(person) || isChosen(person))
  const toggle = (person: ChatUser) =>
    onChange(isChosen(person) ? chosen.filter(({ id }) => !isSame(id, person.id)) : [...chosen, person])
  const onSearchKey = (event: KeyboardEvent<HTMLElement>) => {
    const first = people.find((person) => isFound(person) && !isChosen(person))
    // What is searched for is chosen; the next Enter, with nothing searched, goes on.
    if (event.key !== 'Enter' || query === '' || event.nativeEvent.isComposing) return
    event.preventDefault()
    if (!first) return
    toggle(first)
    setSearch('')
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the arrow keys of what is inside
    <div className="qw-picker" onKeyDown={(event) => isUpOrDown(event) && moveFocus(event, 'input')}>
      <label className="qw-field" htmlFor={searchId}>
        <span>Search people</span>
        <input
          id={searchId}
          type="search"
          value={search}
          autoComplete="off"
          // biome-ignore lint/a11y/noAutofocus: the dialog has been opened to search
          autoFocus
          onChange={(event) => setSearch(event.target.value)}
          onKeyDown={onSearchKey}
        />
      </label>
      <p role="status" className="qw-picker-note">
        {noteFor({
          isLoading,
          total: people.length,
          found: people.filter(isFound).length,
          isSearching: query !== '',
        })}
      </p>
      <ul aria-label="People">
        {shown.map((person) => (
          <li key={person.id}>
            <label>
              <input type="checkbox" checked={isChosen(person)} onChange={() => toggle(person)} />
              <Avatar name={person.username} imageUrl={person.avatar_url ?? undefined} size={36} />
              <bdi>{person.username}</bdi>
            </label>
          </li>
        ))}
      </ul>
    </div>
  )
}

const isUpOrDown = ({ key }: KeyboardEvent) => key === 'ArrowDown' || key === 'ArrowUp'

interface Counts {
  readonly isLoading: boolean
  readonly total: number
  readonly found: number
  readonly isSearching: boolean
}

function noteFor({ isLoading, total, found, isSearching }: Counts): string {
  if (isSearching) return found === 0 ? 'Nobody of that name.' : `${found} found`
  if (total > 0) return ''
  return isLoading ? 'Looking for people…' : 'You share a room with nobody yet.'
}
