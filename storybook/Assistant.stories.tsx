import type { Meta, StoryObj } from '@storybook/react-vite'
import { expect, waitFor } from 'storybook/test'
import type { ChatWriter } from '../src/server/index.ts'
import { ChatRoom } from './components/ChatRoom.tsx'
import { Frame } from './support/Frame.tsx'
import { createScene, type Scene } from './support/scene.tsx'

const code = `
const { messages } = useMessages(roomId)
const stop = useMutation(useChat().stopMessage(roomId))

return messages.map((message) => (
  <article key={keyOf(message)} aria-busy={isStreaming(message)}>
    {message.content}
    {isStreaming(message) && <button onClick={() => stop.mutate({ message_id: message.id })}>Stop</button>}
  </article>
))

// on the server
await using answer = await chat.write(roomId, { sender: 'assistant' })
for await (const text of model.stream(prompt, { signal: answer.signal })) answer.append(text)
await answer.end()`

/** A message that is written word by word: shown as it grows, stopped by whoever has heard enough, and honest about its end. */
const meta = {
  title: 'Assistant',
  component: ChatRoom,
  args: { roomId: 'answers' },
  parameters: { docs: { source: { code } } },
} satisfies Meta<typeof ChatRoom>

export default meta
type Story = StoryObj<typeof meta>

const createTalk = () =>
  createScene({
    server: () => ({
      users: ['alice', 'assistant'],
      rooms: [
        {
          id: 'answers',
          name: 'Assistant',
          kind: 'direct',
          members: ['alice', 'assistant'],
          messages: [{ sender: 'alice', content: 'How do I show the messages of a room?' }],
        },
      ],
    }),
  })

const shownIn = (scene: Scene): Pick<Story, 'beforeEach' | 'decorators'> => ({
  beforeEach: scene.beforeEach,
  decorators: [
    (Story) => (
      <Frame height={560}>
        <scene.As user="alice">{Story()}</scene.As>
      </Frame>
    ),
  ],
})

type Canvas = Parameters<NonNullable<Story['play']>>[0]['canvas']

/** So far, and no further. */
async function begin(scene: Scene, canvas: Canvas, text: string): Promise<ChatWriter> {
  await canvas.findByText(/How do I show/)
  const answer = await scene.server().write('answers', { sender: 'assistant' })
  await canvas.findByRole('button', { name: 'Stop' })
  answer.append(text)
  return answer
}

const beginning = createTalk()

/** Somebody has begun, and has not said anything yet. */
export const Beginning: Story = {
  ...shownIn(beginning),
  play: async ({ canvas }) => {
    await begin(beginning, canvas, '')
    await expect(canvas.getByRole('img', { name: 'Being written' })).toBeVisible()
  },
}

const streaming = createTalk()

/** What is open is shown as if it were closed: a block of code is one from its first line on. Read out once, when it is finished. */
export const Streaming: Story = {
  ...shownIn(streaming),
  play: async ({ canvas }) => {
    await begin(
      streaming,
      canvas,
      'Like **this**:\n\n```tsx\nfunction Messages({ roomId }) {\n  const { messages } = use',
    )
    const list = canvas.getByRole('log')
    await waitFor(() => expect(list.querySelector('pre')).toHaveTextContent(/^function Messages/))
    await expect(list).not.toHaveTextContent('```')
    await expect(list.querySelector('.qw-bubble[aria-busy]')).toBeVisible()
  },
}

const finished = createTalk()

export const Finished: Story = {
  ...shownIn(finished),
  play: async ({ canvas }) => {
    const answer = await begin(finished, canvas, 'With `useMessages(roomId)`. ')
    answer.append('They stay live by themselves.')
    await answer.end()
    const heard = canvas.getByRole('status', { name: 'New messages' })
    await waitFor(
      () =>
        expect(heard).toHaveTextContent(
          /^assistant: With useMessages\(roomId\)\. They stay live by themselves\.$/,
        ),
      { timeout: 5_000 },
    )
    await expect(canvas.queryByRole('button', { name: 'Stop' })).toBeNull()
  },
}

const stopped = createTalk()

/** What was written stands, for everybody. */
export const Stopped: Story = {
  ...shownIn(stopped),
  play: async ({ canvas, userEvent }) => {
    await begin(stopped, canvas, 'That is a long story. First of all')
    await canvas.findByText(/First of all/)
    await userEvent.click(canvas.getByRole('button', { name: 'Stop' }))
    await expect(await canvas.findByText('stopped')).toBeVisible()
    await expect(canvas.getByText('That is a long story. First of all')).toBeVisible()
  },
}

const byKeyboard = createTalk()

/** One step back from where one writes, and Enter. The focus stays with the message. */
export const StoppedByKeyboard: Story = {
  ...shownIn(byKeyboard),
  play: async ({ canvas, userEvent }) => {
    await begin(byKeyboard, canvas, 'That is a long story. First of all')
    await canvas.findByText(/First of all/)
    canvas.getByRole('textbox', { name: 'Message' }).focus()
    await userEvent.tab({ shift: true })
    await expect(canvas.getByRole('button', { name: 'Stop' })).toHaveFocus()
    await userEvent.keyboard('{Enter}')
    await expect(await canvas.findByText('stopped')).toBeVisible()
    await expect(canvas.getAllByRole('article').at(-1)).toHaveFocus()
  },
}

const brokenOff = createTalk()

/** Whoever wrote it is gone: it says so, and keeps what there is. */
export const BrokenOff: Story = {
  ...shownIn(brokenOff),
  play: async ({ canvas }) => {
    const answer = await begin(brokenOff, canvas, 'With `useMessages`, and then')
    await answer.end({ status: 'failed' })
    await expect(await canvas.findByText('broken off')).toBeVisible()
  },
}
