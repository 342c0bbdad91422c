/** The members who may be meant. The focus stays in the field: one goes on writing. */
import { Avatar } from '../Avatar.tsx'
import './MentionList.css'
import type { Mentions } from './useMentions.ts'

export function MentionList({ id, mentions }: { readonly id: string; readonly mentions: Mentions }) {
  const { found, activeIndex, pick } = mentions
  return (
    <>
      {found.length > 0 && (
        <div className="qw-mentions" id={id} role="listbox" aria-label="Members">
          {found.map((user, index) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: its keys are those of the field
            <div
              key={user.id}
              id={`${id}-${index}`}
              role="option"
              aria-selected={index === activeIndex}
              tabIndex={-1}
              // Not the click: by then the field would have lost the focus.
              onPointerDown={(event) => event.preventDefault()}
              onClick={() => pick(user)}
            >
              <Avatar name={user.username} size={24} />
              <bdi>{user.username}</bdi>
            </div>
          ))}
        </div>
      )}
      <span role="status" className="qw-only-read">
        {found.length > 0 && `${found.length} ${found.length === 1 ? 'member' : 'members'} to choose from`}
      </span>
    </>
  )
}
