/** Whether there is room for one pane only. */
import { useSyncExternalStore } from 'react'

const narrow = matchMedia('(max-width: 719px)')

export const useNarrow = (): boolean =>
  useSyncExternalStore(
    (listener) => {
      narrow.addEventListener('change', listener)
      return () => narrow.removeEventListener('change', listener)
    },
    () => narrow.matches,
  )
