/** A MessageList on a real page: driven from a test, followed in pixels, frame by frame. */
import { flushSync } from 'react-dom'
import { createRoot } from 'react-dom/client'
import type { ChatMessage } from '../../src/chat/index.ts'
import { MessageList, type MessageListProps } from '../../storybook/components/MessageList.tsx'
import '../../storybook/components/theme.css'

export interface ListPage {
  readonly show: (props: Partial<MessageListProps>) => void
  /** The element that scrolls. */
  readonly log: () => HTMLElement
  /** Pixels between what is in view and the end. */
  readonly belowEnd: () => number
  readonly resize: (height: number) => void
  readonly close: () => void
}

const HEIGHT = 480

/** Resolves when the list has opened and rests. */
export async function openList(props: MessageListProps): Promise<ListPage> {
  const container = document.createElement('div')
  container.className = 'qw'
  Object.assign(container.style, { display: 'flex', blockSize: `${HEIGHT}px`, inlineSize: '420px' })
  document.body.append(container)
  const root = createRoot(container)
  let shown = props
  const show = (change: Partial<MessageListProps>) => {
    shown = { ...shown, ...change }
    root.render(<MessageList {...shown} />)
  }
  const log = () => {
    const element = container.querySelector<HTMLElement>('[role="log"]')
    if (!element) throw new Error('The list is not on the page')
    return element
  }
  flushSync(() => show({}))
  await rest(log())
  return {
    show,
    log,
    belowEnd: () => log().scrollHeight - log().scrollTop - log().clientHeight,
    resize: (height) => {
      container.style.blockSize = `${height}px`
    },
    close: () => {
      root.unmount()
      container.remove()
    },
  }
}

const frame = () => new Promise((resolve) => requestAnimationFrame(resolve))

export async function frames(count: number): Promise<void> {
  for (let passed = 0; passed < count; passed++) await frame()
}

/** Until ten frames in a row show the same. */
export async function rest(log: HTMLElement): Promise<void> {
  let before = ''
  for (let calm = 0, all = 0; calm < 10 && all < 300; all++) {
    await frame()
    const now = `${log.scrollTop} ${log.scrollHeight}`
    calm = now === before ? calm + 1 : 0
    before = now
  }
}

export async function scrollTo(log: HTMLElement, top: number): Promise<void> {
  log.scrollTop = top
  await rest(log)
}

const rowsOf = (log: HTMLElement) => [...log.querySelectorAll<HTMLElement>('article')]

/** The first message whose top is in view. */
export function firstInView(log: HTMLElement): string {
  const { top } = log.getBoundingClientRect()
  const row = rowsOf(log).find((candidate) => candidate.getBoundingClientRect().top >= top)
  if (row?.dataset.messageId === undefined) throw new Error('No message is in view')
  return row.dataset.messageId
}

/** A message that has an element, but above what is in view. */
export function aboveView(log: HTMLElement): HTMLElement {
  const { top } = log.getBoundingClientRect()
  const row = rowsOf(log).findLast((candidate) => candidate.getBoundingClientRect().bottom < top - 80)
  if (!row) throw new Error('No message above the view has an element')
  return row
}

/** How far a message was from its place, at most, in any frame from now until 30 frames after the change. */
export async function movementOf(log: HTMLElement, id: string, change: () => void): Promise<number> {
  const placeOf = () =>
    log.querySelector(`article[data-message-id="${id}"]`)?.getBoundingClientRect().top ??
    Number.POSITIVE_INFINITY
  const place = placeOf()
  change()
  let moved = 0
  for (let passed = 0; passed < 30; passed++) {
    await frame()
    moved = Math.max(moved, Math.abs(placeOf() - place))
  }
  return moved
}

/** What loads late: a picture, for example. */
export function growBy(article: HTMLElement, height: number): void {
  const picture = document.createElement('div')
  picture.style.blockSize = `${height}px`
  article.append(picture)
}

const PEOPLE = ['alice', 'bob', 'carol']
const WORDS = 'the ferry leaves at nine from the old pier and nobody knows why it is late again'.split(' ')
const START_MS = Date.UTC(2026, 4, 3, 8)
const HALF_HOUR_MS = 1_800_000

/** From one number up to another, in rows of very different heights, over days. The same number is the same row. */
export const messages = (from: number, to: number): ChatMessage[] =>
  Array.from({ length: to - from }, (_, index) => messageNumber(from + index))

function messageNumber(number: number): ChatMessage {
  const name = PEOPLE[Math.abs(Math.floor(number / 2)) % PEOPLE.length] ?? 'bob'
  const words = Array.from({ length: 1 + ((Math.abs(number) * 7) % 40) }, (_, at) => WORDS[at % WORDS.length])
  return {
    id: `m${number}`,
    room_id: 'pier',
    sender: { id: name, username: name },
    content: `${number}: ${words.join(' ')}`,
    timestamp: new Date(START_MS + number * HALF_HOUR_MS).toISOString(),
  }
}
