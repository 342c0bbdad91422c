import type { Meta, StoryObj } from '@storybook/react-vite'
import { expect, waitFor, within } from 'storybook/test'
import { useMessages, useSendMessage } from '../src/chat/index.ts'
import { UploadProgress } from './components/attachments/UploadProgress.tsx'
import { Message } from './components/Message.tsx'
import { Frame } from './support/Frame.tsx'
import { harbour, USERS } from './support/people.ts'
import { createScene } from './support/scene.tsx'

/** Each file goes half of the way, and waits there. */
const scene = createScene({
  server: () => ({ users: USERS, rooms: [harbour({ messages: [] })] }),
  client: {
    upload: (_file, { signal, onProgress }) =>
      new Promise((_resolve, reject) => {
        onProgress(0.4)
        signal.addEventListener('abort', () => reject(signal.reason))
      }),
  },
})

const code = `
const { cancelUpload } = useSendMessage(roomId)

// In another tab's hands it is stopped there.
{!message.local.isElsewhere && <button onClick={() => cancelUpload(message.local.key)}>Cancel</button>}`

/** How far the files of a message are, and the way to stop them. */
const meta = {
  title: 'Attachments/Uploads',
  component: UploadProgress,
  args: {
    roomId: 'harbour',
    name: 'tides.txt',
    isTabStop: true,
    local: { key: 'c1', status: 'sending', attempts: 1, uploads: { f1: 0.4 } },
  },
  beforeEach: scene.beforeEach,
  decorators: [
    (Story) => (
      <Frame>
        <scene.As user="alice">{Story()}</scene.As>
      </Frame>
    ),
  ],
  parameters: { docs: { source: { code } } },
} satisfies Meta<typeof UploadProgress>

export default meta
type Story = StoryObj<typeof meta>

/** Another tab has it in hand: it is shown, and stopped there. */
export const InAnotherTab: Story = {
  args: { local: { key: 'c1', status: 'sending', attempts: 1, isElsewhere: true, uploads: { f1: 0.4 } } },
  play: async ({ canvas }) => {
    await expect(canvas.getByRole('progressbar', { name: 'Uploading tides.txt' })).toBeVisible()
    await expect(canvas.queryByRole('button')).toBeNull()
  },
}

const one = { startsDay: false, startsUnread: false, startsGroup: true, endsGroup: true }

function Two() {
  const { messages } = useMessages('harbour')
  const { send, retry, discard } = useSendMessage('harbour')
  const say = (content: string, name: string) => void send({ content, files: [new File(['Tides'], name)] })
  return (
    <>
      <button
        type="button"
        className="qw-button"
        onClick={() => {
          say('The tides', 'tides.txt')
          say('And the times', 'times.txt')
        }}
      >
        Send both
      </button>
      {messages.map((each) => (
        <Message
          key={each.client_id ?? each.id}
          message={each}
          isOwn
          isTabStop
          {...one}
          onRetry={(key) => void retry(key)}
          onDiscard={discard}
        />
      ))}
    </>
  )
}

/** Behind another one. Whoever cancels it loses neither the text nor the file. */
export const Waiting: Story = {
  render: () => <Two />,
  play: async ({ canvas, userEvent }) => {
    await userEvent.click(canvas.getByRole('button', { name: 'Send both' }))
    await canvas.findByText('40 %')
    const [, waiting] = await canvas.findAllByRole('article')
    const second = within(waiting as HTMLElement)
    await expect(second.getByText('Waiting')).toBeVisible()
    await userEvent.click(second.getByRole('button', { name: 'Cancel the upload' }))
    await new Promise((resolve) => setTimeout(resolve, 300))
    await waitFor(() => expect(second.getByText('And the times')).toBeVisible())
    await expect(second.getByText('times.txt')).toBeVisible()
    await expect(canvas.getByText('40 %')).toBeVisible()
  },
}
