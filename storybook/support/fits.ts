/** What has no room must not stick out: at 320 pixels, nor with letters twice as large. */

interface Misfit {
  readonly at: string
  readonly element: string
  readonly sticksOutBy: number
}

/** What cuts off, or stands above everything else. */
const PARTS =
  '.story-frame, .qw-list-scroll, .qw-rooms, .qw-composer, .qw-chat-room, dialog[open], [popover]:popover-open'

const SIZES = [
  { at: '320 pixels', width: 320, fontSize: '' },
  { at: '200 % text', width: 640, fontSize: '200%' },
] as const

/** Measures in the frame that the tests run in, by making it smaller; where there is none, nothing. */
export async function misfits(): Promise<readonly Misfit[]> {
  const frame = window.frameElement as HTMLElement | null
  if (!frame) return []
  const { documentElement } = document
  const found: Misfit[] = []
  for (const { at, width, fontSize } of SIZES) {
    frame.style.setProperty('width', `${width}px`, 'important')
    documentElement.style.fontSize = fontSize
    await nextFrames()
    for (const element of document.querySelectorAll(PARTS)) {
      const sticksOutBy = Math.max(element.scrollWidth - element.clientWidth, beyondWindow(element))
      if (sticksOutBy > 1) found.push({ at, element: nameOf(element), sticksOutBy })
    }
  }
  frame.style.removeProperty('width')
  documentElement.style.fontSize = ''
  await nextFrames()
  return found
}

/** Only of what has no page around it that could scroll. */
function beyondWindow(element: Element): number {
  if (!element.matches('dialog, [popover]')) return 0
  const { left, right } = element.getBoundingClientRect()
  return Math.max(-left, right - innerWidth)
}

const nameOf = ({ tagName, className }: Element) => `${tagName.toLowerCase()}.${String(className)}`

/** Until what watches sizes has seen the new ones. */
async function nextFrames(): Promise<void> {
  for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame)
}
