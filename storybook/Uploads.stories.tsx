import type { Meta, StoryObj } from '@storybook/react-vite'
import { expect, within } from 'storybook/test'
import { UploadProgress } from './components/attachments/UploadProgress.tsx'
import { Frame } from './support/Frame.tsx'
import { harbour, USERS } from './support/people.ts'
import { SendingFiles, uploadHalf } from './support/SendingFiles.tsx'
import { createScene } from './support/scene.tsx'

const scene = createScene({
  server: () => ({ users: USERS, rooms: [harbour({ messages: [] })] }),
  client: { upload: uploadHalf },
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

/** Behind another one. Whoever cancels it loses neither the text nor the file. */
export const Waiting: Story = {
  render: () => (
    <SendingFiles label="Send both" files={{ 'tides.txt': 'The tides', 'times.txt': 'And the times' }} />
  ),
  play: async ({ canvas, userEvent }) => {
    await userEvent.click(canvas.getByRole('button', { name: 'Send both' }))
    await canvas.findByText('40 %')
    const [, waiting] = await canvas.findAllByRole('article')
    const second = within(waiting as HTMLElement)
    await expect(second.getByText('Waiting')).toBeVisible()
    await userEvent.click(second.getByRole('button', { name: 'Cancel the upload' }))
    await expect(await second.findByText('The upload was cancelled.')).toBeVisible()
    await expect(second.getByText('And the times')).toBeVisible()
    await expect(second.getByText('times.txt')).toBeVisible()
    await expect(canvas.getByText('40 %')).toBeVisible()
  },
}
