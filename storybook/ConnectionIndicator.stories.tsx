import type { Meta, StoryObj } from '@storybook/react-vite'
import { expect, waitFor } from 'storybook/test'
import code from './code/ConnectionIndicator.tsx?raw'
import { ConnectionIndicator } from './components/ConnectionIndicator.tsx'
import { RoomList } from './components/RoomList.tsx'
import { Frame } from './support/Frame.tsx'
import { createScene, type Scene } from './support/scene.tsx'

/** A banner while there is no connection: after a grace of five seconds, and gone as soon as there is one again. */
const meta = {
  component: ConnectionIndicator,
  parameters: { docs: { source: { code } } },
} satisfies Meta<typeof ConnectionIndicator>

export default meta
type Story = StoryObj<typeof meta>

/** The banner opens no connection by itself; the room list does. */
const shownIn = (scene: Scene): Pick<Story, 'beforeEach' | 'render'> => ({
  beforeEach: scene.beforeEach,
  render: () => (
    <Frame shows="surface">
      <scene.As user="alice">
        <ConnectionIndicator />
        <RoomList />
      </scene.As>
    </Frame>
  ),
})

/** It begins when everything is loaded. */
const FAULT_TAKES = { timeout: 5_000 }

const connected = createScene({ haste: 50 })

/** An empty live region, so that it is there when there is something to say. */
export const Connected: Story = {
  ...shownIn(connected),
  play: async ({ canvas }) => {
    await canvas.findByRole('link', { name: /general/ })
    await expect(canvas.getByRole('status', { name: 'Connection' })).toBeEmptyDOMElement()
  },
}

const connecting = createScene({
  haste: 50,
  client: { tokenManager: { getAccessToken: () => new Promise(() => {}) }, connectTimeoutMs: 1e9 },
})

export const Connecting: Story = {
  ...shownIn(connecting),
  play: async ({ canvas }) => {
    const banner = canvas.getByRole('status', { name: 'Connection' })
    await waitFor(() => expect(banner).toHaveTextContent('Connecting…'))
  },
}

const unreachable = createScene({ haste: 50 })

/** Nothing was lost, because nothing was there. */
export const NeverConnected: Story = {
  ...shownIn(unreachable),
  tags: ['failure'],
  parameters: { fault: 'unreachable' },
  play: async ({ canvas }) => {
    const banner = canvas.getByRole('status', { name: 'Connection' })
    await waitFor(() => expect(banner).toHaveTextContent('No connection yet. Trying again…'))
  },
}

const reconnecting = createScene({ haste: 50 })

/** Lost, and not back yet: what was loaded is still there to be read. */
export const Reconnecting: Story = {
  ...shownIn(reconnecting),
  tags: ['failure'],
  parameters: { fault: 'offline' },
  play: async ({ canvas }) => {
    const banner = canvas.getByRole('status', { name: 'Connection' })
    await waitFor(() => expect(banner).toHaveTextContent('Connection lost. Reconnecting…'), FAULT_TAKES)
    await expect(canvas.getByRole('link', { name: /general/ })).toBeVisible()
  },
}

const closed = createScene({ haste: 50 })

/** Closed for good: nothing is tried any more, unless one asks for it. */
export const Failed: Story = {
  ...shownIn(closed),
  tags: ['failure'],
  parameters: { fault: 'closed' },
  play: async ({ canvas }) => {
    await expect(await canvas.findByRole('button', { name: 'Try again' }, FAULT_TAKES)).toBeVisible()
    await expect(canvas.getByRole('status', { name: 'Connection' })).toHaveTextContent('Not connected')
  },
}

const reopened = createScene({ haste: 50 })

/** The way back. */
export const TryAgain: Story = {
  ...shownIn(reopened),
  play: async ({ canvas, userEvent }) => {
    await canvas.findByRole('link', { name: /general/ })
    reopened.server().faults.refuseNext(4003, 1)
    reopened.server().faults.disconnectAll()
    await userEvent.click(await canvas.findByRole('button', { name: 'Try again' }))
    const banner = canvas.getByRole('status', { name: 'Connection' })
    await waitFor(() => expect(banner).toBeEmptyDOMElement())
  },
}
