import type { Meta, StoryObj } from '@storybook/react-vite'
import { expect, fireEvent, userEvent as plainUserEvent, waitFor, within } from 'storybook/test'
import code from './code/MessageActions.tsx?raw'
import { ChatRoom } from './components/ChatRoom.tsx'
import { inHarbour, menuOf, OWN, openMenu, rowOf, said, saidOf, THEIRS, unreadOf } from './support/acting.tsx'

/** What one can do with a message: by pointer, by keyboard, with a finger. */
const meta = {
  title: 'MessageActions',
  component: ChatRoom,
  args: { roomId: 'harbour' },
  parameters: { docs: { source: { code } } },
} satisfies Meta<typeof ChatRoom>

export default meta
type Story = StoryObj<typeof meta>

const reacting = inHarbour()

/** The pointer over a message brings its toolbar; what is tapped shows at once, and a tap on the chip takes it away. */
export const React: Story = {
  ...reacting.shown,
  play: async ({ canvas, userEvent }) => {
    const row = await rowOf(canvas, THEIRS)
    await userEvent.hover(row)
    fireEvent.click(await within(row).findByRole('button', { name: 'React' }))
    const picker = within(await canvas.findByRole('dialog', { name: 'Choose a reaction' }))
    await userEvent.click(picker.getByRole('button', { name: '🎉' }))
    const chip = await within(row).findByRole('button', { name: '🎉 1, You' })
    await expect(chip).toHaveAttribute('aria-pressed', 'true')
    await expect(canvas.queryByRole('dialog')).toBeNull()
    await userEvent.click(chip)
    await waitFor(() => expect(within(row).queryByRole('button', { name: /🎉/ })).toBeNull())
    const theirs = canvas.getByRole('button', { name: /^👀 1/ })
    await userEvent.click(theirs)
    await waitFor(() =>
      expect(canvas.getByRole('button', { name: /^👀 2/ })).toHaveAttribute('aria-pressed', 'true'),
    )
  },
}

const picking = inHarbour()

/** All there are, by the names they have. */
export const PickAnEmoji: Story = {
  ...picking.shown,
  play: async ({ canvas, userEvent }) => {
    const row = await rowOf(canvas, THEIRS)
    await userEvent.hover(row)
    fireEvent.click(await within(row).findByRole('button', { name: 'React' }))
    const picker = within(await canvas.findByRole('dialog', { name: 'Choose a reaction' }))
    await picker.findByRole('region', { name: 'Food & drink' }, { timeout: 10_000 })
    await userEvent.type(picker.getByRole('searchbox', { name: 'Search emoji' }), 'sail')
    const boat = await picker.findByRole('button', { name: 'sailboat' })
    await waitFor(() => expect(picker.queryByRole('button', { name: 'pizza' })).toBeNull())
    await userEvent.keyboard('{ArrowDown}')
    await expect(boat).toHaveFocus()
    await userEvent.keyboard('{Enter}')
    await expect(await within(row).findByRole('button', { name: '⛵️ 1, You' })).toBeVisible()
    await expect(row).toHaveFocus()
  },
}

const choosing = inHarbour()

/** Open, with what was searched for: all there are, at once, would take axe a minute. */
export const Picker: Story = {
  ...choosing.shown,
  play: async ({ canvas, userEvent }) => {
    const row = await rowOf(canvas, THEIRS)
    await userEvent.hover(row)
    fireEvent.click(await within(row).findByRole('button', { name: 'React' }))
    const picker = within(await canvas.findByRole('dialog', { name: 'Choose a reaction' }))
    await picker.findByRole('region', { name: 'Food & drink' }, { timeout: 10_000 })
    await userEvent.type(picker.getByRole('searchbox', { name: 'Search emoji' }), 'boat')
    await expect(await picker.findByRole('button', { name: 'sailboat' })).toBeVisible()
    await waitFor(() => expect(picker.queryByRole('button', { name: 'pizza' })).toBeNull())
  },
}

const resting = inHarbour({ width: 328 })

/** On a phone, open, as it is. */
export const Sheet: Story = {
  ...resting.shown,
  play: async ({ canvas }) => {
    const menu = await openMenu(canvas, THEIRS)
    await expect(menu.getByRole('menuitem', { name: 'Reply' })).toBeVisible()
  },
}

const keyed = inHarbour()

/** The list is a stop of the Tab key, and so are its messages: arrows go from one to the next, Enter opens the menu. */
export const ByKeyboard: Story = {
  ...keyed.shown,
  play: async ({ canvas, userEvent }) => {
    const own = await rowOf(canvas, OWN)
    const theirs = await rowOf(canvas, THEIRS)
    canvas.getByRole('log', { name: 'Messages' }).focus()
    await userEvent.tab()
    await expect(own).toHaveFocus()
    await userEvent.keyboard('{ArrowUp}')
    await expect(theirs).toHaveFocus()
    await userEvent.tab()
    await expect(within(theirs).getByRole('button', { name: 'React' })).toHaveFocus()
    await userEvent.keyboard('{ArrowRight}')
    await expect(within(theirs).getByRole('button', { name: 'Reply' })).toHaveFocus()
    await userEvent.keyboard('{ArrowRight}{Enter}')
    const menu = within(await menuOf(canvas))
    await expect(menu.getByRole('menuitemcheckbox', { name: '👍' })).toHaveFocus()
    await userEvent.keyboard('{Escape}')
    await expect(canvas.queryByRole('menu')).toBeNull()
    await expect(theirs).toHaveFocus()
    await userEvent.keyboard('{Enter}')
    await menuOf(canvas)
    await userEvent.keyboard('{ArrowRight}{Enter}')
    await expect(await within(theirs).findByRole('button', { name: /^❤️ 1, You/ })).toBeVisible()
    await expect(canvas.getByRole('status', { name: 'What was done' })).toHaveTextContent('Reacted with ❤️')
    await userEvent.keyboard('{ArrowDown}')
    await expect(own).toHaveFocus()
  },
}

const touched = inHarbour({ width: 328 })

/** A finger that rests brings the same menu, as a sheet; one that goes on its way scrolls. */
export const ByTouch: Story = {
  ...touched.shown,
  play: async ({ canvas }) => {
    const bubble = within(await rowOf(canvas, THEIRS)).getByText(THEIRS)
    const finger = { pointerType: 'touch', isPrimary: true, bubbles: true, clientX: 80, clientY: 200 }
    fireEvent(bubble, new PointerEvent('pointerdown', finger))
    fireEvent(bubble, new PointerEvent('pointermove', { ...finger, clientY: 260 }))
    await new Promise((resolve) => setTimeout(resolve, 600))
    await expect(canvas.queryByRole('menu')).toBeNull()
    fireEvent(bubble, new PointerEvent('pointerdown', finger))
    const menu = within(await menuOf(canvas))
    fireEvent(bubble, new PointerEvent('pointerup', finger))
    await plainUserEvent.click(menu.getByRole('menuitemcheckbox', { name: '👍' }))
    await expect(await canvas.findByRole('button', { name: '👍 1, You' })).toBeVisible()
  },
}

const replying = inHarbour()

/** The message is quoted above the field, and in the answer; a click on the quote leads to it. */
export const Reply: Story = {
  ...replying.shown,
  play: async ({ canvas, userEvent }) => {
    const menu = await openMenu(canvas, THEIRS)
    await userEvent.click(menu.getByRole('menuitem', { name: 'Reply' }))
    const field = canvas.getByRole('textbox', { name: 'Message' })
    await waitFor(() => expect(field).toHaveFocus())
    await expect(canvas.getByText(/^Reply to/)).toBeVisible()
    await userEvent.keyboard('Here it is{Enter}')
    await waitFor(() => expect(canvas.queryByText(/^Reply to/)).toBeNull())
    const quote = await canvas.findByRole('button', { name: `Answers bob ${THEIRS}` })
    await waitFor(() =>
      expect(said(replying).at(-1)).toMatchObject({ content: 'Here it is', reply_to_id: 'm6' }),
    )
    await userEvent.click(quote)
    const row = await rowOf(canvas, THEIRS)
    await waitFor(() => expect(row).toHaveFocus())
    await expect(row).toHaveAttribute('data-sought')
  },
}

const leaving = inHarbour()

/** Escape leaves the answer, and not the room; what was typed stays. */
export const NoReply: Story = {
  ...leaving.shown,
  play: async ({ canvas, userEvent }) => {
    const menu = await openMenu(canvas, THEIRS)
    await userEvent.click(menu.getByRole('menuitem', { name: 'Reply' }))
    const field = canvas.getByRole('textbox', { name: 'Message' })
    await waitFor(() => expect(field).toHaveFocus())
    await userEvent.keyboard('Half a{Escape}')
    await expect(canvas.queryByText(/^Reply to/)).toBeNull()
    await expect(field).toHaveValue('Half a')
    await userEvent.keyboard(' sentence{Enter}')
    await waitFor(() => expect(said(leaving).at(-1)).not.toHaveProperty('reply_to_id'))
  },
}

const editing = inHarbour()

/** The arrow key up in an empty field changes the last of one's own; what one was writing comes back afterwards. */
export const Edit: Story = {
  ...editing.shown,
  play: async ({ canvas, userEvent }) => {
    await rowOf(canvas, OWN)
    const field = canvas.getByRole('textbox', { name: 'Message' })
    await userEvent.type(field, '{ArrowUp}')
    await waitFor(() => expect(field).toHaveValue(OWN))
    await userEvent.clear(field)
    await userEvent.type(field, 'I will look at it **now**.{Enter}')
    await expect(await canvas.findByText('now')).toHaveProperty('tagName', 'STRONG')
    await expect(await canvas.findByText('edited')).toBeVisible()
    await expect(field).toHaveValue('')
    await waitFor(() => expect(saidOf(editing, 'm7')?.content).toBe('I will look at it **now**.'))
  },
}

const removing = inHarbour()

/** No question is asked: for five seconds it can be brought back, by pointer or by keyboard. */
export const DeleteAndUndo: Story = {
  ...removing.shown,
  play: async ({ canvas, userEvent }) => {
    const menu = await openMenu(canvas, OWN)
    await userEvent.click(menu.getByRole('menuitem', { name: 'Delete' }))
    await expect(await canvas.findByText('Message deleted')).toBeVisible()
    await expect(canvas.getByRole('status', { name: 'What was done' })).toHaveTextContent('five seconds')
    await userEvent.tab()
    await expect(canvas.getByRole('button', { name: 'Undo' })).toHaveFocus()
    await userEvent.keyboard('{Enter}')
    await expect(await canvas.findByText(OWN)).toBeVisible()
    await new Promise((resolve) => setTimeout(resolve, 5_500))
    await expect(saidOf(removing, 'm7')).not.toHaveProperty('deleted_at')
  },
}

const removed = inHarbour()

/** Nothing is said for five seconds; then it is gone for everybody, and the focus stays in the list. */
export const Delete: Story = {
  ...removed.shown,
  play: async ({ canvas, userEvent }) => {
    const menu = await openMenu(canvas, OWN)
    await userEvent.click(menu.getByRole('menuitem', { name: 'Delete' }))
    await expect(saidOf(removed, 'm7')).not.toHaveProperty('deleted_at')
    await waitFor(() => expect(saidOf(removed, 'm7')).toHaveProperty('deleted_at'), { timeout: 8_000 })
    await waitFor(() => expect(canvas.queryByText('Message deleted')).toBeNull())
    await waitFor(() => expect(canvas.getByRole('log', { name: 'Messages' })).toHaveFocus())
  },
}

const refusing = inHarbour()

/** What the server refuses goes again, and the line below the messages says why. */
export const Refused: Story = {
  ...refusing.shown,
  parameters: { fault: 'reactions refused' },
  play: async ({ canvas, userEvent }) => {
    const menu = await openMenu(canvas, THEIRS)
    await userEvent.click(menu.getByRole('menuitemcheckbox', { name: '👍' }))
    const line = canvas.getByRole('status', { name: 'What was done' })
    await waitFor(() => expect(line).toHaveTextContent('Could not react: Closed for the night'))
    await waitFor(() => expect(canvas.queryByRole('button', { name: '👍 1, You' })).toBeNull())
  },
}

const unread = inHarbour()

/** From a message on: the divider stands there, and having it on screen does not make it read. */
export const MarkUnread: Story = {
  ...unread.shown,
  play: async ({ canvas, userEvent }) => {
    await rowOf(canvas, THEIRS)
    const menu = await openMenu(canvas, THEIRS)
    await userEvent.click(menu.getByRole('menuitem', { name: 'Mark as unread' }))
    await waitFor(() => expect(unreadOf(unread)).toBe(1))
    await expect(await within(canvas.getByRole('log')).findByText('New messages')).toBeVisible()
    await new Promise((resolve) => setTimeout(resolve, 1_200))
    await expect(unreadOf(unread)).toBe(1)
    await userEvent.type(canvas.getByRole('textbox', { name: 'Message' }), 'Now I have{Enter}')
    await waitFor(() => expect(unreadOf(unread)).toBe(0), { timeout: 3_000 })
  },
}

const seen = inHarbour()

/** Who has read a message stands at the end of its menu, and changes while one looks. */
export const SeenBy: Story = {
  ...seen.shown,
  play: async ({ canvas }) => {
    const menu = await openMenu(canvas, OWN)
    await expect(menu.getByText('Seen by bob and carol')).toBeVisible()
  },
}

const rtl = inHarbour({ dir: 'rtl', theme: 'dark' })

/** From right to left the toolbar stands on the other side, and the arrow keys go the other way. */
export const RightToLeft: Story = {
  ...rtl.shown,
  play: async ({ canvas, userEvent }) => {
    const row = await rowOf(canvas, THEIRS)
    canvas.getByRole('log', { name: 'Messages' }).focus()
    await userEvent.tab()
    await userEvent.keyboard('{ArrowUp}')
    await expect(row).toHaveFocus()
    const toolbar = within(row).getByRole('toolbar')
    const bubble = row.querySelector('.qw-bubble')?.getBoundingClientRect()
    await expect(toolbar.getBoundingClientRect().right).toBeLessThanOrEqual(bubble?.left ?? Number.NaN)
    await userEvent.tab()
    await userEvent.keyboard('{ArrowLeft}')
    await expect(within(toolbar).getByRole('button', { name: 'Reply' })).toHaveFocus()
    await userEvent.keyboard('{ArrowLeft}{Enter}')
    const menu = (await menuOf(canvas)).getBoundingClientRect()
    await expect(menu.left).toBeGreaterThanOrEqual(0)
    await expect(menu.right).toBeLessThanOrEqual(innerWidth)
  },
}
