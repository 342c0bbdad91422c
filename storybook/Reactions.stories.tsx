import type { Meta, StoryObj } from '@storybook/react-vite'
import { expect, waitFor } from 'storybook/test'
import { Reactions } from './components/actions/Reactions.tsx'
import { ChatRoom } from './components/ChatRoom.tsx'
import { PeopleProvider } from './components/people.ts'
import { Frame } from './support/Frame.tsx'
import { harbour, message, USERS } from './support/people.ts'
import { createScene } from './support/scene.tsx'

const code = `
message.reactions // [{ name: '👍', count: 3, me: false, user_ids: ['bob', 'carol', 'dave'] }]

// The names are those of the members; of a server that names nobody there is the number.
const { data: members } = useQuery(chat.members(roomId))`

/** Who has reacted how: said by each chip, to the pointer, to the keyboard, and to who listens. */
const meta = {
  title: 'Reactions',
  component: Reactions,
  args: {
    message: message({
      id: 'm',
      content: 'x',
      reactions: [
        { name: '👍', count: 12, me: true, user_ids: ['alice', 'bob', 'carol'] },
        { name: '🎉', count: 1, me: false, user_ids: ['bob'] },
        // As a server says it that counts and names nobody.
        { name: '👀', count: 3, me: false },
      ],
    }),
  },
  decorators: [
    (Story) => (
      <Frame width={320} shows="surface">
        <PeopleProvider
          value={{ nameOf: String, isMe: (id) => String(id) === 'alice', called: () => undefined }}
        >
          <div style={{ padding: '48px 24px' }}>{Story()}</div>
        </PeopleProvider>
      </Frame>
    ),
  ],
  parameters: { docs: { source: { code } } },
} satisfies Meta<typeof Reactions>

export default meta
type Story = StoryObj<typeof meta>

const noActions = new Proxy({} as never, { get: () => () => undefined })

/** By keyboard: with the focus comes who it was, and Escape takes that away and nothing else. */
export const Who: Story = {
  args: { actions: noActions },
  play: async ({ canvas, userEvent }) => {
    const [thumbs, party, eyes] = canvas.getAllByRole('button')
    await expect(thumbs).toHaveAccessibleName('👍 12, You, bob, carol, and 9 others')
    await expect(party).toHaveAccessibleName('🎉 1, bob')
    await expect(eyes).toHaveAccessibleName('👀 3, 3 people')
    const who = canvas.getByText(/9 others/)
    await expect(who).not.toBeVisible()
    await userEvent.tab()
    await expect(thumbs).toHaveFocus()
    await expect(who).toBeVisible()
    const { right } = who.getBoundingClientRect()
    await expect(right).toBeLessThanOrEqual(document.documentElement.clientWidth)
    await userEvent.keyboard('{Escape}')
    await expect(canvas.queryByText(/9 others/)).toBeNull()
    await expect(thumbs).toHaveFocus()
    await userEvent.tab()
    await userEvent.tab({ shift: true })
    await expect(canvas.getByText(/9 others/)).toBeVisible()
  },
}

const room = createScene({ server: () => ({ users: USERS, rooms: [harbour()] }) })

/** A tap says oneself at once; what others do is there as soon as they have done it. */
export const Live: Story = {
  beforeEach: room.beforeEach,
  decorators: [
    () => (
      <Frame height={560}>
        <room.As user="alice">
          <ChatRoom roomId="harbour" />
        </room.As>
      </Frame>
    ),
  ],
  play: async ({ canvas, userEvent }) => {
    const eyes = await canvas.findByRole('button', { name: '👀 1, bob' })
    await userEvent.click(eyes)
    await expect(eyes).toHaveAccessibleName('👀 2, You and bob')
    const tap = { room_id: 'harbour', message_id: 'm5', reaction: '👀' }
    room.server().act('carol', 'add_reaction', tap)
    await waitFor(() => expect(eyes).toHaveAccessibleName('👀 3, You, bob, and carol'))
    await userEvent.click(eyes)
    await expect(eyes).toHaveAccessibleName('👀 2, bob and carol')
  },
}
