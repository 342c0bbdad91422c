/** The system's theme, until the user asks for the other one; that is remembered. */
import { useEffect, useState } from 'react'

type Theme = 'light' | 'dark'

const KEY = 'querywire-demo.theme'

export function useTheme(): { readonly theme: Theme; readonly toggle: () => void } {
  const [theme, setTheme] = useState<Theme>(() => stored() ?? preferred())
  const [isChosen, setIsChosen] = useState(() => stored() !== undefined)
  useEffect(() => {
    if (isChosen) document.documentElement.dataset.theme = theme
  }, [theme, isChosen])
  const toggle = () => {
    const next = theme === 'dark' ? 'light' : 'dark'
    setTheme(next)
    setIsChosen(true)
    localStorage.setItem(KEY, next)
  }
  return { theme, toggle }
}

function stored(): Theme | undefined {
  const value = localStorage.getItem(KEY)
  return value === 'light' || value === 'dark' ? value : undefined
}

const preferred = (): Theme => (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')
