import type { Meta, StoryObj } from '@storybook/react-vite'
import { expect, within } from 'storybook/test'
import code from './code/MessageText.tsx?raw'
import { MessageList } from './components/MessageList.tsx'
import { PeopleProvider } from './components/people.ts'
import { Frame } from './support/Frame.tsx'
import { message } from './support/people.ts'

const alice = { id: 'alice', username: 'alice' }
const people = {
  nameOf: () => undefined,
  isMe: () => false,
  called: (name: string) => ({ alice: 'me' as const, bob: 'member' as const })[name],
}

/** What people write, as they mean it: a little Markdown, members as chips, a few emoji large. Nothing else. */
const meta = {
  title: 'MessageText',
  component: MessageList,
  args: { currentUserId: 'alice', messages: [] },
  decorators: [
    (Story, { parameters }) => (
      <PeopleProvider value={people}>
        <div style={{ maxInlineSize: parameters.width }} dir={parameters.dir}>
          <Frame height={560} theme={parameters.theme}>
            {Story()}
          </Frame>
        </div>
      </PeopleProvider>
    ),
  ],
  parameters: { docs: { source: { code } } },
} satisfies Meta<typeof MessageList>

export default meta
type Story = StoryObj<typeof meta>

const formatted = [
  message({ id: 1, content: '**The 9:15** leaves from _North Dock_, ~~Old Pier~~. See `GET /ferries`.' }),
  message({
    id: 2,
    content:
      'What is left to do:\n\n1. Ask @bob for the picture\n2. Write to the harbour\n   - the office\n   - the [timetable](https://example.com/times)\n3. Tell @alice',
    sender: alice,
  }),
  message({
    id: 3,
    content:
      '```ts\nconst next = ferries.find(({ isLate }) => !isLate)\nif (next) board(next) // and hold on to your hat, it is windy\n```',
  }),
  message({ id: 4, content: '> It leaves at nine.\n\nIt does not, says @carol.' }),
  message({ id: 5, content: '🎉🎉' }),
  message({ id: 6, content: '⛵️', sender: alice }),
]

export const Formatted: Story = {
  args: { messages: formatted },
  play: async ({ canvas }) => {
    await expect(await canvas.findByText('The 9:15')).toHaveProperty('tagName', 'STRONG')
    await expect(canvas.getByText('@bob')).toHaveClass('qw-mention')
    await expect(canvas.queryByText('@carol')).toBeNull()
    await expect(canvas.getByRole('link', { name: 'timetable' })).toHaveAttribute(
      'href',
      'https://example.com/times',
    )
    await expect(within(canvas.getByRole('log')).getAllByRole('list').length).toBeGreaterThanOrEqual(2)
    const [time] = canvas.getByText('🎉🎉').closest('.qw-bubble')?.getElementsByTagName('time') ?? []
    await expect(time?.getBoundingClientRect().top).toBeGreaterThan(
      canvas.getByText('🎉🎉').getBoundingClientRect().bottom - 8,
    )
  },
}

export const Dark: Story = { ...Formatted, parameters: { theme: 'dark' } }

/** At 320 px nothing sticks out: code scrolls by itself, and can be reached by keyboard. */
export const Narrow: Story = {
  args: { messages: formatted },
  parameters: { width: 320 },
  play: async ({ canvas }) => {
    const list = canvas.getByRole('log', { name: 'Messages' })
    const code = (await canvas.findByText(/const next/)).closest('pre')
    await expect(list.scrollWidth).toBe(list.clientWidth)
    await expect(code?.scrollWidth).toBeGreaterThan(code?.clientWidth ?? 0)
    await expect(code).toHaveAttribute('tabindex', '0')
  },
}

export const RightToLeft: Story = {
  args: {
    messages: [
      message({ id: 1, content: 'المتبقي:\n\n1. اسأل @bob عن **الصورة**\n2. `GET /ferries`' }),
      message({ id: 2, content: 'نعم، at 7:40 from https://example.com/old-pier', sender: alice }),
    ],
  },
  parameters: { dir: 'rtl' },
  play: async ({ canvas }) => {
    await expect(await canvas.findByText('@bob')).toBeVisible()
  },
}

/** What means harm is text, and nothing that happens. */
export const Hostile: Story = {
  args: {
    messages: [
      message({ id: 1, content: '<img src=x onerror="document.title = 1"><script>alert(1)</script>' }),
      message({ id: 2, content: '[click me](javascript:alert(1)) [and me](data:text/html,hi)' }),
      message({ id: 3, content: '[https://bank.example](https://thief.example/login)', sender: alice }),
      message({ id: 4, content: 'invoice\u202efdp.exe' }),
      message({ id: 5, content: '\u200b\u200b' }),
      message({ id: 6, content: `${'*'.repeat(400)}` }),
    ],
  },
  play: async ({ canvas }) => {
    await expect(await canvas.findByText(/onerror/)).toBeVisible()
    const links = canvas.getAllByRole('link')
    await expect(links).toHaveLength(1)
    await expect(links[0]).toHaveTextContent('https://thief.example/login')
    await expect(canvas.getByText('invoicefdp.exe')).toBeVisible()
    await expect(canvas.getByText('Nothing to see in this message')).toBeVisible()
  },
}
