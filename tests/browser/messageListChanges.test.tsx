/** The list while its window, its size and what is in its rows change: in pixels, frame by frame. */
import { afterEach, expect, it } from 'vitest'
import { page as browserPage } from 'vitest/browser'
import type { MessageListProps } from '../../storybook/components/MessageList.tsx'
import {
  aboveView,
  firstInView,
  growBy,
  type ListPage,
  messages,
  movementOf,
  openList,
  rest,
  scrollTo,
} from './listPage.tsx'

let page: ListPage | undefined

afterEach(() => {
  page?.close()
  page = undefined
})

const open = async (props: Partial<MessageListProps> = {}) => {
  page = await openList({ messages: messages(0, 100), currentUserId: 'alice', ...props })
  return page
}

it('opens at a message in the middle, and says that there are newer ones', async () => {
  const { log } = await open({ around: 'm40', hasNewer: true, hasOlder: true })
  const list = log().getBoundingClientRect()
  const row = log().querySelector('article[data-message-id="m40"]')?.getBoundingClientRect()
  expect(row?.top).toBeGreaterThan(list.top)
  expect(row?.bottom).toBeLessThan(list.bottom)
})

it('keeps the place while older ones and newer ones come at once', async () => {
  const { log, show } = await open({ hasOlder: true })
  await scrollTo(log(), 1_500)
  const moved = await movementOf(log(), firstInView(log()), () => show({ messages: messages(-50, 130) }))
  expect(moved).toBeLessThanOrEqual(1)
})

it('keeps the place when a picture above the view gets its height', async () => {
  const { log } = await open()
  await scrollTo(log(), 1_500)
  const heightBefore = log().scrollHeight
  const moved = await movementOf(log(), firstInView(log()), () => growBy(aboveView(log()), 240))
  expect(moved).toBeLessThanOrEqual(1)
  expect(log().scrollHeight).toBe(heightBefore + 240)
})

it('keeps the focus of the list while older messages are put above', async () => {
  const { log, show } = await open({ hasOlder: true })
  log().focus()
  show({ messages: messages(-50, 100) })
  await rest(log())
  expect(document.activeElement).toBe(log())
})

it('stays at the end when 100 messages arrive at once', async () => {
  const { belowEnd, log, show } = await open()
  show({ messages: messages(0, 200) })
  await rest(log())
  expect(belowEnd()).toBeLessThanOrEqual(1)
  expect(log().querySelector('article[data-message-id="m199"]')).not.toBeNull()
})

it('stays at the end when the picture in the last message gets its height', async () => {
  const { belowEnd, log } = await open()
  const last = log().querySelector<HTMLElement>('article[data-message-id="m99"]')
  if (!last) throw new Error('The last message is not in view')
  growBy(last, 240)
  await rest(log())
  expect(belowEnd()).toBeLessThanOrEqual(1)
})

it('stays at the end when a keyboard takes half of the height, and when it gives it back', async () => {
  const { belowEnd, log, resize } = await open()
  for (const height of [240, 480]) {
    resize(height)
    await rest(log())
    expect(belowEnd()).toBeLessThanOrEqual(1)
  }
})

it('counts what came below, and goes there', async () => {
  const { belowEnd, log, show } = await open()
  await scrollTo(log(), 1_500)
  // Two of carol; and two of alice, who looks at them: her own are not news.
  show({ messages: messages(0, 104) })
  const pill = browserPage.getByRole('button', { name: '2 new messages' })
  await pill.click()
  await expect.poll(belowEnd).toBeLessThanOrEqual(1)
  await expect.element(pill).not.toBeInTheDocument()
})

it.each(['auto', 'none'])(
  '[C18] keeps the end and the place whatever changes, overflow-anchor: %s',
  async (anchoring) => {
    const { belowEnd, log, resize, show } = await open({ hasOlder: true })
    log().style.overflowAnchor = anchoring
    const last = () => log().querySelector<HTMLElement>('article[data-message-id="m99"]') as HTMLElement
    const atEnd: Record<string, () => unknown> = {
      'a row grows by reactions': () => growBy(last(), 30),
      'a row above in view grows': () =>
        growBy(
          last().closest('.qw-list-row')?.previousElementSibling?.querySelector('article') as HTMLElement,
          90,
        ),
      'the keyboard opens': () => resize(220),
      'and closes': () => resize(480),
      'a font loads': () => Object.assign(log().style, { fontSize: '19px' }),
      'the oldest go': () => show({ messages: messages(40, 100) }),
      'one is deleted, and one comes': () =>
        show({ messages: messages(40, 101).filter(({ id }) => id !== 'm98') }),
    }
    for (const [name, change] of Object.entries(atEnd)) {
      change()
      await rest(log())
      expect([name, Math.max(0, belowEnd() - 1)]).toEqual([name, 0])
    }
    show({ messages: messages(0, 100) })
    await rest(log())
    await scrollTo(log(), 60)
    const inPlace: Record<string, () => unknown> = {
      'older ones come': () => show({ messages: messages(-50, 100) }),
      'a row above grows': () => growBy(aboveView(log()), 77),
      'the oldest go': () => show({ messages: messages(-20, 100) }),
      'the newest go': () => show({ messages: messages(-20, 80), hasNewer: true }),
      'the keyboard opens': () => resize(260),
      'one above is deleted': () => show({ messages: messages(-20, 80).filter(({ id }) => id !== 'm-3') }),
    }
    for (const [name, change] of Object.entries(inPlace)) {
      const moved = await movementOf(log(), firstInView(log()), change)
      expect([name, moved <= 1.1 ? 0 : moved]).toEqual([name, 0])
    }
  },
)
