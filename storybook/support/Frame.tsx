/** The part of a page that a component would have, in a story. */
import type { ReactNode } from 'react'
import '../components/theme.css'
import './frame.css'

export interface FrameProps {
  readonly children: ReactNode
  /** Pixels, or what the window has; without it as high as what is inside. */
  readonly height?: number
  readonly width?: number
  /** What the component stands on. @default 'sunken' */
  readonly shows?: 'surface' | 'sunken'
  /** @default the system's */
  readonly theme?: 'light' | 'dark' | undefined
}

export function Frame({ children, height, width, shows = 'sunken', theme }: FrameProps) {
  return (
    <div
      className="qw story-frame"
      data-shows={shows}
      data-theme={theme}
      style={{ blockSize: height && `clamp(320px, 100dvh - 2rem, ${height}px)`, maxInlineSize: width }}
    >
      {children}
    </div>
  )
}
