import type { Meta, StoryObj } from '@storybook/react-vite'
import { expect, fn, waitFor, within } from 'storybook/test'
import code from './code/ChatRoom.tsx?raw'
import { ChatRoom } from './components/ChatRoom.tsx'
import { Frame } from './support/Frame.tsx'
import { harbour, talk, USERS } from './support/people.ts'
import { createScene, type Scene, type SceneOptions } from './support/scene.tsx'

const inHarbour = (options: SceneOptions = {}) =>
  createScene({ server: () => ({ users: USERS, rooms: [harbour()] }), ...options })

/** A room: who is there, what was said, who is writing, and where to write oneself. One hook per concern. */
const meta = {
  component: ChatRoom,
  args: { roomId: 'harbour' },
  parameters: { docs: { source: { code } } },
} satisfies Meta<typeof ChatRoom>

export default meta
type Story = StoryObj<typeof meta>

const shownIn = (scene: Scene): Pick<Story, 'beforeEach' | 'decorators'> => ({
  beforeEach: scene.beforeEach,
  decorators: [
    (Story) => (
      <Frame height={560}>
        <scene.As user="alice">{Story()}</scene.As>
      </Frame>
    ),
  ],
})

const live = inHarbour()

/** Somebody else types and writes; what they say is read out, outside of the list. */
export const Live: Story = {
  ...shownIn(live),
  play: async ({ canvas }) => {
    await canvas.findByText('I will look at the board after lunch.')
    live.server().act('bob', 'typing_indicator', { room_id: 'harbour', is_typing: true })
    await expect(await canvas.findByText('bob is typing')).toBeVisible()
    live.server().inject('harbour', { sender: 'bob', content: 'Thanks!' })
    const list = canvas.getByRole('log', { name: 'Messages' })
    await waitFor(() => expect(list).toHaveTextContent('Thanks!'))
    await waitFor(() => expect(canvas.queryByText('bob is typing')).toBeNull())
    const announcer = canvas.getByRole('status', { name: 'New messages' })
    await waitFor(() => expect(announcer).toHaveTextContent('bob: Thanks!'), { timeout: 3_000 })
    const said = announcer.firstElementChild
    live.server().inject('harbour', { sender: 'bob', content: 'Thanks!' })
    await waitFor(() => expect(announcer.firstElementChild).not.toBe(said), { timeout: 3_000 })
    await expect(announcer).toHaveTextContent(/^bob: Thanks!$/)
  },
}

const read = inHarbour()

/** What one has written is marked as read when somebody reads it. */
export const ReadByOthers: Story = {
  ...shownIn(read),
  play: async ({ canvas, userEvent }) => {
    await canvas.findByText('I will look at the board after lunch.')
    await userEvent.type(canvas.getByRole('textbox', { name: 'Message' }), 'Here it is{Enter}')
    const sent = await waitFor(() => {
      const messages = read.server().state().rooms[0]?.messages ?? []
      const found = messages.find(({ content }) => content === 'Here it is')
      if (!found) throw new Error('Not sent yet')
      return found
    })
    read.server().act('carol', 'read_receipt', { room_id: 'harbour', message_id: sent.id })
    await expect(await canvas.findByText('Read by carol')).toBeVisible()
  },
}

const refusing = inHarbour({
  prepare: (server) => {
    const rejection = { code: 'forbidden', message: 'The room is closed for the night', retryable: false }
    server.faults.rejectNext('chat_message', { ...rejection, times: 2 })
    return undefined
  },
})

const refused = inHarbour()

/** Refused by the server: the message says so, and what can be done. */
export const FailedSends: Story = {
  ...shownIn(refused),
  tags: ['failure'],
  parameters: { fault: 'messages refused' },
  play: async ({ canvas, userEvent }) => {
    await canvas.findByText('I will look at the board after lunch.')
    await userEvent.type(canvas.getByRole('textbox', { name: 'Message' }), 'Is anybody there?{Enter}')
    await expect(await canvas.findByText('Closed for the night')).toBeVisible()
    await userEvent.click(canvas.getByRole('button', { name: 'Retry' }))
    await expect(await canvas.findByRole('button', { name: 'Discard' })).toBeVisible()
  },
}

/** The way back: it goes when it is sent once more, or it is thrown away. */
export const RetryAndDiscard: Story = {
  ...shownIn(refusing),
  play: async ({ canvas, userEvent }) => {
    await canvas.findByText('I will look at the board after lunch.')
    const field = canvas.getByRole('textbox', { name: 'Message' })
    await userEvent.type(field, 'Is anybody there?{Enter}')
    await canvas.findByRole('button', { name: 'Retry' })
    await userEvent.type(field, 'Hello?{Enter}')
    await waitFor(() => expect(canvas.getAllByText('The room is closed for the night')).toHaveLength(2))
    const [retry] = canvas.getAllByRole('button', { name: 'Retry' })
    if (retry) await userEvent.click(retry)
    await waitFor(() => expect(canvas.getAllByText(/closed for the night/)).toHaveLength(1))
    await userEvent.click(canvas.getByRole('button', { name: 'Discard' }))
    await waitFor(() => expect(canvas.queryByText('Hello?')).toBeNull())
    await expect(canvas.getByText('Is anybody there?')).toBeVisible()
  },
}

const missing = inHarbour({ haste: 50 })

export const NotAMember: Story = {
  ...shownIn(missing),
  args: { roomId: 'nowhere' },
  play: async ({ canvas }) => {
    await expect(await canvas.findByText('There is no such room', {}, { timeout: 5_000 })).toBeVisible()
  },
}

const unread = inHarbour({
  server: () => ({ users: USERS, rooms: [harbour({ messages: talk(30), unread: { alice: 5 } })] }),
})

/** The divider stands where the unread ones began, also after they have been read. */
export const Unread: Story = {
  ...shownIn(unread),
  play: async ({ canvas }) => {
    await expect(await canvas.findByText('New messages')).toBeVisible()
    const isRead = () =>
      unread
        .server()
        .state()
        .rooms[0]?.members.find(({ userKey }) => userKey.includes('alice'))?.unreadCount
    await waitFor(() => expect(isRead()).toBe(0), { timeout: 3_000 })
    await expect(canvas.getByText('New messages')).toBeVisible()
  },
}

const past = inHarbour({ server: () => ({ users: USERS, rooms: [harbour({ messages: talk(2_000) })] }) })

/** Opens in the middle of the history; new messages are counted until one jumps to the latest. */
export const JumpToMessage: Story = {
  ...shownIn(past),
  args: { around: 't1000' },
  play: async ({ canvas, userEvent }) => {
    await expect(await canvas.findByText(/^1000:/)).toBeVisible()
    await userEvent.click(await canvas.findByRole('button', { name: 'Jump to latest' }))
    await expect(await canvas.findByText(/^2000:/)).toBeVisible()
    await waitFor(() => expect(canvas.queryByRole('button', { name: 'Jump to latest' })).toBeNull())
  },
}

const above = inHarbour({ server: () => ({ users: USERS, rooms: [harbour({ messages: talk(60) })] }) })

/** While one reads above nothing moves: what comes is counted, in words as well. */
export const NewBelow: Story = {
  ...shownIn(above),
  play: async ({ canvas }) => {
    const list = canvas.getByRole('log', { name: 'Messages' })
    await canvas.findByText(/^60:/)
    await waitFor(() => expect(list.scrollTop).toBeGreaterThan(500))
    list.scrollTop -= 600
    await canvas.findByRole('button', { name: 'Jump to latest' })
    for (const content of ['Are you there?', 'It is about the pier', 'And the board']) {
      above.server().inject('harbour', { sender: 'bob', content })
    }
    await expect(await canvas.findByRole('button', { name: /3 new messages/ })).toBeVisible()
  },
}

const longAgo = inHarbour({ server: () => ({ users: USERS, rooms: [harbour({ messages: talk(2_000) })] }) })

/** Escape leaves the past, as it leaves a room. */
export const EscapeFromThePast: Story = {
  ...shownIn(longAgo),
  args: { around: 't1000', onBack: fn() },
  play: async ({ canvas, userEvent, args }) => {
    await canvas.findByText(/^1000:/)
    await userEvent.type(canvas.getByRole('textbox', { name: 'Message' }), '{Escape}')
    await expect(await canvas.findByText(/^2000:/)).toBeVisible()
    await expect(args.onBack).not.toHaveBeenCalled()
  },
}

const torn = inHarbour()

/** An event was lost, the next one has come, and what was asked for because of that has no answer yet. */
export const Gap: Story = {
  ...shownIn(torn),
  tags: ['failure'],
  parameters: { fault: 'gap' },
  play: async ({ canvas }) => {
    const missing = await canvas.findByText('Some messages are missing here', {}, { timeout: 5_000 })
    await expect(missing).toBeVisible()
    await expect(canvas.queryByText('Lost on the way')).toBeNull()
  },
}

const gappy = inHarbour()

/** The way back: what is missing is asked for, and takes its place. */
export const GapFilled: Story = {
  ...shownIn(gappy),
  play: async ({ canvas }) => {
    await canvas.findByText('I will look at the board after lunch.')
    const { faults } = gappy.server()
    faults.drop = 1
    gappy.server().inject('harbour', { sender: 'bob', content: 'Lost on the way' })
    faults.drop = 0
    gappy.server().inject('harbour', { sender: 'bob', content: 'Anybody?' })
    faults.latencyMs = 1_500
    await expect(
      await canvas.findByText('Some messages are missing here', {}, { timeout: 3_000 }),
    ).toBeVisible()
    const log = canvas.getByRole('log', { name: 'Messages' })
    await waitFor(() => expect(log).toHaveTextContent(/Lost on the way.*Anybody\?/), { timeout: 6_000 })
    await waitFor(() => expect(canvas.queryByText('Some messages are missing here')).toBeNull())
    await expect(log.scrollHeight - log.scrollTop - log.clientHeight).toBeLessThanOrEqual(1)
  },
}

const quiet = inHarbour({
  server: () => ({ users: USERS, rooms: [harbour({ members: ['alice'], messages: [] })] }),
})

/** Nobody else is here, and nothing was said. */
export const Empty: Story = {
  ...shownIn(quiet),
  play: async ({ canvas, userEvent }) => {
    await expect(await canvas.findByText('No messages yet. Say hello!')).toBeVisible()
    await userEvent.type(canvas.getByRole('textbox', { name: 'Message' }), 'Hello{Enter}')
    await expect(await within(canvas.getByRole('log')).findByText('Hello')).toBeVisible()
  },
}

const phone = inHarbour()

/** As on a phone: one pane, and a way back. */
export const Narrow: Story = {
  ...shownIn(phone),
  args: { onBack: fn() },
  decorators: [
    (Story) => (
      <div style={{ inlineSize: 328 }}>
        <Frame height={560}>
          <phone.As user="alice">{Story()}</phone.As>
        </Frame>
      </div>
    ),
  ],
  play: async ({ canvas, userEvent, args }) => {
    await canvas.findByText('I will look at the board after lunch.')
    const list = canvas.getByRole('log', { name: 'Messages' })
    await expect(list.scrollWidth).toBe(list.clientWidth)
    await userEvent.click(canvas.getByRole('button', { name: 'Back to rooms' }))
    await expect(args.onBack).toHaveBeenCalledOnce()
    await userEvent.type(canvas.getByRole('textbox', { name: 'Message' }), '{Escape}')
    await expect(args.onBack).toHaveBeenCalledTimes(2)
  },
}
