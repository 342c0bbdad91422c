import type { Meta, StoryObj } from '@storybook/react-vite'
import { expect } from 'storybook/test'
import code from './code/TypingIndicator.tsx?raw'
import { TypingIndicator } from './components/TypingIndicator.tsx'
import { Frame } from './support/Frame.tsx'

/** Who is writing. The line is always there, so that nothing moves when somebody begins. */
const meta = {
  component: TypingIndicator,
  args: { names: [] },
  decorators: [(Story) => <Frame>{Story()}</Frame>],
  parameters: { docs: { source: { code } } },
} satisfies Meta<typeof TypingIndicator>

export default meta
type Story = StoryObj<typeof meta>

export const One: Story = {
  args: { names: ['bob'] },
  play: async ({ canvas }) => {
    await expect(canvas.getByText('bob is typing')).toBeVisible()
  },
}

export const Two: Story = {
  args: { names: ['bob', 'carol'] },
  play: async ({ canvas }) => {
    await expect(canvas.getByText('bob and carol are typing')).toBeVisible()
  },
}

export const Many: Story = {
  args: { names: ['bob', 'carol', 'dave', 'erin'] },
  play: async ({ canvas }) => {
    await expect(canvas.getByText('Several people are typing')).toBeVisible()
  },
}

/** However long the names are, it stays one line: the messages above must not move. */
export const LongNames: Story = {
  args: { names: ['Wolfeschlegelsteinhausenbergerdorff', 'Hubert Blaine of the Old Pier Ferry Company'] },
  decorators: [(Story) => <div style={{ inlineSize: 240 }}>{Story()}</div>],
  play: async ({ canvas, canvasElement }) => {
    await expect(canvas.getByText(/are typing/)).toBeVisible()
    await expect(canvasElement.querySelector('.qw-typing')?.getBoundingClientRect().height).toBe(24)
  },
}

/** Nobody: the line stays, so that nothing moves when somebody begins. */
export const Nobody: Story = {
  play: async ({ canvasElement }) => {
    const line = canvasElement.querySelector('.qw-typing')
    await expect(line?.getBoundingClientRect().height).toBeGreaterThanOrEqual(24)
    await expect(line).toHaveTextContent('')
  },
}
