/** The day it is, for what is said of others by it; another one at midnight, or when a page that slept is looked at again. */
import { useSyncExternalStore } from 'react'
import { midnightOf } from './times.ts'

export function useToday(): Date {
  return new Date(useSyncExternalStore(subscribe, today, today))
}

const today = () => midnightOf(new Date())

function subscribe(listener: () => void): () => void {
  let timer: ReturnType<typeof setTimeout>
  const look = () => {
    clearTimeout(timer)
    listener()
    const now = new Date()
    timer = setTimeout(look, midnightOf(now, 1) - now.getTime())
  }
  look()
  document.addEventListener('visibilitychange', look)
  return () => {
    clearTimeout(timer)
    document.removeEventListener('visibilitychange', look)
  }
}
