import type { Meta, StoryObj } from '@storybook/react-vite'
import { expect, fn } from 'storybook/test'
import code from './code/FailedMessage.tsx?raw'
import { FailedMessage } from './components/FailedMessage.tsx'
import { Frame } from './support/Frame.tsx'

/** Below a message that could not be sent: why, and what can be done about it. */
const meta = {
  component: FailedMessage,
  args: { onRetry: fn(), onDiscard: fn() },
  decorators: [(Story) => <Frame>{Story()}</Frame>],
  parameters: { docs: { source: { code } } },
} satisfies Meta<typeof FailedMessage>

export default meta
type Story = StoryObj<typeof meta>

export const Default: Story = {
  play: async ({ canvas, userEvent, args }) => {
    await userEvent.click(canvas.getByRole('button', { name: 'Retry' }))
    await expect(args.onRetry).toHaveBeenCalledOnce()
    await userEvent.click(canvas.getByRole('button', { name: 'Discard' }))
    await expect(args.onDiscard).toHaveBeenCalledOnce()
  },
}

export const WithReason: Story = {
  args: { reason: 'You are not a member of this room any more.' },
  play: async ({ canvas }) => {
    await expect(canvas.getByText('You are not a member of this room any more.')).toBeVisible()
  },
}
