/**
 * A finger that rests is a wish for the menu. Android says so with `contextmenu`, as a mouse does with its right button;
 * iOS says nothing, so time is taken here.
 */
import { type MouseEvent, type PointerEvent, type TouchEvent, useEffect, useRef } from 'react'

const PRESS_MS = 450
/** A finger is never quite still. Pixels. */
const SLIP = 10

interface Press {
  readonly x: number
  readonly y: number
  readonly timer: ReturnType<typeof setTimeout>
}

export function useLongPress(onPress: (target: Element) => void) {
  const press = useRef<Press>(undefined)
  const isDone = useRef(false)
  const cancel = () => {
    clearTimeout(press.current?.timer)
    press.current = undefined
  }
  useEffect(() => () => clearTimeout(press.current?.timer), [])
  return {
    onPointerDown({ pointerType, isPrimary, clientX: x, clientY: y, target }: PointerEvent) {
      cancel()
      isDone.current = false
      if (pointerType === 'mouse' || !isPrimary) return
      const timer = setTimeout(() => {
        isDone.current = true
        onPress(target as Element)
      }, PRESS_MS)
      press.current = { x, y, timer }
    },
    onPointerMove({ clientX, clientY }: PointerEvent) {
      const { current } = press
      if (current && Math.hypot(clientX - current.x, clientY - current.y) > SLIP) cancel()
    },
    onPointerUp: cancel,
    onPointerCancel: cancel,
    onTouchEnd(event: TouchEvent) {
      // Else it would be a click as well, on what is under the finger, and take the focus from the menu.
      if (isDone.current && event.cancelable) event.preventDefault()
      isDone.current = false
    },
    onContextMenu(event: MouseEvent) {
      // Where there is text to copy, or an address to follow, one's own menu would be in the way.
      const { target } = event
      const isLink = (target as Element).closest('a') !== null
      if (isLink || event.shiftKey || !(getSelection()?.isCollapsed ?? true)) return
      if (!(target as Element).closest('article')) return
      event.preventDefault()
      cancel()
      isDone.current = true
      onPress(target as Element)
    },
  }
}
