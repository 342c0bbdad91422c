import type { Meta, StoryObj } from '@storybook/react-vite'
import { expect, waitFor, within } from 'storybook/test'
import code from './code/Rooms.tsx?raw'
import { ChatRoom } from './components/ChatRoom.tsx'
import { RoomList } from './components/RoomList.tsx'
import { OWN, openMenu } from './support/acting.tsx'
import { Frame } from './support/Frame.tsx'
import { elsewhere, harbour, USERS } from './support/people.ts'
import { createScene, type Scene, type SceneOptions } from './support/scene.tsx'

/** Who is in a room, how one gets in and out, and what a room says that one cannot read. */
const meta = {
  title: 'Rooms',
  component: ChatRoom,
  args: { roomId: 'harbour' },
  parameters: { docs: { source: { code } } },
} satisfies Meta<typeof ChatRoom>

export default meta
type Story = StoryObj<typeof meta>

const inHarbour = (options: SceneOptions = {}) =>
  createScene({
    server: () => ({
      users: USERS,
      rooms: [harbour({ roles: { bob: 'admin', carol: 'guest' } }), ...elsewhere()],
    }),
    ...options,
  })

const shownIn = (scene: Scene, theme?: 'dark'): Pick<Story, 'beforeEach' | 'decorators'> => ({
  beforeEach: scene.beforeEach,
  decorators: [
    (Story) => (
      <Frame height={560} theme={theme}>
        <scene.As user="alice">{Story()}</scene.As>
      </Frame>
    ),
  ],
})

const members = inHarbour()

/** By keyboard: the dialog keeps the focus, Escape closes it and not the room, and the focus is where it was. */
export const Members: Story = {
  ...shownIn(members),
  play: async ({ canvas, userEvent }) => {
    await canvas.findByText('It does. Send it over?')
    const button = await canvas.findByRole('button', { name: 'Members' })
    button.focus()
    await userEvent.keyboard('{Enter}')
    const dialog = within(await canvas.findByRole('dialog', { name: 'Members' }))
    await expect(await dialog.findAllByRole('listitem')).toHaveLength(3)
    await expect(dialog.getByText('admin')).toBeVisible()
    await expect(dialog.getByText('you')).toBeVisible()
    await userEvent.click(dialog.getByRole('button', { name: 'Close' }))
    await waitFor(() => expect(canvas.queryByRole('dialog')).toBeNull())
    await expect(button).toHaveFocus()
    await userEvent.click(button)
  },
}

export const MembersInTheDark: Story = { ...Members, ...shownIn(inHarbour(), 'dark') }

const leaving = inHarbour()

/** Asked once more. Then the room says what it is now, without a field to write in, and lets one in again. */
export const LeaveAndJoin: Story = {
  ...shownIn(leaving),
  play: async ({ canvas, userEvent }) => {
    await canvas.findByText('It does. Send it over?')
    await userEvent.click(await canvas.findByRole('button', { name: 'Members' }))
    const dialog = within(await canvas.findByRole('dialog', { name: 'Members' }))
    await userEvent.click(await dialog.findByRole('button', { name: 'Leave the room' }))
    await userEvent.click(dialog.getByRole('button', { name: 'Leave' }))
    await expect(await canvas.findByText('You are no longer in this room')).toBeVisible()
    await expect(canvas.queryByRole('textbox')).toBeNull()
    await userEvent.click(canvas.getByRole('button', { name: 'Join the room' }))
    await expect(await canvas.findByRole('textbox', { name: 'Message' })).toBeVisible()
    await expect(await canvas.findByText('It does. Send it over?')).toBeVisible()
  },
}

const asked = inHarbour()

/** The focus is at what does no harm, and what was deleted a moment ago is so for those who stay. */
export const LeaveWithSomethingDeleted: Story = {
  ...shownIn(asked),
  play: async ({ canvas, userEvent }) => {
    const menu = await openMenu(canvas, OWN)
    await userEvent.click(menu.getByRole('menuitem', { name: 'Delete' }))
    await userEvent.click(await canvas.findByRole('button', { name: 'Members' }))
    const dialog = within(await canvas.findByRole('dialog', { name: 'Members' }))
    await userEvent.click(await dialog.findByRole('button', { name: 'Leave the room' }))
    await expect(dialog.getByRole('button', { name: 'Stay' })).toHaveFocus()
    await userEvent.click(dialog.getByRole('button', { name: 'Leave' }))
    await expect(await canvas.findByText('You are no longer in this room')).toBeVisible()
    const [room] = asked.server().state().rooms
    await expect(room?.messages.find(({ id }) => id === 'm7')).toHaveProperty('deleted_at')
  },
}

const sure = inHarbour()

export const LeaveAsked: Story = {
  ...shownIn(sure),
  play: async ({ canvas, userEvent }) => {
    await userEvent.click(await canvas.findByRole('button', { name: 'Members' }))
    const dialog = within(await canvas.findByRole('dialog', { name: 'Members' }))
    await userEvent.click(await dialog.findByRole('button', { name: 'Leave the room' }))
    sure.server().faults.latencyMs = 60_000
    await userEvent.click(dialog.getByRole('button', { name: 'Leave' }))
    await expect(dialog.getByRole('button', { name: 'Leave' })).toHaveAttribute('aria-disabled', 'true')
  },
}

const unknown = inHarbour()

export const Unknown: Story = {
  ...shownIn(unknown),
  args: { roomId: 'nowhere' },
  play: async ({ canvas }) => {
    await expect(await canvas.findByText('There is no such room', {}, { timeout: 5_000 })).toBeVisible()
    await expect(canvas.queryByRole('textbox')).toBeNull()
    await expect(canvas.queryByRole('button', { name: 'Join the room' })).toBeNull()
  },
}

const strange = inHarbour({
  server: () => ({
    users: USERS,
    rooms: [{ id: 'secret', kind: 'direct' as const, members: ['bob', 'carol'], messages: [] }],
  }),
})

/** Somebody else's: one may ask, and is told how else one gets in when the answer is no. */
export const NotAMember: Story = {
  ...shownIn(strange),
  args: { roomId: 'secret' },
  play: async ({ canvas, userEvent }) => {
    await expect(await canvas.findByText('You are not in this room', {}, { timeout: 5_000 })).toBeVisible()
    await expect(canvas.queryByRole('textbox')).toBeNull()
    await userEvent.click(canvas.getByRole('button', { name: 'Join the room' }))
    await expect(await canvas.findByText('This room is closed')).toBeVisible()
    await expect(canvas.getByText(/ask somebody who is in it/)).toBeVisible()
    await expect(canvas.queryByRole('button', { name: 'Join the room' })).toBeNull()
  },
}

const slow = inHarbour({
  server: () => ({ users: USERS, rooms: [harbour({ members: ['bob', 'carol'] })] }),
})

/** Whoever asks waits for the answer, and has the focus where it was. */
export const Asking: Story = {
  ...shownIn(slow),
  play: async ({ canvas, userEvent }) => {
    const button = await canvas.findByRole('button', { name: 'Join the room' }, { timeout: 5_000 })
    slow.server().faults.latencyMs = 60_000
    await userEvent.click(button)
    await expect(await canvas.findByRole('button', { name: 'Asking…' })).toHaveFocus()
  },
}

const direct = inHarbour()

/** A conversation of two is called by the other one, for each of them; what they say needs no name before it. */
export const TwoPeople: Story = {
  beforeEach: direct.beforeEach,
  // Two pages side by side, each with its own list of rooms.
  parameters: { a11y: { config: { rules: [{ id: 'landmark-unique', enabled: false }] } } },
  render: () => (
    <div className="story-pair">
      {['alice', 'bob'].map((user) => (
        <section key={user} aria-label={user}>
          <Frame width={340} shows="surface">
            <direct.As user={user}>
              <RoomList />
            </direct.As>
          </Frame>
        </section>
      ))}
    </div>
  ),
  play: async ({ canvas }) => {
    const of = (user: string) => within(canvas.getByRole('region', { name: user }))
    await expect(
      await of('alice').findByRole('link', { name: /^bob.*Tickets are/ }),
    ).not.toHaveAccessibleName(/bob: /)
    await expect(await of('bob').findByRole('link', { name: /^alice.*You: Tickets are/ })).toBeVisible()
    await expect(of('bob').getByRole('link', { name: /Lunch.*carol: Soup/ })).toBeVisible()
  },
}

const offline = inHarbour({ haste: 20 })

/** What waits to be sent stands in the list of rooms. */
export const WaitingToBeSent: Story = {
  tags: ['failure'],
  parameters: { fault: 'offline' },
  beforeEach: offline.beforeEach,
  render: () => (
    <Frame height={560}>
      <offline.As user="alice">
        <div className="story-app">
          <RoomList selectedRoomId="harbour" />
          <ChatRoom roomId="harbour" />
        </div>
      </offline.As>
    </Frame>
  ),
  play: async ({ canvas, canvasElement, userEvent }) => {
    await canvas.findByText('It does. Send it over?')
    await waitFor(() => expect(offline.server().state().connections).toHaveLength(0), { timeout: 5_000 })
    await userEvent.type(canvas.getByRole('textbox', { name: 'Message' }), 'Can **anybody** hear me?{Enter}')
    await waitFor(() =>
      expect(canvasElement.querySelector('.qw-rooms')).toHaveTextContent(
        'You: Can anybody hear me? (waiting)',
      ),
    )
  },
}
