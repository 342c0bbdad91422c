/** The focus goes along: into the room that is opened, and back to its link in the list. */
import { useEffect, useRef } from 'react'
import type { RoomAddress } from './address.ts'

export function useRoomFocus({ roomId, hrefOf }: RoomAddress, isNarrow: boolean): void {
  const shownId = useRef(roomId)
  useEffect(() => {
    const leftId = shownId.current
    shownId.current = roomId
    if (leftId === roomId) return
    // Where there is room for one pane, a field with the focus would bring up the keyboard of the phone.
    const inRoom = isNarrow ? '[role="log"]' : 'textarea'
    const target = roomId === undefined ? `a[href="${hrefOf(leftId ?? '')}"]` : inRoom
    document.querySelector<HTMLElement>(target)?.focus()
  }, [roomId, hrefOf, isNarrow])
}
