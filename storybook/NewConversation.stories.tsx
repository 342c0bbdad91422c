import type { Meta, StoryObj } from '@storybook/react-vite'
import { expect, fn, waitFor, within } from 'storybook/test'
import { NewConversation } from './components/newRoom/NewConversation.tsx'
import { RoomList } from './components/RoomList.tsx'
import { Frame } from './support/Frame.tsx'
import { elsewhere, harbour, USERS } from './support/people.ts'
import { createScene, type Scene, type SceneOptions } from './support/scene.tsx'

const code = `
const { createRoom } = useChatRooms()

// Between two people there is one: it is the room they have, or a new one.
const { id } = await createRoom({ kind: 'direct', members: [bob.id] })

// Asked for again after a failure, it is still one room.
await createRoom({ name: 'Plans', members: [bob.id, carol.id] })`

/** Writes to somebody, or begins a group; the room is in the list of everybody in it at once. */
const meta = {
  title: 'NewConversation',
  component: NewConversation,
  args: { onCreated: fn() },
  parameters: { docs: { source: { code } } },
} satisfies Meta<typeof NewConversation>

export default meta
type Story = StoryObj<typeof meta>

const PEOPLE = [...USERS, 'dave', 'erin', 'frank', 'grace', 'heidi', 'ivan']

const among = (options: SceneOptions = {}) =>
  createScene({
    server: () => ({ users: PEOPLE, rooms: [harbour({ members: PEOPLE }), ...elsewhere()] }),
    ...options,
  })

const shownIn = (scene: Scene, { width = 360, theme }: { width?: number; theme?: 'dark' } = {}) =>
  ({
    beforeEach: scene.beforeEach,
    decorators: [
      (Story) => (
        <Frame width={width} shows="surface" theme={theme}>
          <scene.As user="alice">
            {Story()}
            <RoomList />
          </scene.As>
        </Frame>
      ),
    ],
  }) satisfies Pick<Story, 'beforeEach' | 'decorators'>

type Canvas = Parameters<NonNullable<Story['play']>>[0]

const opened = async ({ canvas, userEvent }: Pick<Canvas, 'canvas' | 'userEvent'>) => {
  await canvas.findByRole('link', { name: /Harbour/ })
  await userEvent.click(canvas.getByRole('button', { name: 'New conversation' }))
  const dialog = within(await canvas.findByRole('dialog', { name: 'New conversation' }))
  await dialog.findByRole('checkbox', { name: 'dave' })
  return dialog
}

export const Opened: Story = {
  ...shownIn(among()),
  play: async (context) => {
    const dialog = await opened(context)
    await expect(dialog.getByRole('searchbox', { name: 'Search people' })).toHaveFocus()
    await expect(dialog.getAllByRole('checkbox')).toHaveLength(8)
    await expect(dialog.queryByRole('checkbox', { name: 'alice' })).toBeNull()
    await expect(dialog.getByRole('button', { name: 'Choose somebody' })).toBeDisabled()
  },
}

export const InTheDark: Story = { ...Opened, ...shownIn(among(), { theme: 'dark' }) }

const two = among()

/** With one other: whom it is with is its name, for each of them; with bob there is a conversation already. */
export const WithOne: Story = {
  ...shownIn(two),
  play: async (context) => {
    const { canvas, userEvent, args } = context
    const dialog = await opened(context)
    await userEvent.click(dialog.getByRole('checkbox', { name: 'dave' }))
    await userEvent.click(dialog.getByRole('button', { name: 'Write to dave' }))
    await expect(await canvas.findByRole('link', { name: /^dave/ })).toBeVisible()
    await waitFor(() => expect(canvas.queryByRole('dialog')).toBeNull())
    await expect(args.onCreated).toHaveBeenCalledOnce()
    const again = await opened(context)
    await userEvent.click(again.getByRole('checkbox', { name: 'bob' }))
    await userEvent.click(again.getByRole('button', { name: 'Write to bob' }))
    await waitFor(() => expect(args.onCreated).toHaveBeenLastCalledWith('alice-bob'))
    await expect(canvas.getAllByRole('link', { name: /^bob/ })).toHaveLength(1)
  },
}

const group = among()

/** Search, Enter, search, Enter, a name, Enter: no pointer, and the focus is back where it was. */
export const GroupByKeyboard: Story = {
  ...shownIn(group),
  play: async (context) => {
    const { canvas, userEvent } = context
    const dialog = await opened(context)
    await userEvent.keyboard('CAR')
    await expect(await dialog.findByText('1 found')).toBeVisible()
    await userEvent.keyboard('{Enter}da{Enter}')
    await expect(dialog.getByRole('checkbox', { name: 'carol' })).toBeChecked()
    await expect(dialog.getByRole('checkbox', { name: 'dave' })).toBeChecked()
    await userEvent.keyboard('{ArrowDown}')
    await expect(dialog.getByRole('checkbox', { name: 'bob' })).toHaveFocus()
    await userEvent.keyboard(' {ArrowDown}{ArrowDown} ')
    await expect(dialog.getByRole('checkbox', { name: 'dave' })).not.toBeChecked()
    await expect(dialog.getByRole('button', { name: 'Begin a group of 3' })).toBeDisabled()
    await userEvent.click(dialog.getByRole('textbox', { name: 'Name of the group' }))
    await userEvent.keyboard('Tide tables{Enter}')
    await expect(await canvas.findByRole('link', { name: /Tide tables/ })).toBeVisible()
    await waitFor(() => expect(canvas.queryByRole('dialog')).toBeNull())
    await expect(canvas.getByRole('button', { name: 'New conversation' })).toHaveFocus()
  },
}

export const Group: Story = {
  ...shownIn(among()),
  play: async (context) => {
    const { userEvent } = context
    const dialog = await opened(context)
    for (const name of ['bob', 'erin']) await userEvent.click(dialog.getByRole('checkbox', { name }))
    await userEvent.type(dialog.getByRole('textbox', { name: 'Name of the group' }), 'Tide tables')
    await expect(dialog.getByRole('button', { name: 'Begin a group of 3' })).toBeEnabled()
  },
}

export const NobodyOfThatName: Story = {
  ...shownIn(among()),
  play: async (context) => {
    const dialog = await opened(context)
    await context.userEvent.keyboard('zoë{Enter}')
    await expect(await dialog.findByText('Nobody of that name.')).toBeVisible()
    await expect(dialog.queryByRole('checkbox')).toBeNull()
  },
}

const refusing = among({
  prepare: (server) => {
    server.faults.rejectNext('create_room', {
      code: 'forbidden',
      message: 'Only the office makes rooms',
      retryable: false,
    })
    return undefined
  },
})

/** Refused, the dialog says why, and what was chosen is still there. */
export const Refused: Story = {
  ...shownIn(refusing),
  play: async (context) => {
    const dialog = await opened(context)
    await context.userEvent.click(dialog.getByRole('checkbox', { name: 'dave' }))
    await context.userEvent.click(dialog.getByRole('button', { name: 'Write to dave' }))
    await waitFor(() => expect(dialog.getByRole('alert')).toHaveTextContent('Only the office makes rooms'))
    await expect(dialog.getByRole('checkbox', { name: 'dave' })).toBeChecked()
    await expect(dialog.getByRole('button', { name: 'Write to dave' })).toBeEnabled()
  },
}

const waiting = among()

/** While the room is made the button says so, and keeps the focus. */
export const Waiting: Story = {
  ...shownIn(waiting),
  play: async (context) => {
    const dialog = await opened(context)
    await context.userEvent.click(dialog.getByRole('checkbox', { name: 'dave' }))
    waiting.server().faults.latencyMs = 60_000
    await context.userEvent.click(dialog.getByRole('button', { name: 'Write to dave' }))
    const button = await dialog.findByRole('button', { name: 'One moment…' })
    await expect(button).toHaveFocus()
    await expect(button).toHaveAttribute('aria-disabled', 'true')
  },
}

/** At 320 px nothing is cut, and the button is in view. */
export const Phone: Story = {
  ...Group,
  ...shownIn(among(), { width: 320 }),
  globals: { viewport: { value: 'mobile1' } },
}
