import type { Meta, StoryObj } from '@storybook/react-vite'
import { expect, waitFor } from 'storybook/test'
import type { ChatMessage } from '../src/chat/index.ts'
import { Attachments } from './components/attachments/Attachments.tsx'
import { Message } from './components/Message.tsx'
import { Frame } from './support/Frame.tsx'
import { harbour, message, USERS } from './support/people.ts'
import { SendingFiles, uploadHalf } from './support/SendingFiles.tsx'
import { createScene } from './support/scene.tsx'

const scene = createScene({
  server: () => ({ users: USERS, rooms: [harbour({ messages: [] })] }),
  client: {
    upload: uploadHalf,
  },
})

const code = `
const { send, retry, discard, cancelUpload } = useSendMessage(roomId)
await send({ content: 'Look', files: [file] })     // on screen at once, uploaded when it can be sent

message.attachments?.map((attachment) => <img src={attachmentUrl(attachment)} … />)
message.local?.uploads                              // { [attachment id]: 0 … 1 }`

/** Files that come with a message. Their place is kept free while they load, and nothing of them runs. */
const meta = {
  component: Attachments,
  beforeEach: scene.beforeEach,
  decorators: [
    (Story) => (
      <Frame>
        <scene.As user="alice">{Story()}</scene.As>
      </Frame>
    ),
  ],
  parameters: { docs: { source: { code } } },
} satisfies Meta<typeof Attachments>

export default meta
type Story = StoryObj<typeof meta>

const pier = `data:image/svg+xml,${encodeURIComponent('<svg xmlns="http://www.w3.org/2000/svg"/>')}`
const drawn = (width: number, height: number) => {
  const canvas = Object.assign(document.createElement('canvas'), { width, height })
  const brush = canvas.getContext('2d')
  if (brush) {
    Object.assign(brush, { fillStyle: '#8fb8d0' }).fillRect(0, 0, width, height)
    Object.assign(brush, { fillStyle: '#2f5d7c' }).fillRect(0, height * 0.62, width, height)
    Object.assign(brush, { fillStyle: '#f3c969' }).fillRect(
      width * 0.7,
      height * 0.15,
      height / 6,
      height / 6,
    )
  }
  const [, data = ''] = canvas.toDataURL('image/png').split(',')
  return URL.createObjectURL(
    new Blob([Uint8Array.from(atob(data), (sign) => sign.charCodeAt(0))], { type: 'image/png' }),
  )
}

const picture = (width: number, height: number) => ({
  id: `p${width}`,
  name: 'The empty pier.png',
  mime_type: 'image/png',
  size: 48_211,
  url: drawn(width, height),
  width,
  height,
})
const file = {
  id: 'f1',
  name: 'Tide tables 2026.pdf',
  mime_type: 'application/pdf',
  size: 1_834_000,
  url: '/t.pdf',
}

const quiet = { onRetry: () => undefined, onDiscard: () => undefined }
const one = { startsDay: false, startsUnread: false, startsGroup: true, endsGroup: true }
const Shown = ({ message, isOwn }: { readonly message: ChatMessage; readonly isOwn: boolean }) => (
  <Message message={message} isOwn={isOwn} isTabStop {...one} {...quiet} />
)

/** Wide, tall, and one that does not say how large it is. */
export const Pictures: Story = {
  args: { message: message({ id: 'm1', content: '' }) },
  render: () => (
    <>
      <Shown isOwn={false} message={message({ id: 'm1', content: '', attachments: [picture(1_200, 800)] })} />
      <Shown
        isOwn
        message={message({
          id: 'm2',
          content: 'And the tall one',
          attachments: [{ ...picture(300, 900), width: null, height: null }],
        })}
      />
    </>
  ),
  play: async ({ canvas }) => {
    const pictures = canvas.getAllByRole('img', { name: 'The empty pier.png' })
    await expect(pictures).toHaveLength(2)
    const [wide, unsaid] = pictures
    await expect(wide?.getBoundingClientRect()).toMatchObject({ width: 300, height: 200 })
    await expect(unsaid?.getBoundingClientRect()).toMatchObject({ width: 240, height: 180 })
  },
}

/** Its place is as large before there is anything in it. */
export const PictureThatLoads: Story = {
  args: {
    message: message({ id: 'm1', content: '', attachments: [{ ...picture(1_200, 800), url: '/never.png' }] }),
  },
  play: async ({ canvas }) => {
    const box = canvas.getByRole('link').getBoundingClientRect()
    await expect([box.width, box.height]).toEqual([300, 200])
  },
}

export const File_: Story = {
  name: 'File',
  args: { message: message({ id: 'm1', content: '', attachments: [file] }) },
  render: () => (
    <Shown isOwn={false} message={message({ id: 'm1', content: 'As promised', attachments: [file] })} />
  ),
  play: async ({ canvas }) => {
    const link = canvas.getByRole('link', { name: /Tide tables 2026.pdf.*1.8 MB.*Download/ })
    await expect(link).toHaveAttribute('download', 'Tide tables 2026.pdf')
    await expect(link).toHaveAttribute('rel', 'noreferrer noopener')
  },
}

/** An address that would run something is none; what cannot be shown is a file. */
export const Hostile: Story = {
  args: {
    message: message({
      id: 'm1',
      content: '',
      attachments: [
        { ...file, id: 1, name: '\u202Egnp.exe', url: 'java\nscript:alert(1)' },
        { ...picture(10, 10), url: pier },
        { ...file, id: 3, name: 'x'.repeat(255), mime_type: 'image/svg+xml', url: 'data:text/html,x' },
      ],
    }),
  },
  play: async ({ canvas, canvasElement }) => {
    await expect(canvas.queryByRole('link')).toBeNull()
    await expect(canvas.queryByRole('img')).toBeNull()
    await expect(canvasElement.scrollWidth).toBeLessThanOrEqual(canvasElement.clientWidth)
  },
}

/** It is in the list at once; how far it is can be seen, and heard of. */
export const Uploading: Story = {
  args: { message: message({ id: 'm1', content: '' }) },
  render: () => <SendingFiles label="Send it" files={{ 'tides.txt': 'Here they are' }} />,
  play: async ({ canvas, userEvent }) => {
    await userEvent.click(canvas.getByRole('button', { name: 'Send it' }))
    const progress = await canvas.findByRole('progressbar', { name: 'Uploading tides.txt' })
    await waitFor(() => expect(progress).toHaveAttribute('value', '0.4'))
    await expect(canvas.getByText('40 %')).toBeVisible()
  },
}

/** Cancelled, it stays, to be sent again or not. */
export const Cancelled: Story = {
  args: { message: message({ id: 'm1', content: '' }) },
  render: () => <SendingFiles label="Send it" files={{ 'tides.txt': 'Here they are' }} />,
  play: async ({ canvas, userEvent }) => {
    await userEvent.click(canvas.getByRole('button', { name: 'Send it' }))
    await canvas.findByText('40 %')
    await userEvent.click(canvas.getByRole('button', { name: 'Cancel the upload' }))
    await expect(await canvas.findByText('The upload was cancelled.')).toBeVisible()
    await expect(canvas.queryByRole('progressbar')).toBeNull()
    await userEvent.click(canvas.getByRole('button', { name: 'Retry' }))
    await expect(await canvas.findByText('40 %')).toBeVisible()
    await userEvent.click(canvas.getByRole('button', { name: 'Cancel the upload' }))
    await canvas.findByText('The upload was cancelled.')
  },
}

export const Failed: Story = {
  args: { message: message({ id: 'm1', content: '' }) },
  render: () => <SendingFiles label="Send it" files={{ 'refused.txt': 'Here they are' }} />,
  play: async ({ canvas, userEvent }) => {
    await userEvent.click(canvas.getByRole('button', { name: 'Send it' }))
    await expect(await canvas.findByText(/was not uploaded: there is no room/)).toBeVisible()
    await expect(scene.server().state().rooms[0]?.messages).toEqual([])
    await expect(canvas.getByRole('button', { name: 'Retry' })).toBeEnabled()
  },
}

export const Sent: Story = {
  args: { message: message({ id: 'm1', content: '' }) },
  render: () => <SendingFiles label="Send it" files={{ 'quick.txt': 'Here they are' }} />,
  play: async ({ canvas, userEvent }) => {
    await userEvent.click(canvas.getByRole('button', { name: 'Send it' }))
    await expect(await canvas.findByRole('link', { name: /quick.txt/ })).toBeVisible()
    await waitFor(() => expect(canvas.getByRole('img', { name: 'Sent' })).toBeVisible())
  },
}
