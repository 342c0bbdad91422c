/** The messages as one stop of the Tab key: which of them it is, and how the arrow keys go on from there. */
import { type FocusEvent, type KeyboardEvent, useState } from 'react'

const STEPS: Readonly<Record<string, number>> = { ArrowUp: -1, ArrowDown: 1 }

interface ShownRow {
  readonly key: unknown
  readonly index: number
}

/** `onEnter`: what the Enter key does with the message that has the focus. */
export function useTabStop(rows: readonly ShownRow[], onEnter: (article: Element) => void) {
  const [chosen, setChosen] = useState<unknown>()
  const isShown = rows.some(({ key }) => key === chosen)
  const onFocus = ({ target }: FocusEvent) => {
    const index = Number(target.closest<HTMLElement>('[data-index]')?.dataset.index ?? Number.NaN)
    const row = rows.find((shown) => shown.index === index)
    if (row) setChosen(row.key)
  }
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const { key, target, currentTarget } = event
    if (!(target instanceof HTMLElement) || target.tagName !== 'ARTICLE') return
    if (key === 'Enter') {
      // Else it would also press what gets the focus.
      event.preventDefault()
      onEnter(target)
    }
    const step = STEPS[key]
    if (step === undefined) return
    event.preventDefault()
    const index = Number(target.closest<HTMLElement>('[data-index]')?.dataset.index) + step
    currentTarget.querySelector<HTMLElement>(`[data-index="${index}"] article`)?.focus()
  }
  return { key: isShown ? chosen : rows.at(-1)?.key, onFocus, onKeyDown }
}
