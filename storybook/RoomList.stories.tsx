import type { Meta, StoryObj } from '@storybook/react-vite'
import { expect, fn, waitFor } from 'storybook/test'
import { RoomList } from './components/RoomList.tsx'
import { Frame } from './support/Frame.tsx'
import { harbour, talk, USERS } from './support/people.ts'
import { createScene, type Scene } from './support/scene.tsx'

const rooms = createScene({
  server: () => ({
    users: USERS,
    rooms: [
      harbour({ unread: { alice: 3 } }),
      { id: 'lunch', name: 'Lunch', messages: talk(40), unread: { alice: 40 } },
      { id: 'alice-bob', name: 'Alice and Bob', kind: 'direct', members: ['alice', 'bob'] },
    ],
  }),
})
const noRooms = createScene({
  server: () => ({ users: USERS, rooms: [harbour({ members: ['bob'], messages: [] })] }),
})
const silence = createScene({ client: { tokenManager: { getAccessToken: () => new Promise(() => {}) } } })

const code = `
const { rooms } = useChatRooms()

<nav aria-label="Rooms">
  {rooms.map((room) => (
    <a key={room.id} href={'?room=' + room.id}>
      {room.name} {room.unread_count > 0 && room.unread_count} {room.last_message?.content}
    </a>
  ))}
</nav>`

const meta = {
  component: RoomList,
  args: { onSelect: fn() },
  parameters: { docs: { source: { code } } },
} satisfies Meta<typeof RoomList>

export default meta
type Story = StoryObj<typeof meta>

const shownIn = (scene: Scene): Pick<Story, 'beforeEach' | 'decorators'> => ({
  beforeEach: scene.beforeEach,
  decorators: [
    (Story) => (
      <Frame width={320} shows="surface">
        <scene.As user="alice">{Story()}</scene.As>
      </Frame>
    ),
  ],
})

export const Rooms: Story = {
  ...shownIn(rooms),
  args: { selectedRoomId: 'harbour' },
  play: async ({ canvas, userEvent, args }) => {
    const lunch = await canvas.findByRole('link', { name: /Lunch/ })
    await expect(lunch).toHaveAccessibleName(/25 unread/)
    await expect(await canvas.findByRole('link', { name: /Harbour/ })).toHaveAttribute('aria-current', 'page')
    await userEvent.click(lunch)
    await expect(args.onSelect).toHaveBeenCalledWith('lunch')
  },
}

/** A message moves its room to the top, and is counted there. */
export const Live: Story = {
  ...shownIn(rooms),
  play: async ({ canvas }) => {
    await canvas.findByRole('link', { name: /Alice and Bob/ })
    rooms.server().inject('alice-bob', { sender: 'bob', content: 'Are you coming?' })
    await waitFor(async () => {
      const [first] = canvas.getAllByRole('link')
      await expect(first).toHaveAccessibleName(/Alice and Bob.*bob: Are you coming\?.*1 unread/)
    })
  },
}

export const ByKeyboard: Story = {
  ...shownIn(rooms),
  play: async ({ canvas, userEvent, args }) => {
    await canvas.findByRole('link', { name: /Lunch/ })
    const links = canvas.getAllByRole('link')
    await userEvent.tab()
    await expect(links[0]).toHaveFocus()
    await userEvent.keyboard('{ArrowDown}{ArrowDown}')
    await expect(links[2]).toHaveFocus()
    await userEvent.keyboard('{ArrowDown}{Home}{End}{ArrowUp}')
    await expect(links[1]).toHaveFocus()
    await userEvent.keyboard('{Enter}')
    await expect(args.onSelect).toHaveBeenCalledOnce()
  },
}

export const Empty: Story = {
  ...shownIn(noRooms),
  play: async ({ canvas }) => {
    await expect(await canvas.findByText('You are in no room yet.')).toBeVisible()
  },
}

export const Loading: Story = {
  ...shownIn(silence),
  play: async ({ canvas }) => {
    await expect(canvas.getByText('Loading rooms…')).toBeVisible()
  },
}
