import type { Meta, StoryObj } from '@storybook/react-vite'
import { expect } from 'storybook/test'
import code from './code/ReadReceipts.tsx?raw'
import { ReadReceipts } from './components/ReadReceipts.tsx'
import { Frame } from './support/Frame.tsx'

const people = (...names: string[]) => names.map((username) => ({ id: username, username }))

/** Who has read up to a message: a few small faces, all of the names in words. */
const meta = {
  component: ReadReceipts,
  decorators: [(Story) => <Frame>{Story()}</Frame>],
  parameters: { docs: { source: { code } } },
} satisfies Meta<typeof ReadReceipts>

export default meta
type Story = StoryObj<typeof meta>

export const One: Story = {
  args: { readers: people('bob') },
  play: async ({ canvas }) => {
    await expect(canvas.getByText('Read by bob')).toBeVisible()
  },
}

export const Three: Story = {
  args: { readers: people('bob', 'carol', 'dave') },
  play: async ({ canvas }) => {
    await expect(canvas.getByText('Read by bob, carol, and dave')).toBeVisible()
  },
}

export const Many: Story = {
  args: { readers: people('bob', 'carol', 'dave', 'erin', 'frank') },
  play: async ({ canvas, canvasElement }) => {
    await expect(canvas.getByText('Read by 5')).toBeVisible()
    await expect(canvasElement.querySelectorAll('.qw-avatar')).toHaveLength(3)
  },
}
