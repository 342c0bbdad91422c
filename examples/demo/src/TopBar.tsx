/** Who one is, and in which light. */
import { NewConversation } from '../../../storybook/components/newRoom/NewConversation.tsx'
import { USERS, userInAddress } from './address.ts'
import { useTheme } from './useTheme.ts'

export function TopBar({ onCreated }: { readonly onCreated: (roomId: string) => void }) {
  const { theme, toggle } = useTheme()
  return (
    <header className="demo-bar">
      <h1>querywire</h1>
      <NewConversation onCreated={(roomId) => onCreated(String(roomId))} />
      <label className="demo-user">
        <span className="qw-only-read">You are</span>
        <select value={userInAddress()} onChange={(event) => becomeUser(event.target.value)}>
          {[...new Set([...USERS, userInAddress()])].map((user) => (
            <option key={user}>{user}</option>
          ))}
        </select>
      </label>
      <button
        type="button"
        className="qw-icon-button"
        aria-label={theme === 'dark' ? 'Use the light theme' : 'Use the dark theme'}
        onClick={toggle}
      >
        <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
          <path
            d="M16.5 11.8A7 7 0 0 1 8.2 3.5a7 7 0 1 0 8.3 8.3Z"
            fill="none"
            stroke="currentColor"
            strokeWidth="1.6"
            strokeLinejoin="round"
          />
        </svg>
      </button>
    </header>
  )
}

/** A page of its own: another user is another session, with another token and another cache. */
function becomeUser(user: string): void {
  const search = new URLSearchParams(location.search)
  search.set('user', user)
  location.search = `?${search}`
}
