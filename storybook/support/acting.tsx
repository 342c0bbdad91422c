/** Doing something with a message in a story, in each of the ways that people have. */
import type { StoryObj } from '@storybook/react-vite'
import { expect, fireEvent, userEvent as plainUserEvent, waitFor, within } from 'storybook/test'
import type { ChatRoom } from '../components/ChatRoom.tsx'
import { Frame } from './Frame.tsx'
import { harbour, USERS } from './people.ts'
import { createScene, type SceneOptions } from './scene.tsx'

type Story = StoryObj<typeof ChatRoom>
type Context = Parameters<NonNullable<Story['play']>>[0]
type Canvas = ReturnType<typeof within>

export type Way = 'pointer' | 'keyboard' | 'phone'

export const THEIRS = 'It does. Send it over?'
export const OWN = 'I will look at the board after lunch.'

interface Look {
  readonly dir?: 'rtl'
  readonly theme?: 'light' | 'dark'
  readonly width?: number
}

export type Harbour = ReturnType<typeof inHarbour>

/** A room, as alice sees it. */
export function inHarbour({ dir, theme, width }: Look = {}, options: SceneOptions = {}) {
  const scene = createScene({ server: () => ({ users: USERS, rooms: [harbour()] }), ...options })
  const shown: Pick<Story, 'beforeEach' | 'decorators'> = {
    beforeEach: scene.beforeEach,
    decorators: [
      (Story) => (
        <div dir={dir} style={{ maxInlineSize: width }}>
          <Frame height={560} theme={theme}>
            <scene.As user="alice">{Story()}</scene.As>
          </Frame>
        </div>
      ),
    ],
  }
  return { scene, shown }
}

/** What the server has of it. */
export const said = ({ scene }: Harbour) => scene.server().state().rooms[0]?.messages ?? []
export const saidOf = (used: Harbour, id: string) => said(used).find((one) => one.id === id)
export const unreadOf = ({ scene }: Harbour) =>
  scene
    .server()
    .state()
    .rooms[0]?.members.find(({ userKey }) => userKey.includes('alice'))?.unreadCount

export async function rowOf(canvas: Canvas, text: string): Promise<HTMLElement> {
  const [found] = (await canvas.findAllByText(text)) as HTMLElement[]
  const row = found?.closest<HTMLElement>('article')
  if (!row) throw new Error(`No message says "${text}"`)
  return row
}

export const menuOf = (canvas: Canvas) => canvas.findByRole('menu', { name: 'Message actions' })

export async function openMenu(canvas: Canvas, text: string): Promise<Canvas> {
  const row = await rowOf(canvas, text)
  fireEvent.contextMenu(within(row).getByText(text))
  return within(await menuOf(canvas))
}

const OPEN: Record<Way, (context: Context, text: string) => Promise<void>> = {
  async pointer({ canvas, userEvent }, text) {
    const row = await rowOf(canvas, text)
    await userEvent.hover(row)
    fireEvent.click(await within(row).findByRole('button', { name: 'More actions' }))
  },
  async keyboard({ canvas, userEvent }, text) {
    const row = await rowOf(canvas, text)
    canvas.getByRole('log', { name: 'Messages' }).focus()
    await userEvent.tab()
    for (let step = 0; step < 20 && document.activeElement !== row; step++) {
      const isBelow =
        document.activeElement?.compareDocumentPosition(row) === Node.DOCUMENT_POSITION_FOLLOWING
      await userEvent.keyboard(isBelow ? '{ArrowDown}' : '{ArrowUp}')
    }
    await expect(row).toHaveFocus()
    await userEvent.keyboard('{Enter}')
  },
  async phone({ canvas }, text) {
    const target = within(await rowOf(canvas, text)).getByText(text)
    const finger = { pointerType: 'touch', isPrimary: true, bubbles: true, clientX: 80, clientY: 200 }
    fireEvent(target, new PointerEvent('pointerdown', finger))
    await menuOf(canvas)
    fireEvent(target, new PointerEvent('pointerup', finger))
  },
}

/** Opens the menu of the message that says so, and chooses from it. */
export async function choose(
  way: Way,
  context: Context,
  [text, name]: readonly [text: string, name: string],
) {
  await OPEN[way](context, text)
  const menu = within(await menuOf(context.canvas))
  const item = menu.queryByRole('menuitem', { name }) ?? (await menu.findByRole('menuitemcheckbox', { name }))
  await press(way, context, item)
  await waitFor(() => expect(context.canvas.queryByRole('menu')).toBeNull())
}

/** By keyboard only what the focus can be moved to: by arrows within a menu, else by Tab. */
export async function press(way: Way, { userEvent }: Context, button: HTMLElement): Promise<void> {
  if (way === 'pointer') return userEvent.click(button)
  // A finger points at nothing before it taps.
  if (way === 'phone') return plainUserEvent.click(button)
  const key = button.getAttribute('role')?.startsWith('menuitem') ? '{ArrowDown}' : '{Tab}'
  for (let step = 0; step < 20 && document.activeElement !== button; step++) await userEvent.keyboard(key)
  await expect(button).toHaveFocus()
  await userEvent.keyboard('{Enter}')
}
