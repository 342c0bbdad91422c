/**
 * Keeps a scrolling element where its reader wants it, whatever changes in it or around it: at the end, or else at what is
 * in view. Knows elements, neither messages nor React.
 */

/** Within this distance of the end the reader counts as being there. Pixels. */
const NEAR_END_PX = 80
/** So long after the last movement away from the end its reader still moves: the next frame of a momentum is not due. */
const MOVING_MS = 250

export interface Keeper {
  /** Something has changed; asked for before it is painted. `inFront`: rows were put before those that are there. */
  adjust(inFront?: boolean): void
  toEnd(behavior?: ScrollBehavior): void
  stop(): void
}

/** What was in view, and where in the content. */
interface Seen {
  readonly element: Element
  readonly at: number
}

export function keepPlace(scroller: HTMLElement): Keeper {
  const now = () => Number(scroller.ownerDocument.timeline?.currentTime)
  let isAtEnd = true
  let top = scroller.scrollTop
  /** How far it scrolled at last. */
  let reach = Number.NaN
  let awayAt = Number.NaN
  let seen: readonly Seen[] = []

  /** What was not done here, the reader has done. */
  function notice(): void {
    const moved = scroller.scrollTop - top
    top += moved
    const isNear = isNearEnd(scroller)
    // Where what is there ends, the browser has moved.
    if (moved < -1 && belowEnd(scroller) > 1) {
      awayAt = now()
      isAtEnd = isNear
    } else if (isNear) isAtEnd = true
  }

  function scroll(to: number, behavior: ScrollBehavior = 'instant'): void {
    scroller.scrollTo({ top: to, behavior })
    top = scroller.scrollTop
  }

  function adjust(inFront = false): void {
    const { scrollHeight, clientHeight } = scroller
    // Hidden, nothing is anywhere, and shown again it starts anew.
    if (clientHeight === 0) {
      isAtEnd = true
      top = 0
      reach = Number.NaN
      return
    }
    // A browser that anchors by itself would do it a second time.
    scroller.style.overflowAnchor = 'none'
    notice()
    const isMoving = now() - awayAt < MOVING_MS
    if (isMoving) isAtEnd &&= isNearEnd(scroller)
    if (!isAtEnd || isMoving) stay(inFront)
    // Whoever is on the way there is left alone.
    else if (reach !== scrollHeight - clientHeight) scroll(scrollHeight)
    reach = scrollHeight - clientHeight
    seen = inView(scroller)
  }

  function stay(inFront: boolean): void {
    // Whoever is at the very top sees what comes there, unless it is what they have asked for.
    if (top < 1 && !inFront) return
    const shift = shiftOf(scroller, seen, inFront)
    if (shift !== 0) scroll(top + shift)
  }

  function toEnd(behavior?: ScrollBehavior): void {
    isAtEnd = true
    awayAt = Number.NaN
    scroll(scroller.scrollHeight, behavior)
  }

  return { adjust, toEnd, stop: watch(scroller, () => adjust()) }
}

/** How far what was in view has moved in the content. */
function shiftOf(scroller: Element, seen: readonly Seen[], inFront: boolean): number {
  const left = seen.filter(({ element }) => element.isConnected)
  // The first may be what says that more is being loaded.
  const anchor = left.at(inFront ? -1 : 0)
  return anchor ? placeOf(scroller, anchor.element) - anchor.at : 0
}

/** Calls back when somebody scrolls, or what is there changes; what it stops leaves the element as it was. */
function watch(scroller: HTMLElement, changed: () => void): () => void {
  const { overflowAnchor } = scroller.style
  const stopWatching = watchContent(scroller, changed)
  scroller.addEventListener('scroll', changed, { passive: true })
  return () => {
    scroller.style.overflowAnchor = overflowAnchor
    scroller.removeEventListener('scroll', changed)
    stopWatching()
  }
}

/** Calls back, before it is painted, when the element or what is in it gets another size or other children. */
function watchContent(scroller: HTMLElement, changed: () => void): () => void {
  const { ResizeObserver, MutationObserver } = scroller.ownerDocument.defaultView ?? {}
  if (!ResizeObserver || !MutationObserver) return () => undefined
  const sizes = new ResizeObserver(changed)
  const observe = () => {
    for (const element of [scroller, ...scroller.children]) sizes.observe(element)
  }
  const children = new MutationObserver((records) => {
    if (records.some(({ target }) => target === scroller)) {
      sizes.disconnect()
      observe()
    }
    changed()
  })
  observe()
  children.observe(scroller, { childList: true, subtree: true })
  return () => {
    sizes.disconnect()
    children.disconnect()
  }
}

/** Of what is cut off by an edge, the parts; of what has none only where there is nothing whole. */
function inView(scroller: Element): readonly Seen[] {
  const view = scroller.getBoundingClientRect()
  const seen: (Seen & { readonly isWhole: boolean })[] = []
  // From the end, which is where most readers are.
  const look = ({ children }: Element) => {
    for (const element of [...children].reverse()) {
      const { top, bottom, height } = element.getBoundingClientRect()
      if (height === 0 || top >= view.bottom) continue
      if (bottom <= view.top) return
      const isWhole = top >= view.top && bottom <= view.bottom
      if (!isWhole && element.childElementCount > 0) look(element)
      else seen.unshift({ element, at: placeOf(scroller, element), isWhole })
    }
  }
  look(scroller)
  const whole = seen.filter(({ isWhole }) => isWhole)
  return whole.length > 0 ? whole : seen
}

/** From the beginning of the content, in the pixels of `scrollTop`; a page may be shown larger or smaller. */
function placeOf(scroller: Element, element: Element): number {
  const box = scroller.getBoundingClientRect()
  const scale = box.height / (scroller as HTMLElement).offsetHeight || 1
  return (element.getBoundingClientRect().top - box.top) / scale + scroller.scrollTop
}

const belowEnd = ({ scrollHeight, scrollTop, clientHeight }: Element) =>
  scrollHeight - scrollTop - clientHeight

export const isNearEnd = (scroller: Element): boolean => belowEnd(scroller) <= NEAR_END_PX
