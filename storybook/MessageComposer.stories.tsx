import type { Meta, StoryObj } from '@storybook/react-vite'
import { expect, fn, waitFor, within } from 'storybook/test'
import code from './code/MessageComposer.tsx?raw'
import { MessageComposer } from './components/MessageComposer.tsx'
import { Frame } from './support/Frame.tsx'
import { harbour, message, USERS } from './support/people.ts'
import { createScene } from './support/scene.tsx'

const scene = createScene({
  server: () => ({
    users: USERS,
    rooms: ['harbour', 'pier', 'quay', 'shore', 'dock', 'choosing'].map((id) =>
      harbour({ id, messages: [] }),
    ),
  }),
})

/** Where one writes. Enter sends, Shift+Enter breaks the line; what is not sent stays, also over a reload. */
const meta = {
  component: MessageComposer,
  args: { roomId: 'harbour' },
  beforeEach: scene.beforeEach,
  decorators: [
    (Story) => (
      <Frame>
        <scene.As user="alice">{Story()}</scene.As>
      </Frame>
    ),
  ],
  parameters: { docs: { source: { code } } },
} satisfies Meta<typeof MessageComposer>

export default meta
type Story = StoryObj<typeof meta>

const contents = () =>
  scene
    .server()
    .state()
    .rooms.flatMap(({ messages }) => messages.map(({ content }) => content))

/** There is nothing to send yet. */
export const Empty: Story = {
  play: async ({ canvas }) => {
    await expect(canvas.getByRole('button', { name: 'Send' })).toBeDisabled()
  },
}

/** Shift+Enter breaks the line, Enter sends; the field is empty then, and still has the focus. */
export const Sending: Story = {
  play: async ({ canvas, userEvent }) => {
    const field = canvas.getByRole('textbox', { name: 'Message' })
    await userEvent.type(field, 'First line{Shift>}{Enter}{/Shift}and second')
    await expect(field).toHaveValue('First line\nand second')
    await userEvent.type(field, '{Enter}')
    await waitFor(() => expect(field).toHaveValue(''))
    await expect(field).toHaveFocus()
    await waitFor(() => expect(contents()).toContain('First line\nand second'))
    await userEvent.type(field, 'By button')
    await userEvent.click(canvas.getByRole('button', { name: 'Send' }))
    await waitFor(() => expect(contents()).toContain('By button'))
    await expect(field).toHaveFocus()
  },
}

/** Several lines make it grow, up to a point. */
export const LongDraft: Story = {
  args: { roomId: 'pier' },
  play: async ({ canvas, userEvent }) => {
    const field = canvas.getByRole('textbox', { name: 'Message' })
    const height = field.offsetHeight
    await userEvent.click(field)
    await userEvent.paste(Array.from({ length: 30 }, (_, line) => `Line ${line + 1}`).join('\n'))
    await expect(field.offsetHeight).toBeGreaterThan(height)
    await expect(field.offsetHeight).toBeLessThanOrEqual(160)
  },
}

/** What no server would take is refused at once, and stays where it can be changed. */
export const TooLong: Story = {
  args: { roomId: 'quay' },
  play: async ({ canvas, userEvent }) => {
    const field = canvas.getByRole('textbox', { name: 'Message' })
    await userEvent.click(field)
    await userEvent.paste('too long '.repeat(500))
    await userEvent.click(canvas.getByRole('button', { name: 'Send' }))
    await expect(await canvas.findByRole('alert')).toHaveTextContent('too long for one message')
    await expect(field).toHaveValue('too long '.repeat(500))
  },
}

/** Near the limit it is counted, beyond it the number is negative; and it is told now and then, not with every letter. */
export const NearTheLimit: Story = {
  args: { roomId: 'shore' },
  play: async ({ canvas, userEvent }) => {
    const field = canvas.getByRole('textbox', { name: 'Message' })
    await userEvent.click(field)
    await userEvent.paste('🌊'.repeat(3_780))
    await expect(canvas.queryByText('220')).toBeNull()
    await userEvent.paste('🌊'.repeat(80))
    await expect(await canvas.findByText('140')).toBeVisible()
    await expect(canvas.getByText('Room for fewer than 150 characters')).toBeInTheDocument()
    await userEvent.paste('🌊'.repeat(145))
    await expect(await canvas.findByText('-5')).toBeVisible()
  },
}

/** An `@` opens the members: arrows and Enter choose, Escape goes on without. */
export const Mentions: Story = {
  args: { roomId: 'dock' },
  decorators: [(Story) => <div style={{ paddingBlockStart: 120 }}>{Story()}</div>],
  play: async ({ canvas, userEvent }) => {
    const field = canvas.getByRole('textbox', { name: 'Message' })
    await userEvent.type(field, 'Ask @')
    const members = await canvas.findByRole('listbox', { name: 'Members' })
    await expect(within(members).getAllByRole('option')).toHaveLength(2)
    await expect(within(members).getByRole('option', { name: /bob/ })).toHaveAttribute(
      'aria-selected',
      'true',
    )
    await expect(canvas.getByText('2 members to choose from')).toBeInTheDocument()
    await userEvent.keyboard('{ArrowDown}')
    const chosen = within(members).getByRole('option', { selected: true })
    await expect(field).toHaveAttribute('aria-activedescendant', chosen.id)
    await userEvent.keyboard('{Enter}')
    await expect(field).toHaveValue('Ask @carol ')
    await expect(canvas.queryByRole('listbox')).toBeNull()
    await userEvent.keyboard('and @b')
    await userEvent.click(await canvas.findByRole('option', { name: /bob/ }))
    await expect(field).toHaveValue('Ask @carol and @bob ')
    await expect(field).toHaveFocus()
    await userEvent.keyboard('@c{Escape}')
    await expect(canvas.queryByRole('listbox')).toBeNull()
    await userEvent.keyboard('!{Enter}')
    await waitFor(() => expect(contents()).toContain('Ask @carol and @bob @c!'))
    await userEvent.keyboard('a@b')
    await expect(canvas.queryByRole('listbox')).toBeNull()
  },
}

/** Open, as it is. */
export const MembersToChoose: Story = {
  args: { roomId: 'choosing' },
  decorators: [(Story) => <div style={{ paddingBlockStart: 120 }}>{Story()}</div>],
  play: async ({ canvas, userEvent }) => {
    await userEvent.type(canvas.getByRole('textbox', { name: 'Message' }), 'Ask @')
    const members = within(await canvas.findByRole('listbox', { name: 'Members' }))
    await expect(members.getAllByRole('option')).toHaveLength(2)
  },
}

const said = message({
  id: 'm1',
  content: 'I have a picture of it, if it helps. It shows the board and the **empty** pier behind it.',
})

export const Answering: Story = {
  args: { mode: { kind: 'reply', message: said }, onModeEnd: fn() },
  play: async ({ canvas, userEvent, args }) => {
    await expect(canvas.getByText(/^Reply to/)).toBeVisible()
    await expect(canvas.getByRole('textbox', { name: 'Message' })).toHaveFocus()
    await userEvent.click(canvas.getByRole('button', { name: 'Do not reply' }))
    await expect(args.onModeEnd).toHaveBeenCalledOnce()
  },
}

/** What one was writing is not lost: it comes back when the change is made, or left. */
export const Editing: Story = {
  args: { mode: { kind: 'edit', message: said }, onModeEnd: fn() },
  play: async ({ canvas, userEvent, args }) => {
    const field = canvas.getByRole('textbox', { name: 'Message' })
    await expect(field).toHaveValue(said.content)
    await expect(canvas.getByRole('button', { name: 'Save' })).toBeEnabled()
    await userEvent.type(field, '{Escape}')
    await expect(args.onModeEnd).toHaveBeenCalledOnce()
  },
}

/** Where one may not write it says why. */
export const ReadOnly: Story = {
  args: { readOnlyReason: 'Only the harbour master writes here.' },
  play: async ({ canvas }) => {
    await expect(canvas.getByText('Only the harbour master writes here.')).toBeVisible()
    await expect(canvas.queryByRole('textbox')).toBeNull()
  },
}
