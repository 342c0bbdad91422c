/** Who has read up to a message: a few small faces, all of the names in words. */
import { Avatar } from './Avatar.tsx'
import './ReadReceipts.css'

export interface ReadReceiptsProps {
  readonly readers: readonly { readonly id: string | number; readonly username: string }[]
}

const MOST_FACES = 3

export function ReadReceipts({ readers }: ReadReceiptsProps) {
  if (readers.length === 0) return null
  const names = readers.map(({ username }) => username)
  return (
    <div className="qw-readers" title={`Read by ${listOf(names)}`}>
      <span>{names.length > MOST_FACES ? `Read by ${names.length}` : `Read by ${listOf(names)}`}</span>
      <span className="qw-readers-stack" aria-hidden="true">
        {readers.slice(0, MOST_FACES).map(({ id, username }) => (
          <Avatar key={id} name={username} size={16} />
        ))}
      </span>
    </div>
  )
}

const listOf = (names: readonly string[]) => new Intl.ListFormat('en', { type: 'conjunction' }).format(names)
