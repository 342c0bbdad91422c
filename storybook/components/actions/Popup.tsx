/**
 * Something over the page that belongs to an element of it: beside that where there is room, a sheet at the lower edge of
 * a phone. Goes with Escape, with a click elsewhere, and when one scrolls.
 *
 * A manual popover: an automatic one that is opened by the press of a finger, or of the right button, is closed again when
 * that is lifted.
 */
import { type KeyboardEvent, type ReactNode, useEffectEvent, useLayoutEffect, useRef } from 'react'
import './Popup.css'

export interface PopupProps {
  readonly anchor: HTMLElement
  /** Gets the focus when it closes. @default `anchor` */
  readonly returnTo?: HTMLElement | null
  readonly role: 'menu' | 'dialog'
  readonly label: string
  readonly onClose: () => void
  readonly onKeyDown?: (event: KeyboardEvent<HTMLDivElement>) => void
  readonly children: ReactNode
}

export function Popup({ anchor, returnTo = anchor, role, label, onClose, onKeyDown, children }: PopupProps) {
  const ref = useRef<HTMLDivElement>(null)
  const restore = useEffectEvent((element: HTMLElement) => {
    if (element.contains(document.activeElement)) returnTo?.focus({ preventScroll: true })
  })
  const close = useEffectEvent(onClose)
  useLayoutEffect(() => {
    const element = ref.current
    if (!element) return
    element.showPopover({ source: anchor })
    element.querySelector<HTMLElement>('button')?.focus({ preventScroll: true })
    const stop = listen(({ target }) => !element.contains(target as Node) && close())
    return () => {
      // First: giving the focus back is no leaving.
      stop()
      restore(element)
      element.hidePopover()
    }
  }, [anchor])
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: its role is one of two, both of them interactive
    // biome-ignore lint/a11y/useAriaPropsSupportedByRole: and both have a label
    <div
      ref={ref}
      popover="manual"
      className="qw-popup"
      role={role}
      aria-label={label}
      tabIndex={-1}
      onKeyDown={(event) => {
        if (event.key === 'Escape' || (event.key === 'Tab' && role === 'menu')) {
          // Only this closes, and not the room around it.
          event.stopPropagation()
          event.preventDefault()
          onClose()
        } else onKeyDown?.(event)
      }}
      onContextMenu={(event) => event.preventDefault()}
    >
      {children}
    </div>
  )
}

/** To what somebody does elsewhere. Not to scrolling: a list that follows what is new does so by itself. */
function listen(listener: (event: Event) => void): () => void {
  const types = ['pointerdown', 'focusin', 'wheel', 'touchmove']
  for (const type of types) document.addEventListener(type, listener, { capture: true, passive: true })
  return () => {
    for (const type of types) document.removeEventListener(type, listener, { capture: true })
  }
}
