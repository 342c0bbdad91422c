/** Files that are dropped anywhere on the room, not only on the field. */
import { type RefObject, useEffect, useEffectEvent, useState } from 'react'

/** True while files hover over it. `onFiles` is not called with nothing. */
export function useDroppedFiles(
  within: RefObject<HTMLElement | null>,
  onFiles: ((files: readonly File[]) => void) | undefined,
): boolean {
  const [isOver, setIsOver] = useState(false)
  const drop = useEffectEvent((files: readonly File[]) => {
    if (files.length > 0) onFiles?.(files)
  })
  const isTaking = onFiles !== undefined
  useEffect(() => {
    const place = within.current?.closest<HTMLElement>('.qw-chat-room') ?? within.current
    if (!place || !isTaking) return
    const ending = new AbortController()
    const on = <Type extends 'dragover' | 'dragleave' | 'drop'>(
      type: Type,
      listener: (event: HTMLElementEventMap[Type]) => void,
    ) => place.addEventListener(type, listener, { signal: ending.signal })
    on('dragover', (event) => {
      if (!event.dataTransfer?.types.includes('Files')) return
      // Else the browser would leave the page for the file.
      event.preventDefault()
      setIsOver(true)
    })
    on('dragleave', ({ relatedTarget }) => {
      if (!(relatedTarget instanceof Node && place.contains(relatedTarget))) setIsOver(false)
    })
    on('drop', (event) => {
      setIsOver(false)
      const files = [...(event.dataTransfer?.files ?? [])]
      if (files.length === 0) return
      event.preventDefault()
      drop(files)
    })
    return () => ending.abort()
  }, [within, isTaking])
  return isOver && isTaking
}
