import type { Meta, StoryObj } from '@storybook/react-vite'
import { expect, waitFor, within } from 'storybook/test'
import code from './code/Scenes.tsx?raw'
import { ChatRoom } from './components/ChatRoom.tsx'
import { ConnectionIndicator } from './components/ConnectionIndicator.tsx'
import { RoomList } from './components/RoomList.tsx'
import { Frame } from './support/Frame.tsx'
import { elsewhere, harbour, talk, USERS } from './support/people.ts'
import { createScene, type Scene, type SceneOptions } from './support/scene.tsx'
import { createTokens, type Tokens } from './support/tokens.ts'

/** A messenger under every kind of network. Type into it, then break it: in the toolbar, or in the tab "Network". */
const meta = {
  title: 'Scenes',
  parameters: { layout: 'fullscreen', docs: { source: { code } } },
} satisfies Meta

export default meta
type Story = StoryObj<typeof meta>

const inHarbour = (options: SceneOptions = {}) =>
  createScene({ server: () => ({ users: USERS, rooms: [harbour(), ...elsewhere()] }), ...options })

const as = (scene: Scene, user: string) => (
  <Frame height={600}>
    <scene.As user={user}>
      <ConnectionIndicator />
      <ChatRoom roomId="harbour" />
    </scene.As>
  </Frame>
)

const inApp = (scene: Scene): Pick<Story, 'beforeEach' | 'render'> => ({
  beforeEach: scene.beforeEach,
  render: () => (
    <Frame height={600}>
      <scene.As user="alice">
        <ConnectionIndicator />
        <div className="story-app">
          <RoomList selectedRoomId="harbour" />
          <ChatRoom roomId="harbour" />
        </div>
      </scene.As>
    </Frame>
  ),
})

const messagesIn = (canvasElement: HTMLElement) =>
  within(canvasElement).findByRole('log', { name: 'Messages' })

const belowEnd = ({ scrollHeight, scrollTop, clientHeight }: HTMLElement) =>
  scrollHeight - scrollTop - clientHeight

const two = inHarbour()

/** Alice and Bob, each with a connection and a cache of their own. */
export const TwoPeopleChatting: Story = {
  beforeEach: two.beforeEach,
  render: () => (
    <div className="story-pair">
      <section aria-label="Alice">{as(two, 'alice')}</section>
      <section aria-label="Bob">{as(two, 'bob')}</section>
    </div>
  ),
  play: async ({ canvas, userEvent }) => {
    const alice = within(canvas.getByRole('region', { name: 'Alice' }))
    const bob = within(canvas.getByRole('region', { name: 'Bob' }))
    await bob.findByText('I will look at the board after lunch.')
    await userEvent.type(await alice.findByRole('textbox'), 'Do you still have the picture?')
    await expect(await bob.findByText('alice is typing')).toBeVisible()
    await userEvent.keyboard('{Enter}')
    const heard = await within(bob.getByRole('log')).findByText('Do you still have the picture?')
    await expect(heard).toBeVisible()
    await userEvent.type(bob.getByRole('textbox'), 'I do, one moment.{Enter}')
    await expect(await within(alice.getByRole('log')).findByText('I do, one moment.')).toBeVisible()
    await expect(await within(bob.getByRole('log')).findByText('Read by alice')).toBeVisible()
    await expect(within(alice.getByRole('log')).getAllByText('I do, one moment.')).toHaveLength(1)
  },
}

const gone = inHarbour({ haste: 20 })

/** The server is away: what was loaded can be read, and what one writes waits. */
export const ServerAway: Story = {
  ...inApp(gone),
  tags: ['failure'],
  parameters: { fault: 'offline' },
  play: async ({ canvas, canvasElement, userEvent }) => {
    const list = within(await messagesIn(canvasElement))
    const banner = canvas.getByRole('status', { name: 'Connection' })
    await waitFor(() => expect(banner).toHaveTextContent('Reconnecting'), { timeout: 5_000 })
    await userEvent.type(canvas.getByRole('textbox'), 'Can anybody hear me?{Enter}')
    await expect(await list.findByRole('img', { name: 'Waiting to be sent' })).toBeVisible()
    await expect(list.getByText('I will look at the board after lunch.')).toBeVisible()
  },
}

const returning = inHarbour({ haste: 20, client: { reconnect: { maxAttempts: 1_000 } } })

/** The server goes away while people write, and comes back: everything is there, once and in order. */
export const ServerRestart: Story = {
  ...inApp(returning),
  play: async ({ canvas, canvasElement, userEvent }) => {
    const list = within(await messagesIn(canvasElement))
    await list.findByText('I will look at the board after lunch.')
    // As long as a slow machine needs to see the banner and to type.
    returning.server().faults.restart({ downMs: 3_000 })
    const banner = canvas.getByRole('status', { name: 'Connection' })
    await waitFor(() => expect(banner).toHaveTextContent('Reconnecting'), { timeout: 3_000 })
    await userEvent.type(canvas.getByRole('textbox'), 'Can anybody hear me?{Enter}')
    returning.server().inject('harbour', { sender: 'bob', content: 'The board is down' })
    await expect(await list.findByText('The board is down', {}, { timeout: 10_000 })).toBeVisible()
    await waitFor(() => expect(banner).toBeEmptyDOMElement())
    await waitFor(() => expect(list.queryByRole('img', { name: 'Waiting to be sent' })).toBeNull())
    await expect(list.getAllByText('Can anybody hear me?')).toHaveLength(1)
    await expect(list.getAllByText('The board is down')).toHaveLength(1)
  },
}

const slow = inHarbour()

/** Six tenths of a second for everything: one's own messages are there at once all the same. */
export const SlowNetwork: Story = {
  ...inApp(slow),
  parameters: { fault: 'slow' },
  play: async ({ canvas, canvasElement, userEvent }) => {
    const list = within(await messagesIn(canvasElement))
    await list.findByText('I will look at the board after lunch.', {}, { timeout: 5_000 })
    await userEvent.type(canvas.getByRole('textbox'), 'On my way{Enter}')
    const row = list.getByText('On my way').closest('article')
    await expect(row).toHaveAttribute('data-status', 'sending')
    await waitFor(() => expect(row).not.toHaveAttribute('data-status', 'sending'), { timeout: 5_000 })
    await expect(list.getByText('On my way').closest('article')).toBe(row)
  },
}

const unreliable = inHarbour({
  server: () => ({ users: USERS, rooms: [harbour(), ...elsewhere()], seed: 7 }),
})

/** Every fifth event is lost, every fifth comes twice, every fifth too late; what is shown is right, and stays so. */
export const BadNetwork: Story = {
  ...inApp(unreliable),
  parameters: { fault: 'unreliable' },
  play: async ({ canvasElement }) => {
    const list = await messagesIn(canvasElement)
    await within(list).findByText('I will look at the board after lunch.')
    const shown = () =>
      [...list.querySelectorAll('.qw-bubble-text')].map(({ textContent }) => textContent).slice(-5)
    let last = 0
    const say = () => unreliable.server().inject('harbour', { sender: 'bob', content: `Number ${++last}` })
    while (last < 20) say()
    const isRight = () => {
      const numbers = shown().map((text) => Number(text?.replace('Number ', '')))
      const [first = Number.NaN] = numbers
      return first > 15 && numbers.every((number, index) => number === first + index)
    }
    // A lost one is missed when the next one comes.
    for (let tries = 0; tries < 50 && !isRight(); tries++) {
      say()
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
    await expect(shown()).toHaveLength(5)
    await expect(isRight()).toBe(true)
  },
}

const long = createScene({
  server: () => ({ users: USERS, rooms: [harbour({ messages: talk(50_000) }), ...elsewhere()] }),
})

/** Fifty thousand messages. Pages come as one scrolls up; only what is in view has elements. */
export const LongHistory: Story = {
  ...inApp(long),
  play: async ({ canvasElement }) => {
    const list = await messagesIn(canvasElement)
    await within(list).findByText(/^50000:/, {}, { timeout: 45_000 })
    for (let page = 1; page <= 5; page++) {
      const height = list.scrollHeight
      list.scrollTop = 0
      await waitFor(() => expect(list.scrollHeight).toBeGreaterThan(height + 1_000), { timeout: 20_000 })
    }
    await expect(list.querySelectorAll('article').length).toBeLessThan(60)
  },
}

const busy = createScene({
  server: () => ({ users: USERS, rooms: [harbour({ messages: talk(300) }), ...elsewhere()] }),
  prepare: (server) => {
    let number = 0
    const timer = setInterval(() => {
      number += 1
      server.inject('harbour', { sender: number % 3 === 0 ? 'carol' : 'bob', content: `Message ${number}` })
    }, 60)
    return () => clearInterval(timer)
  },
})

/** A thousand messages a minute: the newest stay in view, and the announcer sums up. */
export const BusyRoom: Story = {
  ...inApp(busy),
  play: async ({ canvas, canvasElement }) => {
    const list = await messagesIn(canvasElement)
    // Each of them is in view for a moment only.
    await within(list).findAllByText(/^Message ([2-9]\d|\d{3,})$/, {}, { timeout: 30_000 })
    await expect(belowEnd(list)).toBeLessThanOrEqual(80)
    await waitFor(
      () =>
        expect(canvas.getByRole('status', { name: 'New messages' })).toHaveTextContent(/\d+ new messages/),
      { timeout: 4_000 },
    )
  },
}

const withTokens = (tokens: Tokens) =>
  inHarbour({
    client: { tokenManager: tokens },
    prepare: () => {
      tokens.reset()
      return undefined
    },
  })

// A connection is renewed half a minute before its token runs out: here, after a second and a half.
const renewedTokens = createTokens('alice', 31_500)
const renewing = withTokens(renewedTokens)

/** The token is about to run out: a second connection takes over before that, and nobody notices. */
export const TokenRenewal: Story = {
  ...inApp(renewing),
  play: async ({ canvas, canvasElement }) => {
    const list = within(await messagesIn(canvasElement))
    await list.findByText('I will look at the board after lunch.')
    const connectionIds = () =>
      renewing
        .server()
        .state()
        .connections.map(({ id }) => id)
    const [first] = connectionIds()
    await waitFor(() => expect(connectionIds()).not.toContain(first), { timeout: 6_000 })
    await expect(connectionIds()).toHaveLength(1)
    await expect(renewedTokens.refreshed()).toBe(1)
    renewing.server().inject('harbour', { sender: 'bob', content: 'Still there?' })
    await expect(await list.findByText('Still there?')).toBeVisible()
    await expect(list.getAllByText('Still there?')).toHaveLength(1)
    await expect(canvas.getByRole('status', { name: 'Connection' })).toBeEmptyDOMElement()
  },
}

const expiredTokens = createTokens('alice', -60_000)
const expired = withTokens(expiredTokens)

/** The token has run out already: refused with 4001, a fresh one is asked for, once. */
export const TokenExpired: Story = {
  ...inApp(expired),
  play: async ({ canvasElement }) => {
    const list = within(await messagesIn(canvasElement))
    await expect(await list.findByText('I will look at the board after lunch.')).toBeVisible()
    await expect(expiredTokens.refreshed()).toBe(1)
  },
}
