import type { Meta, StoryObj } from '@storybook/react-vite'
import { expect } from 'storybook/test'
import code from './code/PresenceDot.tsx?raw'
import { Avatar } from './components/Avatar.tsx'
import { PresenceDot } from './components/PresenceDot.tsx'
import { Frame } from './support/Frame.tsx'

/** Whether somebody is there. Shape and colour both tell; the label says it. */
const meta = {
  component: PresenceDot,
  args: { status: 'online' },
  render: (args) => (
    <Frame width={120} shows="surface">
      <div style={{ padding: 24 }}>
        <Avatar name="bob" size={48}>
          <PresenceDot {...args} />
        </Avatar>
      </div>
    </Frame>
  ),
  parameters: { docs: { source: { code } } },
} satisfies Meta<typeof PresenceDot>

export default meta
type Story = StoryObj<typeof meta>

export const Online: Story = {
  play: async ({ canvas }) => {
    await expect(canvas.getByRole('img', { name: 'online' })).toBeVisible()
  },
}

export const Away: Story = {
  args: { status: 'away' },
  play: async ({ canvas }) => {
    await expect(canvas.getByRole('img', { name: 'away' })).toBeVisible()
  },
}

export const Offline: Story = {
  args: { status: 'offline' },
  play: async ({ canvas }) => {
    await expect(canvas.getByRole('img', { name: 'offline' })).toBeVisible()
  },
}

/** While this client is not connected nothing is known, and nothing is claimed. */
export const Unknown: Story = {
  args: { status: 'unknown' },
  play: async ({ canvas }) => {
    await expect(canvas.queryByRole('img')).toBeNull()
  },
}
