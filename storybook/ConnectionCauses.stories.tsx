import type { Meta, StoryObj } from '@storybook/react-vite'
import { expect, waitFor } from 'storybook/test'
import { LiveError } from '../src/index.ts'
import { ChatRoom } from './components/ChatRoom.tsx'
import { ConnectionIndicator } from './components/ConnectionIndicator.tsx'
import { Frame } from './support/Frame.tsx'
import { harbour, USERS } from './support/people.ts'
import { createScene, type Scene, type SceneOptions } from './support/scene.tsx'

const code = `
const { showIndicator, status } = useConnectionIndicator()
const { manager } = useChat()
const { mutationKey } = useChat().sendMessage('')
const waiting = useMutationState({ filters: { mutationKey: mutationKey.slice(0, -1), status: 'pending' } })

return showIndicator && (
  <>
    <div role="status">
      {status.error?.code === 4001 ? 'You are signed out' : 'Reconnecting…'} {waiting.length} messages wait
    </div>
    {status.nextAttemptAt !== null && <Countdown until={status.nextAttemptAt} />}
    <button onClick={() => manager.connect(undefined, { hold: false })}>Try now</button>
  </>
)`

/** Why there is no connection, where that is not the network; what waits for one; and when it is tried again. */
const meta = {
  title: 'ConnectionIndicator/Causes',
  component: ConnectionIndicator,
  parameters: { docs: { source: { code } } },
} satisfies Meta<typeof ConnectionIndicator>

export default meta
type Story = StoryObj<typeof meta>

const inHarbour = (client: SceneOptions['client'] = {}) =>
  createScene({ haste: 50, server: () => ({ users: USERS, rooms: [harbour()] }), client })

const shownIn = (scene: Scene): Pick<Story, 'beforeEach' | 'render'> => ({
  beforeEach: scene.beforeEach,
  render: () => (
    <Frame height={560}>
      <scene.As user="alice">
        <ConnectionIndicator />
        <ChatRoom roomId="harbour" />
      </scene.As>
    </Frame>
  ),
})

const READY = 'I will look at the board after lunch.'

let isSignedIn = true
const signedOut = inHarbour({
  tokenManager: {
    getAccessToken: () => {
      if (isSignedIn) return 'alice'
      throw new LiveError('unauthorized', 'Nobody is signed in')
    },
  },
})

/** Nothing is tried again by itself; signing in elsewhere may have helped. */
export const SignedOut: Story = {
  ...shownIn(signedOut),
  play: async ({ canvas }) => {
    isSignedIn = true
    await canvas.findByText(READY)
    isSignedIn = false
    signedOut.server().faults.disconnectAll()
    const banner = canvas.getByRole('status', { name: 'Connection' })
    await waitFor(() => expect(banner).toHaveTextContent('Not connected: You are signed out'))
    await expect(canvas.getByRole('button', { name: 'Try again' })).toBeVisible()
    await expect(canvas.queryByText(/^Next attempt/)).toBeNull()
  },
}

const refused = inHarbour()

export const Refused: Story = {
  ...shownIn(refused),
  play: async ({ canvas }) => {
    await canvas.findByText(READY)
    refused.server().faults.refuseNext(4003, 100)
    refused.server().faults.disconnectAll()
    const banner = canvas.getByRole('status', { name: 'Connection' })
    await waitFor(() => expect(banner).toHaveTextContent('Not connected: You may not connect here'))
  },
}

/** Long enough to be looked at. */
const DOWN_MS = 600_000
const restarting = inHarbour({ reconnect: { maxAttempts: 1_000 } })

/** What the server said when it went stays said while nobody is there to say it again. */
export const ServerRestarting: Story = {
  ...shownIn(restarting),
  play: async ({ canvas, userEvent }) => {
    await canvas.findByText(READY)
    restarting.server().faults.restart({ downMs: DOWN_MS })
    const banner = canvas.getByRole('status', { name: 'Connection' })
    await waitFor(() =>
      expect(banner).toHaveTextContent(
        /^The server (?:is being restarted|has too much to do)\. Reconnecting…$/,
      ),
    )
    const field = canvas.getByRole('textbox', { name: 'Message' })
    await userEvent.type(field, 'For later{Enter}')
    await waitFor(() => expect(banner).toHaveTextContent('1 message waits'))
    await userEvent.type(field, 'And this{Enter}')
    await waitFor(() => expect(banner).toHaveTextContent('2 messages wait'))
    await expect(canvas.getByText(/^Next attempt in|^Trying now/)).toBeVisible()
    await expect(canvas.getByRole('button', { name: 'Try now' })).toBeVisible()
  },
}

let isReachable = true
const tried = inHarbour({
  reconnect: { intervalMs: 2_000_000, maxIntervalMs: 2_000_000, jitter: 0, maxAttempts: 1_000 },
  tokenManager: {
    getAccessToken: () => (isReachable ? 'alice' : Promise.reject(new Error('No network'))),
  },
})

/** Not before the time, unless somebody asks for it; and the focus is where it was. */
export const TriedNow: Story = {
  ...shownIn(tried),
  play: async ({ canvas, userEvent }) => {
    isReachable = true
    await canvas.findByText(READY)
    isReachable = false
    tried.server().faults.disconnectAll()
    await expect(await canvas.findByText(/^Next attempt in \d+ min\.$/)).toBeVisible()
    isReachable = true
    const field = canvas.getByRole('textbox', { name: 'Message' })
    field.focus()
    canvas.getByRole('button', { name: 'Try now' }).focus()
    await userEvent.keyboard('{Enter}')
    const banner = canvas.getByRole('status', { name: 'Connection' })
    await waitFor(() => expect(banner).toBeEmptyDOMElement())
    await expect(field).toHaveFocus()
  },
}
