/** Arrow keys among things of which one is a stop of the Tab key: toolbars, menus, lists. Knows no React. */
interface Keyboard {
  readonly key: string
  readonly currentTarget: HTMLElement
  preventDefault(): void
}

const STEPS: Readonly<Record<string, (index: number, count: number) => number>> = {
  ArrowDown: (index, count) => Math.min(index + 1, count - 1),
  ArrowUp: (index) => Math.max(index - 1, 0),
  Home: () => 0,
  End: (_index, count) => count - 1,
}

const FORWARDS = { ltr: 'ArrowRight', rtl: 'ArrowLeft' } as const
const BACKWARDS = { ltr: 'ArrowLeft', rtl: 'ArrowRight' } as const

/** Sideways keys go on and back as well, in the direction of the text. Elements are found in the order of the page. */
export function moveFocus(event: Keyboard, selector: string): void {
  const { currentTarget } = event
  const isRtl = currentTarget.matches(':dir(rtl)')
  const step = STEPS[asVertical(event.key, isRtl ? 'rtl' : 'ltr')]
  if (!step) return
  event.preventDefault()
  const stops = [...currentTarget.querySelectorAll<HTMLElement>(selector)]
  const index = stops.indexOf(document.activeElement as HTMLElement)
  stops[step(index, stops.length)]?.focus()
}

function asVertical(key: string, direction: 'ltr' | 'rtl'): string {
  if (key === FORWARDS[direction]) return 'ArrowDown'
  return key === BACKWARDS[direction] ? 'ArrowUp' : key
}
