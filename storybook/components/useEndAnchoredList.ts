/**
 * Scrolling as a chat wants it, on top of TanStack Virtual's end anchoring: open at the newest, stay there while new
 * rows arrive, keep the place while older ones are put above, load more near either edge. Knows rows, not messages.
 */
import { useVirtualizer } from '@tanstack/react-virtual'
import { useCallback, useEffect, useEffectEvent, useLayoutEffect, useRef, useState } from 'react'

export interface EndAnchoredListOptions {
  /** The key of each row, in order. A key that stays keeps the row's measured height and its element. */
  readonly keys: readonly string[]
  readonly hasOlder: boolean
  readonly hasNewer: boolean
  readonly isLoadingOlder: boolean
  readonly isLoadingNewer: boolean
  readonly loadOlder: () => void
  readonly loadNewer: () => void
  /** Opens with this row in the middle instead of at the end. */
  readonly openAt?: string | undefined
}

/** Closer to the end than this counts as being there: a line of text, or a thumb that slipped. Pixels. */
const END_THRESHOLD = 80
/** How far from an edge the next page is asked for, so that it is there before the edge is. Pixels. */
const LOAD_DISTANCE = 600
const TOP_SPACE = 56
const BOTTOM_SPACE = 12
const ESTIMATED_ROW = 48

export function useEndAnchoredList(options: EndAnchoredListOptions) {
  const { keys, hasNewer } = options
  const scrollRef = useRef<HTMLDivElement>(null)
  const [isAtEnd, setIsAtEnd] = useState(true)
  const virtualizer = useVirtualizer<HTMLDivElement, HTMLDivElement>({
    count: keys.length,
    getScrollElement: () => scrollRef.current,
    getItemKey: useCallback((index: number) => keys[index] ?? index, [keys]),
    estimateSize: () => ESTIMATED_ROW,
    overscan: 8,
    paddingStart: TOP_SPACE,
    paddingEnd: BOTTOM_SPACE,
    anchorTo: 'end',
    // At the end of a window in the middle of the history, the next page is not news to follow.
    followOnAppend: !hasNewer,
    scrollEndThreshold: END_THRESHOLD,
  })
  const isLeap = useRef(false)
  useCompensation(virtualizer, isLeap)
  useMeasuredLeaps(virtualizer, isLeap)
  const isReady = useOpening(virtualizer, options)
  const onScroll = useEffectEvent(() => {
    const element = scrollRef.current
    if (!element || !isReady.current) return
    const { scrollTop, scrollHeight, clientHeight } = element
    const belowEnd = scrollHeight - scrollTop - clientHeight
    setIsAtEnd(belowEnd <= END_THRESHOLD)
    if (scrollTop < LOAD_DISTANCE && options.hasOlder && !options.isLoadingOlder) options.loadOlder()
    if (belowEnd < LOAD_DISTANCE && hasNewer && !options.isLoadingNewer) options.loadNewer()
  })
  useListening(scrollRef, onScroll, () => {
    if (isAtEnd) virtualizer.scrollToEnd()
  })
  // A page may be too short to scroll. Not repeated after a failure: then nothing about the rows has changed.
  const firstKey = keys[0]
  // biome-ignore lint/correctness/useExhaustiveDependencies: the rows are the reason to look again
  useEffect(() => onScroll(), [firstKey, keys.length])
  return {
    scrollRef,
    virtualizer,
    isAtEnd: isAtEnd && !hasNewer,
    scrollToEnd: () => scrollToEnd(virtualizer),
  }
}

type List = ReturnType<typeof useVirtualizer<HTMLDivElement, HTMLDivElement>>

/**
 * By default a row above the view that changes its height while one scrolls up is not compensated, to spare a cascade
 * of jumps in lists of unknown heights. Here such a change is rare (an edit, a picture), and a jump is worse.
 *
 * "Above" begins a little below the edge: who has scrolled to the very top sees the space above the first row, and the
 * rows of the next page that come to stand in that space must not push the first row down when they get their height.
 */
function useCompensation(virtualizer: List, isLeap: React.RefObject<boolean>): void {
  useLayoutEffect(() => {
    virtualizer.shouldAdjustScrollPositionOnItemSizeChange = ({ start, end, key }, _delta, list) => {
      if (isLeap.current) return false
      const edge = (list.scrollOffset ?? 0) + TOP_SPACE
      return list.itemSizeCache.has(key) ? end <= edge : start < edge
    }
  }, [virtualizer, isLeap])
}

/**
 * An end-anchored virtualizer lays out the whole list for every row it measures, to see whether it is still at the end.
 * For the few rows that come into view by scrolling this is nothing. After a leap (a dragged thumb, Home) they are all
 * new at once, and with many thousand messages it would take longer than a frame; so they are measured together here,
 * and the virtualizer finds that it knows them. Nothing that was in view still is, so there is no place to keep.
 */
function useMeasuredLeaps(virtualizer: List, isLeap: React.RefObject<boolean>): void {
  useLayoutEffect(() => {
    const { itemSizeCache, elementsCache, isScrolling } = virtualizer
    const rows = virtualizer.getVirtualItems()
    if (!isScrolling || rows.some(({ key }) => itemSizeCache.has(key)) || virtualizer.isAtEnd()) return
    const heights = rows.map(({ key }) => elementsCache.get(key)?.offsetHeight ?? ESTIMATED_ROW)
    rows.forEach(({ key }, at) => {
      if (at > 0) itemSizeCache.set(key, heights[at] ?? ESTIMATED_ROW)
    })
    // The first one tells the virtualizer from where on its layout is out of date.
    const [first] = rows
    isLeap.current = true
    if (first) virtualizer.resizeItem(first.index, heights[0] ?? ESTIMATED_ROW)
    isLeap.current = false
  })
}

/** Scrolls to where the list opens, once there are rows. Before that, no edge is near and nothing is loaded. */
function useOpening(virtualizer: List, { keys, openAt }: EndAnchoredListOptions) {
  const isReady = useRef(false)
  useLayoutEffect(() => {
    if (isReady.current || keys.length === 0) return
    const index = openAt === undefined ? -1 : keys.indexOf(openAt)
    if (index >= 0) virtualizer.scrollToIndex(index, { align: 'center' })
    else virtualizer.scrollToEnd()
    isReady.current = true
  }, [virtualizer, keys, openAt])
  return isReady
}

/** The list also gets smaller: by a growing composer, a keyboard, a turned phone. The end must stay the end. */
function useListening(
  scrollRef: React.RefObject<HTMLDivElement | null>,
  onScroll: () => void,
  onResize: () => void,
): void {
  const resized = useEffectEvent(onResize)
  const scrolled = useEffectEvent(onScroll)
  useEffect(() => {
    const element = scrollRef.current
    if (!element) return
    const listener = () => scrolled()
    const observer = new ResizeObserver(() => resized())
    element.addEventListener('scroll', listener, { passive: true })
    observer.observe(element)
    return () => {
      element.removeEventListener('scroll', listener)
      observer.disconnect()
    }
  }, [scrollRef])
}

/** Smooth over a short way only: over a long one it would render, and load, everything in between. */
function scrollToEnd(virtualizer: List): void {
  const isFar = virtualizer.getDistanceFromEnd() > 3 * (virtualizer.scrollRect?.height ?? 0)
  const isCalm = matchMedia('(prefers-reduced-motion: reduce)').matches
  virtualizer.scrollToEnd({ behavior: isFar || isCalm ? 'auto' : 'smooth' })
}
