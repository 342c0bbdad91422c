/** Does not wait for the next attempt. Goes with the banner, and gives the focus back to where it was. */
import { type FocusEvent, useLayoutEffect, useRef } from 'react'

export interface TryNowProps {
  readonly label: string
  readonly isTrying: boolean
  readonly onTry: () => void
}

export function TryNow({ label, isTrying, onTry }: TryNowProps) {
  const button = useRef<HTMLButtonElement>(null)
  const cameFrom = useRef<HTMLElement>(undefined)
  useLayoutEffect(() => {
    const element = button.current
    return () => {
      if (element === document.activeElement) cameFrom.current?.focus({ preventScroll: true })
    }
  }, [])
  return (
    <button
      ref={button}
      type="button"
      className="qw-button"
      // Not `disabled`: that would take the focus away from whoever has just pressed it.
      aria-disabled={isTrying}
      onFocus={({ relatedTarget }: FocusEvent) => {
        if (relatedTarget instanceof HTMLElement) cameFrom.current = relatedTarget
      }}
      onClick={() => !isTrying && onTry()}
    >
      {label}
    </button>
  )
}
