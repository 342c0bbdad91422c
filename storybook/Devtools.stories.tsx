import type { Meta, StoryObj } from '@storybook/react-vite'
import { TanStackDevtools } from '@tanstack/react-devtools'
import { useState } from 'react'
import { expect, waitFor, within } from 'storybook/test'
// Past the entry point, which is empty in a production build: a built Storybook is one, and has the panel all the same.
import { createPlugin } from '../src/devtools/plugin.tsx'
import code from './code/Devtools.tsx?raw'
import { ChatRoom } from './components/ChatRoom.tsx'
import { Frame } from './support/Frame.tsx'
import { harbour, USERS } from './support/people.ts'
import { createScene, type Scene } from './support/scene.tsx'

/** `querywire/devtools`: what a page stands on, as a plugin of TanStack Devtools. */
const meta = {
  title: 'Devtools',
  parameters: { layout: 'fullscreen', docs: { source: { code } } },
} satisfies Meta

export default meta
type Story = StoryObj<typeof meta>

const inHarbour = () => createScene({ server: () => ({ users: USERS, rooms: [harbour()] }) })

/** The panel by itself, as a plugin renders it, below the room that it looks at. */
function Panel({ scene, theme }: { readonly scene: Scene; readonly theme: 'light' | 'dark' }) {
  const { chat, queryClient } = scene.client('alice')
  const [plugin] = useState(() => createPlugin({ manager: chat.manager, queryClient }))
  return (
    <>
      <Frame height={340} theme={theme}>
        <scene.As user="alice">
          <ChatRoom roomId="harbour" />
        </scene.As>
      </Frame>
      <section aria-label="Devtools" style={{ blockSize: 420 }}>
        {plugin.render(document.body, { theme })}
      </section>
    </>
  )
}

const panelIn = (canvasElement: HTMLElement) =>
  within(within(canvasElement).getByRole('region', { name: 'Devtools' }))

const light = inHarbour()

/** What a room stands on: its connection, its channel, who reads it, and every frame. */
export const Watching: Story = {
  beforeEach: light.beforeEach,
  render: () => <Panel scene={light} theme="light" />,
  play: async ({ canvasElement, userEvent }) => {
    const panel = panelIn(canvasElement)
    const log = await panel.findByRole('list', { name: 'Entries' })
    const channels = panel.getByRole('table', { name: /Channels/ })
    await waitFor(() => expect(channels).toHaveTextContent('room_id=harbour'))
    await expect(await panel.findByRole('cell', { name: 'CONNECTED' })).toBeVisible()
    await expect(panel.getByRole('table', { name: /Leases/ })).toHaveTextContent('messages roomId=harbour')
    await expect(panel.getByRole('table', { name: /Pending mutations/ })).toHaveTextContent('Nothing waits.')

    await userEvent.type(panel.getByRole('searchbox', { name: 'Filter' }), 'get_history')
    const asked = await panel.findByRole('button', { name: /get_history/ })
    await userEvent.click(asked)
    await expect(asked.nextElementSibling).toHaveTextContent('"room_id": "harbour"')
    await userEvent.clear(panel.getByRole('searchbox'))

    await userEvent.click(panel.getByRole('button', { name: 'Pause' }))
    light.server().inject('harbour', { sender: 'bob', content: 'Unseen' })
    await within(canvasElement).findByText('Unseen')
    await expect(log).not.toHaveTextContent('Unseen')
    await userEvent.click(panel.getByRole('button', { name: 'Pause' }))
    await waitFor(() => expect(log).toHaveTextContent('Unseen'))

    await userEvent.click(panel.getByRole('button', { name: 'Clear' }))
    await waitFor(() => expect(log).not.toHaveTextContent('get_history'))
  },
}

const keyboard = inHarbour()

/** One stop for Tab, arrows from line to line, Enter to open one. */
export const ByKeyboard: Story = {
  beforeEach: keyboard.beforeEach,
  render: () => <Panel scene={keyboard} theme="dark" />,
  play: async ({ canvasElement, userEvent }) => {
    const panel = panelIn(canvasElement)
    const log = await panel.findByRole('list', { name: 'Entries' })
    await waitFor(() => expect(log).toHaveTextContent('get_history'))
    await userEvent.click(panel.getByRole('button', { name: 'Pause' }))
    await userEvent.tab()
    await expect(panel.getByRole('button', { name: 'Clear' })).toHaveFocus()
    await userEvent.tab()
    const lines = within(log).getAllByRole('button')
    await expect(lines[0]).toHaveFocus()
    await userEvent.keyboard('{ArrowDown}{ArrowDown}{ArrowUp}')
    await expect(lines[1]).toHaveFocus()
    await userEvent.keyboard('{Enter}')
    await expect(lines[1]).toHaveAttribute('aria-expanded', 'true')
    await userEvent.keyboard('{End}{ArrowDown}')
    await expect(lines.at(-1)).toHaveFocus()
    await userEvent.keyboard('{Home}')
    await expect(lines[0]).toHaveFocus()
  },
}

const broken = inHarbour()

/** A lost connection, and a message that waits for the next one. */
export const Reconnecting: Story = {
  tags: ['failure'],
  parameters: { fault: 'offline' },
  beforeEach: broken.beforeEach,
  render: () => <Panel scene={broken} theme="dark" />,
  play: async ({ canvas, canvasElement, userEvent }) => {
    await canvas.findByText('I will look at the board after lunch.')
    const panel = panelIn(canvasElement)
    await panel.findByRole('cell', { name: /^RECONNECTING/ }, { timeout: 5_000 })
    await userEvent.type(canvas.getByRole('textbox', { name: 'Message' }), 'Hello?{Enter}')
    const outbox = panel.getByRole('table', { name: /Pending mutations/ })
    await waitFor(() => expect(outbox).toHaveTextContent(/sendMessage.*queued/))
    await waitFor(() => expect(panel.getByRole('table', { name: /Channels/ })).toHaveTextContent('down'))
    await expect(panel.getByRole('table', { name: /Leases/ })).toHaveTextContent('offline')
  },
}

const inside = inHarbour()

function Inside() {
  const { chat, queryClient } = inside.client('alice')
  const [plugins] = useState(() => [
    { ...createPlugin({ manager: chat.manager, queryClient }), defaultOpen: true },
  ])
  return (
    <>
      <Frame height={420}>
        <inside.As user="alice">
          <ChatRoom roomId="harbour" />
        </inside.As>
      </Frame>
      <TanStackDevtools plugins={plugins} config={{ defaultOpen: true, theme: 'dark' }} />
    </>
  )
}

/** Where it belongs: a tab of TanStack Devtools, in its theme. */
export const InTanStackDevtools: Story = {
  beforeEach: inside.beforeEach,
  render: () => <Inside />,
  // The shell around the panel is TanStack's.
  parameters: { a11y: { context: { include: ['.qw-dev', '.story-frame'] } } },
  play: async () => {
    const page = within(document.body)
    const log = await page.findByRole('list', { name: 'Entries' }, { timeout: 5_000 })
    await waitFor(() => expect(log).toHaveTextContent('get_history'))
    await expect(log.closest('.qw-dev')).toHaveAttribute('data-theme', 'dark')
  },
}
