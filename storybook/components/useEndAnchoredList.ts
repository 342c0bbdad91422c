/**
 * Scrolling as a chat wants it, on top of TanStack Virtual's end anchoring: open at the newest, stay there while new
 * rows arrive, keep the place while older ones are put above, load more near either edge. Knows rows, not messages.
 */
import { useVirtualizer } from '@tanstack/react-virtual'
import {
  type RefObject,
  useCallback,
  useEffect,
  useEffectEvent,
  useLayoutEffect,
  useRef,
  useState,
} from 'react'

export interface EndAnchoredListOptions {
  readonly count: number
  /** A key that stays keeps the row's measured height and its element. Another function where any key is another one. */
  readonly keyAt: (index: number) => string | undefined
  readonly hasOlder: boolean
  readonly hasNewer: boolean
  readonly isLoadingOlder: boolean
  readonly isLoadingNewer: boolean
  readonly loadOlder: () => void
  readonly loadNewer: () => void
  /** Opens with this row in the middle, where there is one, instead of at the end. */
  readonly openAt: () => number
}

/** Closer to the end than this counts as being there: a line of text, or a thumb that slipped. Pixels. */
const END_THRESHOLD = 80
/** How far from an edge the next page is asked for, so that it is there before the edge is. Pixels. */
const LOAD_DISTANCE = 600
const TOP_SPACE = 56
const BOTTOM_SPACE = 12
const ESTIMATED_ROW = 48

export function useEndAnchoredList(options: EndAnchoredListOptions) {
  const { count, keyAt, hasNewer } = options
  const scrollRef = useRef<HTMLDivElement>(null)
  // eslint-disable-next-line react-hooks/incompatible-library -- what changes in it is read below, in every rendering
  const list = useVirtualizer<HTMLDivElement, HTMLDivElement>({
    count,
    getScrollElement: () => scrollRef.current,
    getItemKey: useCallback((index: number) => keyAt(index) ?? index, [keyAt]),
    estimateSize: () => ESTIMATED_ROW,
    overscan: 8,
    paddingStart: TOP_SPACE,
    paddingEnd: BOTTOM_SPACE,
    anchorTo: 'end',
    // At the end of a window in the middle of the history, the next page is not news to follow.
    followOnAppend: !hasNewer,
    scrollEndThreshold: END_THRESHOLD,
  })
  const isLeapRef = useRef(false)
  useLayoutEffect(() => compensateResizes(list, isLeapRef), [list])
  useLayoutEffect(() => measureLeap(list, isLeapRef))
  const isReadyRef = useOpening(list, options)
  const isAtEnd = useEdges({ scrollRef, isReadyRef, list }, options)
  return {
    scrollRef,
    isAtEnd: isAtEnd && !hasNewer,
    /** What is in view, and a little around it. */
    rows: list.getVirtualItems(),
    height: list.getTotalSize(),
    measureRow: list.measureElement,
    isScrolling: list.isScrolling,
    firstInView: list.range?.startIndex ?? 0,
    showRow: useCallback((index: number) => list.scrollToIndex(index, { align: 'center' }), [list]),
    scrollToEnd: useCallback(() => scrollToEnd(list), [list]),
    jumpToEnd: useCallback(() => list.scrollToEnd(), [list]),
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
function compensateResizes(list: List, isLeapRef: RefObject<boolean>): void {
  list.shouldAdjustScrollPositionOnItemSizeChange = ({ start, end, key }) => {
    if (isLeapRef.current) return false
    const edge = (list.scrollOffset ?? 0) + TOP_SPACE
    return list.itemSizeCache.has(key) ? end <= edge : start < edge
  }
}

/**
 * An end-anchored virtualizer lays out the whole list for every row it measures, to see whether it is still at the end.
 * For the few rows that come into view by scrolling this is nothing. After a leap (a dragged thumb, Home) they are all
 * new at once, and with many thousand messages it would take longer than a frame; so they are measured together here,
 * and the virtualizer finds that it knows them. Nothing that was in view still is, so there is no place to keep.
 */
function measureLeap(list: List, isLeapRef: RefObject<boolean>): void {
  const { itemSizeCache, elementsCache, isScrolling } = list
  const rows = list.getVirtualItems()
  if (!isScrolling || rows.some(({ key }) => itemSizeCache.has(key)) || list.isAtEnd()) return
  const heights = rows.map(({ key }) => elementsCache.get(key)?.offsetHeight ?? ESTIMATED_ROW)
  rows.forEach(({ key }, at) => {
    if (at > 0) itemSizeCache.set(key, heights[at] ?? ESTIMATED_ROW)
  })
  // The first one tells the virtualizer from where on its layout is out of date.
  const [first] = rows
  isLeapRef.current = true
  if (first) list.resizeItem(first.index, heights[0] ?? ESTIMATED_ROW)
  isLeapRef.current = false
}

/** Scrolls to where the list opens, once there are rows. Before that, no edge is near and nothing is loaded. */
function useOpening(list: List, { count, openAt }: EndAnchoredListOptions): RefObject<boolean> {
  const isReadyRef = useRef(false)
  useLayoutEffect(() => {
    if (isReadyRef.current || count === 0) return
    const index = openAt()
    if (index >= 0) list.scrollToIndex(index, { align: 'center' })
    else list.scrollToEnd()
    isReadyRef.current = true
  }, [list, count, openAt])
  return isReadyRef
}

interface Scrolling {
  readonly scrollRef: RefObject<HTMLDivElement | null>
  readonly isReadyRef: RefObject<boolean>
  readonly list: List
}

/** Whether the end is in view. Asks for more near either edge. */
function useEdges({ scrollRef, isReadyRef, list }: Scrolling, options: EndAnchoredListOptions): boolean {
  const [isAtEnd, setIsAtEnd] = useState(true)
  const last = useRef({ isAtEnd: false, scrollTop: 0 })
  const look = useEffectEvent(() => {
    const element = scrollRef.current
    if (!element || !isReadyRef.current) return
    const { scrollTop, scrollHeight, clientHeight } = element
    const belowEnd = scrollHeight - scrollTop - clientHeight
    // Who was there, and has not gone up since, is being taken there: what has come is on its way into view.
    const isFollowing = last.current.isAtEnd && scrollTop >= last.current.scrollTop
    last.current = { isAtEnd: belowEnd <= END_THRESHOLD || isFollowing, scrollTop }
    setIsAtEnd(last.current.isAtEnd)
    if (scrollTop < LOAD_DISTANCE && options.hasOlder && !options.isLoadingOlder) options.loadOlder()
    if (belowEnd < LOAD_DISTANCE && options.hasNewer && !options.isLoadingNewer) options.loadNewer()
  })
  // The list also gets smaller: by a growing composer, a keyboard, a turned phone. The end must stay the end.
  const keepEnd = useEffectEvent(() => {
    if (isAtEnd) list.scrollToEnd()
  })
  useEffect(() => {
    const element = scrollRef.current
    if (!element) return
    const onScroll = () => look()
    const observer = new ResizeObserver(() => keepEnd())
    element.addEventListener('scroll', onScroll, { passive: true })
    observer.observe(element)
    return () => {
      element.removeEventListener('scroll', onScroll)
      observer.disconnect()
    }
  }, [scrollRef])
  // A page may be too short to scroll. Not repeated after a failure: then nothing about the rows has changed.
  const { count } = options
  const firstKey = options.keyAt(0)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the rows are the reason to look again
  useEffect(() => look(), [firstKey, count])
  return isAtEnd
}

/** Smooth over a short way only: over a long one it would render, and load, everything in between. */
function scrollToEnd(list: List): void {
  const isFar = list.getDistanceFromEnd() > 3 * (list.scrollRect?.height ?? 0)
  const isCalm = matchMedia('(prefers-reduced-motion: reduce)').matches
  list.scrollToEnd({ behavior: isFar || isCalm ? 'auto' : 'smooth' })
}
