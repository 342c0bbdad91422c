import type { Meta, StoryObj } from '@storybook/react-vite'
import { expect, waitFor } from 'storybook/test'
import { MessageComposer } from './components/MessageComposer.tsx'
import { Frame } from './support/Frame.tsx'
import { harbour, USERS } from './support/people.ts'
import { createScene } from './support/scene.tsx'

const scene = createScene({
  server: () => ({
    users: USERS,
    rooms: ['harbour', 'pier', 'quay'].map((id) => harbour({ id, messages: [] })),
  }),
})

const code = `
const [draft, setDraft] = useDraft(roomId)
const { send } = useSendMessage(roomId)
const { keystroke, stop } = useTyping(roomId)

const submit = async () => {
  await send(draft)      // resolves when the message is on screen and on its way, also offline
  setDraft('')
  stop()
}`

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
