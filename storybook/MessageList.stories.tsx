import type { Meta, StoryObj } from '@storybook/react-vite'
import { expect, fn, waitFor } from 'storybook/test'
import code from './code/MessageList.tsx?raw'
import { MessageList } from './components/MessageList.tsx'
import { Frame } from './support/Frame.tsx'
import { message, messagesOf, morning, talk } from './support/people.ts'

/** The messages of a room, virtualised: only what is in view has elements, however long the history is. */
const meta = {
  component: MessageList,
  args: { messages: messagesOf(morning()), currentUserId: 'alice', onRetry: fn(), onDiscard: fn() },
  decorators: [
    (Story, { parameters }) => (
      <Frame height={480} theme={parameters.theme}>
        {Story()}
      </Frame>
    ),
  ],
  parameters: { docs: { source: { code } } },
} satisfies Meta<typeof MessageList>

export default meta
type Story = StoryObj<typeof meta>

const longName = { id: 'x', username: 'Wolfeschlegelsteinhausenbergerdorff of the Old Pier Ferry Company' }
const alice = { id: 'alice', username: 'alice' }

/** Days, groups of one sender within five minutes, and who wrote what. */
export const Conversation: Story = {
  play: async ({ canvas }) => {
    const list = canvas.getByRole('log', { name: 'Messages' })
    await expect(list).toHaveAttribute('aria-live', 'off')
    // Minutes ago was yesterday, shortly after midnight.
    await expect(canvas.getAllByText(/^(Today|Yesterday)$/).at(-1)).toBeVisible()
    await expect(canvas.getByText('This is where it began')).toBeInTheDocument()
    await waitFor(() => expect(list.scrollTop + list.clientHeight).toBeGreaterThan(list.scrollHeight - 2))
  },
}

export const Loading: Story = {
  args: { messages: [], isLoading: true },
  play: async ({ canvas }) => {
    await expect(canvas.getByRole('img', { name: 'Loading messages' })).toBeVisible()
  },
}

export const Empty: Story = {
  args: { messages: [] },
  play: async ({ canvas }) => {
    await expect(canvas.getByText('No messages yet. Say hello!')).toBeVisible()
  },
}

export const Unavailable: Story = {
  args: { messages: [], error: new Error('You are not a member of this room') },
  play: async ({ canvas }) => {
    await expect(canvas.getByText(/You are not a member of this room/)).toBeVisible()
  },
}

/** A short conversation sits at the bottom, next to where one writes. */
export const Short: Story = {
  args: { messages: messagesOf(morning().slice(-1)) },
  play: async ({ canvas }) => {
    const list = canvas.getByRole('log', { name: 'Messages' }).getBoundingClientRect()
    const row = (await canvas.findByRole('article')).getBoundingClientRect()
    await expect(list.bottom - row.bottom).toBeLessThan(20)
  },
}

/** Waiting, on its way, arrived, read, refused: each on the row it belongs to. */
export const Sending: Story = {
  args: {
    messages: [
      message({ id: 1, content: 'Did you get the tickets?' }),
      message({ id: 2, content: 'Yes, two of them', sender: alice, local: local('a', 'sent') }),
      message({ id: 3, content: 'On the upper deck', sender: alice, local: local('b', 'sending') }),
      message({ id: 4, content: 'See you there', sender: alice, local: local('c', 'queued') }),
      message({
        id: 5,
        content: 'And bring your own coffee',
        sender: alice,
        local: { ...local('d', 'failed'), error: new Error('Refused: too many messages at once') },
      }),
    ],
  },
  play: async ({ canvas, userEvent, args }) => {
    for (const label of ['Sent', 'Sending', 'Waiting to be sent', 'Not sent']) {
      await expect(canvas.getByRole('img', { name: label })).toBeVisible()
    }
    await userEvent.click(canvas.getByRole('button', { name: 'Retry' }))
    await expect(args.onRetry).toHaveBeenCalledWith('d')
    await userEvent.click(canvas.getByRole('button', { name: 'Discard' }))
    await expect(args.onDiscard).toHaveBeenCalledWith('d')
  },
}

function local(key: string, status: 'queued' | 'sending' | 'sent' | 'failed') {
  return { key, status, attempts: 1 } as const
}

export const EditedDeletedAndReactions: Story = {
  args: {
    messages: [
      message({ id: 1, content: 'The 9:15 leaves from North Dock', edited_at: new Date().toISOString() }),
      message({ id: 2, content: 'gone', deleted_at: new Date().toISOString() }),
      message({
        id: 3,
        content: 'Thank you all!',
        sender: alice,
        reactions: [
          { name: '🎉', count: 3, me: true },
          { name: '👍', count: 1, me: false },
        ],
      }),
    ],
    readersOf: () => [{ id: 'bob', username: 'bob' }],
  },
  play: async ({ canvas }) => {
    await expect(canvas.getByText('edited')).toBeVisible()
    await expect(canvas.getByText('Message deleted')).toBeVisible()
    await expect(canvas.queryByText('gone')).toBeNull()
    await expect(canvas.getByRole('list', { name: 'Reactions' })).toHaveTextContent('🎉 3')
    await expect(canvas.getByText('Read by bob')).toBeVisible()
  },
}

/** Above the first message that was unread when the room was opened. */
export const Unread: Story = {
  args: { firstUnreadId: 'm6' },
  play: async ({ canvas }) => {
    const divider = canvas.getByText('New messages').getBoundingClientRect()
    const read = canvas.getByText(/I have a picture of it/).getBoundingClientRect()
    const unread = canvas.getByText('It does. Send it over?').getBoundingClientRect()
    await expect(divider.top).toBeGreaterThan(read.bottom)
    await expect(divider.bottom).toBeLessThan(unread.top)
  },
}

/** While one reads above, new messages are counted and nothing moves. */
export const ReadingAbove: Story = {
  args: { messages: messagesOf(talk(200)) },
  play: async ({ canvas, userEvent }) => {
    const list = canvas.getByRole('log', { name: 'Messages' })
    await waitFor(() => expect(list.scrollTop).toBeGreaterThan(500))
    list.scrollTop -= 1_000
    await userEvent.click(await canvas.findByRole('button', { name: 'Jump to latest' }))
    await waitFor(() => expect(list.scrollTop + list.clientHeight).toBeGreaterThan(list.scrollHeight - 2))
    await waitFor(() => expect(canvas.queryByRole('button', { name: 'Jump to latest' })).toBeNull())
  },
}

/** What the next one is measured against. */
export const FiveThousand: Story = {
  tags: ['!autodocs', '!test'],
  args: { messages: messagesOf(talk(5_000)) },
}

/** A window of fifty thousand, all of them loaded: what is not in view has no element, and costs nothing to scroll past. */
export const FiftyThousand: Story = {
  args: { messages: messagesOf(talk(50_000)) },
  play: async ({ canvas }) => {
    await expect(await canvas.findByText(/^50000:/)).toBeVisible()
    await expect(canvas.getAllByRole('article').length).toBeLessThan(60)
  },
}

/** Something was said that has not arrived yet. */
export const Gap: Story = {
  args: { hasGap: true },
  play: async ({ canvas }) => {
    await expect(canvas.getByText('Some messages are missing here')).toBeVisible()
    await expect(canvas.getByRole('img', { name: 'Loading missing messages' })).toBeVisible()
  },
}

/** Long words and names, addresses, emoji, lines, and another direction: nothing is lost, nothing sticks out. */
export const HardToShow: Story = {
  args: {
    messages: [
      message({ id: 1, content: 'Wolfeschlegelsteinhausenbergerdorff'.repeat(4), sender: longName }),
      message({
        id: 2,
        content:
          'Here: https://example.com/a/very/long/path?with=a&very=long-query#and-a-place. Did you see it?',
        sender: longName,
      }),
      message({ id: 3, content: 'First line\n\n    indented\n<b>not bold</b>', sender: alice }),
      message({ id: 4, content: 'متى تغادر العبّارة؟ At 7:40?' }),
      message({ id: 5, content: '🎉👩🏽‍🚀🇩🇪' }),
      message({ id: 6, content: 'https://example.com', sender: alice }),
      message({ id: 7, content: 'Nobody knows when', timestamp: 'soon' }),
    ],
  },
  decorators: [
    (Story) => <div style={{ display: 'flex', flex: 1, minBlockSize: 0, maxInlineSize: 328 }}>{Story()}</div>,
  ],
  play: async ({ canvas }) => {
    const link = await canvas.findByRole('link', { name: /very\/long/ })
    await expect(link).toHaveAttribute(
      'href',
      'https://example.com/a/very/long/path?with=a&very=long-query#and-a-place',
    )
    await expect(canvas.getByText(/<b>not bold<\/b>/)).toBeVisible()
    const list = canvas.getByRole('log', { name: 'Messages' })
    await expect(list.scrollWidth).toBe(list.clientWidth)
  },
}

/** Older ones are on their way. */
export const LoadingOlder: Story = {
  args: { messages: messagesOf(talk(4)), hasOlder: true, isLoadingOlder: true },
  play: async ({ canvas }) => {
    await expect(canvas.getByRole('img', { name: 'Loading older messages' })).toBeVisible()
  },
}

/** A failure while older messages are loaded is told where they would be. */
export const OlderFailed: Story = {
  args: {
    messages: messagesOf(talk(100)),
    hasOlder: true,
    error: new Error('Timed out'),
    loadOlder: fn(),
  },
  play: async ({ canvas, userEvent, args }) => {
    const list = canvas.getByRole('log', { name: 'Messages' })
    await waitFor(() => expect(list.scrollTop).toBeGreaterThan(500))
    await expect(args.loadOlder).not.toHaveBeenCalled()
    list.scrollTop = 0
    await waitFor(() => expect(args.loadOlder).toHaveBeenCalled())
    await userEvent.click(canvas.getByRole('button', { name: /Try again/ }))
  },
}

/** Every message in its own direction, and the whole in that of the page. */
export const RightToLeft: Story = {
  args: {
    messages: [
      message({ id: 1, content: 'متى تغادر العبّارة؟' }),
      message({ id: 2, content: 'At 7:40, from Old Pier', sender: alice }),
      message({ id: 3, content: 'شكرًا!' }),
    ],
  },
  decorators: [
    (Story) => (
      <div dir="rtl" style={{ display: 'flex', flex: 1, minBlockSize: 0 }}>
        {Story()}
      </div>
    ),
  ],
  play: async ({ canvas }) => {
    const [theirs, own] = await canvas.findAllByRole('article')
    const left = (row: HTMLElement | undefined) =>
      row?.querySelector('.qw-bubble')?.getBoundingClientRect().left ?? Number.NaN
    await expect(left(own)).toBeLessThan(left(theirs))
  },
}

export const Dark: Story = {
  args: { firstUnreadId: 'm6' },
  parameters: { theme: 'dark' },
  play: async ({ canvas }) => {
    await expect(await canvas.findByText('It does. Send it over?')).toBeVisible()
  },
}
