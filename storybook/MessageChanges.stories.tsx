import type { Meta, StoryObj } from '@storybook/react-vite'
import { expect, waitFor } from 'storybook/test'
import code from './code/MessageActions.tsx?raw'
import { ChatRoom } from './components/ChatRoom.tsx'
import { inHarbour, OWN, openMenu, rowOf, saidOf } from './support/acting.tsx'

/** Edits and deletions that do not go as one thinks. */
const meta = {
  title: 'MessageActions/Changes',
  component: ChatRoom,
  args: { roomId: 'harbour' },
  parameters: { docs: { source: { code } } },
} satisfies Meta<typeof ChatRoom>

export default meta
type Story = StoryObj<typeof meta>

const BEFORE = 'The tide was low, so they had to wait.'

const skipping = inHarbour()

/** The arrow key up passes over what is deleted, also while that can be brought back. */
export const EditTheOneBefore: Story = {
  ...skipping.shown,
  play: async ({ canvas, userEvent }) => {
    const menu = await openMenu(canvas, OWN)
    await userEvent.click(menu.getByRole('menuitem', { name: 'Delete' }))
    await expect(await canvas.findByRole('button', { name: 'Undo' })).toBeVisible()
    const field = canvas.getByRole('textbox', { name: 'Message' })
    await userEvent.type(field, '{ArrowUp}')
    await waitFor(() => expect(field).toHaveValue(BEFORE))
    await expect(canvas.getByText('Edit message')).toBeVisible()
  },
}

const refusing = inHarbour()

/** What the server does not take is in the field again; the line below the messages says why. */
export const EditNotTaken: Story = {
  ...refusing.shown,
  parameters: { fault: 'edits refused' },
  play: async ({ canvas, userEvent }) => {
    await rowOf(canvas, OWN)
    const field = canvas.getByRole('textbox', { name: 'Message' })
    await userEvent.type(field, '{ArrowUp}')
    await waitFor(() => expect(field).toHaveValue(OWN))
    await userEvent.type(field, ' Or before.{Enter}')
    await waitFor(() =>
      expect(canvas.getByRole('status', { name: 'What was done' })).toHaveTextContent(
        'The change was not taken: Closed for the night',
      ),
    )
    await expect(canvas.getByText('Edit message')).toBeVisible()
    await expect(field).toHaveValue(`${OWN} Or before.`)
    await expect(field).toHaveFocus()
    await expect(saidOf(refusing, 'm7')?.content).toBe(OWN)
  },
}
