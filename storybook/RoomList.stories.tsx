import type { Meta, StoryObj } from '@storybook/react-vite'
import { expect, fn, waitFor } from 'storybook/test'
import code from './code/RoomList.tsx?raw'
import { RoomList } from './components/RoomList.tsx'
import { Frame } from './support/Frame.tsx'
import { harbour, talk, USERS } from './support/people.ts'
import { createScene, type Scene } from './support/scene.tsx'

const LONG_NAME = 'Wolfeschlegelsteinhausenbergerdorff'

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
const longNames = createScene({
  server: () => ({
    users: [...USERS, LONG_NAME],
    rooms: [
      harbour({
        name: 'The harbour, the old pier, North Dock and everything else along the water',
        members: [LONG_NAME, 'alice'],
        messages: talk(3_000).map((seed) => ({ ...seed, sender: LONG_NAME })),
        unread: { alice: 1_000 },
      }),
      { id: 'word', name: LONG_NAME, messages: [{ sender: LONG_NAME, content: 'one\n\ntwo' }] },
      { id: 'arabic', name: 'رصيف الميناء', messages: [{ sender: 'bob', content: 'متى تغادر العبّارة؟' }] },
    ],
  }),
})
const refusing = createScene({ haste: 50 })
const silence = createScene({ client: { tokenManager: { getAccessToken: () => new Promise(() => {}) } } })

/** The rooms of the user as links: last activity first, what is unread, and the last thing that was said. */
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
    await canvas.findByRole('link', { name: /^bob/ })
    rooms.server().inject('alice-bob', { sender: 'bob', content: 'Are you coming?' })
    await waitFor(async () => {
      const [first] = canvas.getAllByRole('link')
      await expect(first).toHaveAccessibleName(/^bob.*Are you coming\?.*1 unread/)
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

/** What does not fit is cut where it can be read on: the time, the number and the other rooms stay where they are. */
export const LongNames: Story = {
  ...shownIn(longNames),
  play: async ({ canvas }) => {
    const link = await canvas.findByRole('link', { name: /old pier/ })
    await expect(link).toHaveAccessibleName(/99\+ unread/)
    const list = canvas.getByRole('navigation', { name: 'Rooms' })
    await expect(list.scrollWidth).toBe(list.clientWidth)
  },
}

export const Unavailable: Story = {
  ...shownIn(refusing),
  tags: ['failure'],
  parameters: { fault: 'rooms refused' },
  play: async ({ canvas }) => {
    await expect(
      await canvas.findByText('The rooms could not be loaded: Closed for the night', {}, { timeout: 5_000 }),
    ).toBeVisible()
  },
}

export const Loading: Story = {
  ...shownIn(silence),
  play: async ({ canvas }) => {
    await expect(canvas.getByText('Loading rooms…')).toBeVisible()
  },
}
