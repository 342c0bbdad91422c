import type { Meta, StoryObj } from '@storybook/react-vite'
import { expect, spyOn, waitFor, within } from 'storybook/test'
import code from './code/MessageActions.tsx?raw'
import { ChatRoom } from './components/ChatRoom.tsx'
import {
  choose,
  type Harbour,
  inHarbour,
  OWN,
  press,
  rowOf,
  said,
  saidOf,
  THEIRS,
  unreadOf,
  type Way,
} from './support/acting.tsx'
import type { SceneOptions } from './support/scene.tsx'

/** Each action three times: with a pointer, by keyboard alone, and with a finger on a phone. */
const meta = {
  title: 'MessageActions/Three ways',
  component: ChatRoom,
  args: { roomId: 'harbour' },
  parameters: { docs: { source: { code } } },
} satisfies Meta<typeof ChatRoom>

export default meta
type Story = StoryObj<typeof meta>
type Context = Parameters<NonNullable<Story['play']>>[0]

interface Acting {
  readonly way: Way
  readonly used: Harbour
  readonly context: Context
  /** Chooses from the menu of the message that says so. */
  readonly act: (text: string, item: string) => Promise<void>
}

/** A room of its own for each way; the page of documentation shows one of the three. */
const acting = (play: (acting: Acting) => Promise<void>, options?: SceneOptions) => (way: Way) => {
  const used = inHarbour(way === 'phone' ? { width: 360 } : {}, options)
  const story: Story = {
    ...used.shown,
    tags: way === 'pointer' ? [] : ['!autodocs'],
    play: (context) => play({ way, used, context, act: (text, item) => choose(way, context, [text, item]) }),
  }
  return story
}

const react = acting(async ({ way, context, act }) => {
  await act(THEIRS, '👍')
  const chip = await within(await rowOf(context.canvas, THEIRS)).findByRole('button', { name: '👍 1, You' })
  await expect(chip).toHaveAttribute('aria-pressed', 'true')
  await expect(context.canvas.getByRole('status', { name: 'What was done' })).toHaveTextContent('👍')
  await press(way, context, chip)
  await waitFor(() => expect(chip).not.toBeInTheDocument())
  await act(THEIRS, '🎉')
})

export const ReactByPointer = react('pointer')
export const ReactByKeyboard = react('keyboard')
export const ReactOnAPhone = react('phone')

const reply = acting(async ({ used, context, act }) => {
  const { canvas, userEvent } = context
  await act(THEIRS, 'Reply')
  const field = canvas.getByRole('textbox', { name: 'Message' })
  await waitFor(() => expect(field).toHaveFocus())
  await expect(canvas.getByText(/^Reply to/)).toBeVisible()
  await userEvent.keyboard('Here it is{Enter}')
  await expect(await canvas.findByRole('button', { name: `Answers bob ${THEIRS}` })).toBeVisible()
  await waitFor(() => expect(said(used).at(-1)).toMatchObject({ content: 'Here it is', reply_to_id: 'm6' }))
})

export const ReplyByPointer = reply('pointer')
export const ReplyByKeyboard = reply('keyboard')
export const ReplyOnAPhone = reply('phone')

const edit = acting(async ({ used, context, act }) => {
  const { canvas, userEvent } = context
  await act(OWN, 'Edit')
  const field = canvas.getByRole('textbox', { name: 'Message' })
  await waitFor(() => expect(field).toHaveFocus())
  await expect(field).toHaveValue(OWN)
  await userEvent.keyboard(' Or now.{Enter}')
  await expect(await canvas.findByText('edited')).toBeVisible()
  await waitFor(() => expect(saidOf(used, 'm7')?.content).toBe(`${OWN} Or now.`))
})

export const EditByPointer = edit('pointer')
export const EditByKeyboard = edit('keyboard')
export const EditOnAPhone = edit('phone')

const remove = acting(async ({ way, used, context, act }) => {
  const { canvas } = context
  await act(OWN, 'Delete')
  await press(way, context, await canvas.findByRole('button', { name: 'Undo' }))
  await expect(await canvas.findByText(OWN)).toBeVisible()
  await act(OWN, 'Delete')
  await expect(await canvas.findByText('Message deleted')).toBeVisible()
  await expect(saidOf(used, 'm7')).not.toHaveProperty('deleted_at')
})

export const DeleteByPointer = remove('pointer')
export const DeleteByKeyboard = remove('keyboard')
export const DeleteOnAPhone = remove('phone')

const copy = acting(async ({ context, act }) => {
  const { canvas } = context
  // A test has no clipboard, and must not write into that of whoever looks.
  const write = spyOn(navigator.clipboard, 'writeText').mockResolvedValue()
  const done = canvas.getByRole('status', { name: 'What was done' })
  try {
    await act(THEIRS, 'Copy text')
    await waitFor(() => expect(done).toHaveTextContent('Text copied'))
    await expect(write).toHaveBeenLastCalledWith(THEIRS)
    await act(THEIRS, 'Copy link')
    await waitFor(() => expect(done).toHaveTextContent('Link copied'))
    await expect(write).toHaveBeenLastCalledWith(expect.stringContaining('?room=harbour&message=m6'))
  } finally {
    write.mockRestore()
  }
})

export const CopyByPointer = copy('pointer')
export const CopyByKeyboard = copy('keyboard')
export const CopyOnAPhone = copy('phone')

const markUnread = acting(async ({ used, context, act }) => {
  await act(THEIRS, 'Mark as unread')
  await waitFor(() => expect(unreadOf(used)).toBe(1))
  await expect(await within(context.canvas.getByRole('log')).findByText('New messages')).toBeVisible()
})

export const MarkUnreadByPointer = markUnread('pointer')
export const MarkUnreadByKeyboard = markUnread('keyboard')
export const MarkUnreadOnAPhone = markUnread('phone')

const retryAndDiscard = acting(
  async ({ way, used, context }) => {
    const { canvas, userEvent } = context
    // Beside the message, where one sees that it was not sent.
    const pressIn = async (text: string, name: string) =>
      press(way, context, within(await rowOf(canvas, text)).getByRole('button', { name }))
    await rowOf(canvas, OWN)
    const field = canvas.getByRole('textbox', { name: 'Message' })
    await userEvent.type(field, 'Is anybody there?{Enter}')
    await canvas.findByText('Closed for a moment')
    await userEvent.type(field, 'Hello?{Enter}')
    await waitFor(() => expect(canvas.getAllByText('Closed for a moment')).toHaveLength(2))
    canvas.getByRole('log', { name: 'Messages' }).focus()
    await pressIn('Is anybody there?', 'Retry')
    await waitFor(() => expect(said(used).at(-1)?.content).toBe('Is anybody there?'))
    canvas.getByRole('log', { name: 'Messages' }).focus()
    await pressIn('Hello?', 'Discard')
    await waitFor(() => expect(canvas.queryByText('Hello?')).toBeNull())
  },
  {
    prepare: ({ faults }) => {
      const message = 'Closed for a moment'
      faults.rejectNext('chat_message', { code: 'forbidden', message, retryable: false, times: 2 })
      return undefined
    },
  },
)

export const RetryAndDiscardByPointer = retryAndDiscard('pointer')
export const RetryAndDiscardByKeyboard = retryAndDiscard('keyboard')
export const RetryAndDiscardOnAPhone = retryAndDiscard('phone')
