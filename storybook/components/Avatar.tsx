/** A picture, or a coloured circle with initials. Decoration: the name is always written next to it. */
import { type ReactNode, useState } from 'react'
import './Avatar.css'
import { initialsOf, personColor } from './personColor.ts'

export interface AvatarProps {
  readonly name: string
  /** A picture; while there is none, or it cannot be loaded, there are initials. */
  readonly imageUrl?: string | undefined
  /** Pixels. @default 32 */
  readonly size?: number
  /** A PresenceDot, in the corner. */
  readonly children?: ReactNode
}

export function Avatar({ name, imageUrl, size = 32, children }: AvatarProps) {
  const [failedUrl, setFailedUrl] = useState<string>()
  return (
    <span className="qw-avatar" data-person={personColor(name)} style={{ '--qw-avatar-size': `${size}px` }}>
      {imageUrl !== undefined && imageUrl !== failedUrl ? (
        <img src={imageUrl} alt="" referrerPolicy="no-referrer" onError={() => setFailedUrl(imageUrl)} />
      ) : (
        <span aria-hidden="true">{initialsOf(name)}</span>
      )}
      {children}
    </span>
  )
}
