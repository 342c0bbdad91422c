/** Reactions to choose from: a few quick ones, then all there are, found by their names. */
import { type KeyboardEvent, useDeferredValue, useEffect, useMemo, useState } from 'react'
import { moveFocus } from '../moveFocus.ts'
import './EmojiPicker.css'
import { type EmojiGroup, findEmoji, loadEmoji } from './emoji.ts'
import { QUICK_REACTIONS } from './messageCommands.ts'
import { Popup } from './Popup.tsx'

export interface EmojiPickerProps {
  readonly anchor: HTMLElement
  readonly returnTo?: HTMLElement | null
  readonly onClose: () => void
  readonly onPick: (emoji: string) => void
}

export function EmojiPicker({ onPick, ...popup }: EmojiPickerProps) {
  const [query, setQuery] = useState('')
  const { groups, hasFailed } = useEmoji()
  const wanted = useDeferredValue(query)
  const found = useMemo(() => findEmoji(groups, wanted), [groups, wanted])
  const pick = (emoji: string) => {
    popup.onClose()
    onPick(emoji)
  }
  return (
    <Popup {...popup} role="dialog" label="Choose a reaction" onKeyDown={moveInGrid}>
      <div className="qw-emoji-picker">
        <div className="qw-emoji-quick">
          {QUICK_REACTIONS.map((emoji) => (
            <EmojiButton key={emoji} emoji={emoji} onPick={pick} />
          ))}
        </div>
        <input
          type="search"
          aria-label="Search emoji"
          placeholder="Search emoji"
          value={query}
          onChange={(event) => setQuery(event.target.value)}
        />
        <EmojiGroups groups={found} onPick={pick} />
        <p className="qw-emoji-note" role="status">
          {noteFor(groups, found, hasFailed)}
        </p>
      </div>
    </Popup>
  )
}

function useEmoji() {
  const [groups, setGroups] = useState<readonly EmojiGroup[]>([])
  const [hasFailed, setHasFailed] = useState(false)
  useEffect(() => {
    loadEmoji().then(setGroups, () => setHasFailed(true))
  }, [])
  return { groups, hasFailed }
}

function noteFor(all: readonly EmojiGroup[], found: readonly EmojiGroup[], hasFailed: boolean): string {
  if (hasFailed) return 'The other emoji could not be loaded.'
  if (all.length === 0) return 'Loading emoji…'
  return found.length === 0 ? 'Nothing is called that.' : ''
}

interface EmojiGroupsProps {
  readonly groups: readonly EmojiGroup[]
  readonly onPick: (emoji: string) => void
}

function EmojiGroups({ groups, onPick }: EmojiGroupsProps) {
  return (
    <div className="qw-emoji-groups">
      {groups.map(({ name, emoji }) => (
        <section key={name} aria-label={name}>
          <h3>{name}</h3>
          <div className="qw-emoji-grid">
            {emoji.map(({ character, label }) => (
              <EmojiButton key={character} emoji={character} label={label} onPick={onPick} />
            ))}
          </div>
        </section>
      ))}
    </div>
  )
}

interface EmojiButtonProps {
  readonly emoji: string
  readonly label?: string
  readonly onPick: (emoji: string) => void
}

const EmojiButton = ({ emoji, label, onPick }: EmojiButtonProps) => (
  <button type="button" aria-label={label} title={label} tabIndex={-1} onClick={() => onPick(emoji)}>
    {emoji}
  </button>
)

/** Down out of the field and the quick ones, up into them again; within the grid by what stands above and below. */
function moveInGrid(event: KeyboardEvent<HTMLElement>): void {
  const { currentTarget, key } = event
  const from = document.activeElement
  if (from instanceof HTMLInputElement && key !== 'ArrowDown' && key !== 'ArrowUp') return
  if (!from || (key !== 'ArrowDown' && key !== 'ArrowUp')) return moveFocus(event, 'button')
  event.preventDefault()
  const { left, top, bottom } = from.getBoundingClientRect()
  const stops = [...currentTarget.querySelectorAll<HTMLElement>('input, button')].map((stop) => ({
    stop,
    box: stop.getBoundingClientRect(),
  }))
  const isDown = key === 'ArrowDown'
  const beyond = stops.filter(({ box }) => (isDown ? box.top >= bottom - 1 : box.bottom <= top + 1))
  const distance = ({ top: at, left: side }: DOMRect) =>
    Math.abs(at - top) * 1_000 + (from instanceof HTMLInputElement ? side : Math.abs(side - left))
  const [next] = beyond.sort((a, b) => distance(a.box) - distance(b.box))
  next?.stop.focus()
}
