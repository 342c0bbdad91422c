import type { Meta, StoryObj } from '@storybook/react-vite'
import { expect, waitFor } from 'storybook/test'
import { ConnectionIndicator } from './components/ConnectionIndicator.tsx'
import { RoomList } from './components/RoomList.tsx'
import { Frame } from './support/Frame.tsx'
import { createScene, type Scene } from './support/scene.tsx'

const code = `
const { showIndicator, status } = useConnectionIndicator()
return (
  <div role="status" aria-label="Connection">
    {showIndicator && (status.isReconnecting ? 'Connection lost. Reconnecting…' : 'Not connected.')}
  </div>
)`

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

const unreachable = createScene({
  haste: 50,
  client: {
    reconnect: { maxAttempts: 1_000 },
    tokenManager: { getAccessToken: () => Promise.reject(new Error('No network')) },
  },
})

/** Nothing was lost, because nothing was there. */
export const NeverConnected: Story = {
  ...shownIn(unreachable),
  play: async ({ canvas }) => {
    const banner = canvas.getByRole('status', { name: 'Connection' })
    await waitFor(() => expect(banner).toHaveTextContent('No connection yet. Trying again…'))
  },
}

let hasToken = true
const reconnecting = createScene({
  haste: 50,
  client: { tokenManager: { getAccessToken: () => (hasToken ? 'alice' : new Promise(() => {})) } },
  prepare: () => {
    hasToken = true
    return undefined
  },
})

/** Lost, and not back yet: what was loaded is still there to be read. */
export const Reconnecting: Story = {
  ...shownIn(reconnecting),
  play: async ({ canvas }) => {
    await canvas.findByRole('link', { name: /general/ })
    hasToken = false
    reconnecting.server().faults.disconnectAll()
    const banner = canvas.getByRole('status', { name: 'Connection' })
    await waitFor(() => expect(banner).toHaveTextContent('Connection lost. Reconnecting…'))
    await expect(canvas.getByRole('link', { name: /general/ })).toBeVisible()
  },
}

const failed = createScene({ haste: 50, client: { reconnect: { maxAttempts: 2 } } })

export const Failed: Story = {
  ...shownIn(failed),
  play: async ({ canvas, userEvent }) => {
    await canvas.findByRole('link', { name: /general/ })
    failed.server().faults.refuseNext(4003, 1)
    failed.server().faults.disconnectAll()
    await userEvent.click(await canvas.findByRole('button', { name: 'Try again' }))
    const banner = canvas.getByRole('status', { name: 'Connection' })
    await waitFor(() => expect(banner).toBeEmptyDOMElement())
    failed.server().faults.refuseNext(4003, 1)
    failed.server().faults.disconnectAll()
    await waitFor(() => expect(banner).toHaveTextContent('Not connected'))
  },
}
