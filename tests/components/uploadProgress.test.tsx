/** The way to stop an upload, wherever that is. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { act, cleanup, fireEvent, render, screen } from '@testing-library/react'
import type { ReactNode } from 'react'
import { afterEach, expect, it } from 'vitest'
import { ChatProvider, useMessages, useSendMessage } from '../../src/chat/index.ts'
import { Attachments } from '../../storybook/components/attachments/Attachments.tsx'
import { UploadProgress } from '../../storybook/components/attachments/UploadProgress.tsx'
import { createWorld, ROOM, type World } from '../chat/kit.ts'

let world: World
afterEach(() => {
  cleanup()
  world.close()
})

function Room() {
  const { messages } = useMessages(ROOM)
  const { send } = useSendMessage(ROOM)
  const say = (content: string) => void send({ content, files: [new File(['x'], `${content}.txt`)] })
  return (
    <>
      <button type="button" onClick={() => ['first', 'second'].forEach(say)}>
        Send
      </button>
      {messages.map((message) => (
        <article key={message.client_id ?? message.id}>
          {message.content}
          <Attachments message={message} />
        </article>
      ))}
    </>
  )
}

const inPage = (children: ReactNode) =>
  render(
    <QueryClientProvider client={new QueryClient()}>
      <ChatProvider chat={world.newChat('alice', { upload: () => new Promise(() => undefined) })}>
        {children}
      </ChatProvider>
    </QueryClientProvider>,
  )

const pass = () => act(() => world.pass(100))

it('[C134] loses nothing of a message, neither of one under way nor of one that waits behind it', async () => {
  world = createWorld()
  inPage(<Room />)
  await pass()
  fireEvent.click(screen.getByRole('button', { name: 'Send' }))
  await pass()
  const buttons = screen.getAllByRole('button', { name: 'Cancel the upload' })
  expect(buttons).toHaveLength(2)
  for (const button of buttons.toReversed()) {
    fireEvent.click(button)
    await pass()
  }
  expect(screen.getAllByRole('article').map(({ textContent }) => textContent)).toEqual([
    expect.stringMatching(/^first.*first\.txt/),
    expect.stringMatching(/^second.*second\.txt/),
  ])
})

it('[C134] is not there where another tab has it in hand', () => {
  world = createWorld()
  const local = { key: 'c1', status: 'sending', attempts: 1, uploads: { f1: 0.4 } } as const
  const show = (isElsewhere: boolean) =>
    inPage(
      <UploadProgress
        roomId={ROOM}
        name="tides.txt"
        isTabStop
        local={{ ...local, ...(isElsewhere && { isElsewhere }) }}
      />,
    )
  const { unmount } = show(false)
  expect(screen.getAllByRole('button')).toHaveLength(1)
  unmount()
  show(true)
  expect(screen.getByText('40 %')).toBeDefined()
  expect(screen.queryByRole('button')).toBeNull()
})
