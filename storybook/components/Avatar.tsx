/** A coloured circle with initials. Decoration: the name is always written next to it. */
import type { ReactNode } from 'react'
import './Avatar.css'
import { initialsOf, personColor } from './personColor.ts'

export interface AvatarProps {
  readonly name: string
  /** Pixels. @default 32 */
  readonly size?: number
  /** A PresenceDot, in the corner. */
  readonly children?: ReactNode
}

export function Avatar({ name, size = 32, children }: AvatarProps) {
  return (
    <span className="qw-avatar" data-person={personColor(name)} style={{ '--qw-avatar-size': `${size}px` }}>
      <span aria-hidden="true">{initialsOf(name)}</span>
      {children}
    </span>
  )
}
