import type { Meta, StoryObj } from '@storybook/react-vite'
import { useEffect } from 'react'
import { addons } from 'storybook/preview-api'
import { expect, fireEvent, waitFor } from 'storybook/test'
import { RoomList } from './components/RoomList.tsx'
import { ASK, HAPPEN, REPORT, SET } from './network/messages.ts'
import { NetworkView } from './network/NetworkView.tsx'
import { useNetworkReport } from './network/useNetworkReport.ts'
import { Frame } from './support/Frame.tsx'
import { harbour, USERS } from './support/people.ts'
import { createScene } from './support/scene.tsx'

const meta = { title: 'Network panel' } satisfies Meta

export default meta
type Story = StoryObj<typeof meta>

const scene = createScene({ server: () => ({ users: USERS, rooms: [harbour()] }) })

/** As in Storybook's own window: over the channel, and knowing nothing else of the story. */
function Panel() {
  const { report, onReport, onClear } = useNetworkReport()
  const channel = addons.getChannel()
  useEffect(() => {
    channel.on(REPORT, onReport)
    channel.emit(ASK)
    return () => channel.off(REPORT, onReport)
  }, [channel, onReport])
  return (
    <NetworkView
      report={report}
      onSet={(change) => channel.emit(SET, change)}
      onHappen={(accident) => channel.emit(HAPPEN, accident)}
      onClear={onClear}
    />
  )
}

/** Every story with a server has this below it, in the tab "Network": break what you see. */
export const Breaking: Story = {
  beforeEach: scene.beforeEach,
  render: () => (
    <div style={{ display: 'grid', gap: 16 }}>
      <Frame shows="surface">
        <scene.As user="alice">
          <RoomList />
        </scene.As>
      </Frame>
      <Frame height={420} shows="surface">
        <Panel />
      </Frame>
    </div>
  ),
  play: async ({ canvas, userEvent }) => {
    await canvas.findByRole('link', { name: /Harbour/ })
    await expect(await canvas.findByRole('cell', { name: 'CONNECTED' })).toBeVisible()
    fireEvent.change(canvas.getByRole('slider', { name: /Latency/ }), { target: { value: '300' } })
    await waitFor(() => expect(canvas.getByRole('slider', { name: /Latency/ })).toHaveValue('300'))
    await expect(scene.server().faults.latencyMs).toBe(300)
    await userEvent.click(canvas.getByRole('button', { name: 'Disconnect' }))
    const log = canvas.getByRole('list', { name: 'Entries' })
    await waitFor(() => expect(log).toHaveTextContent('CONNECTED → RECONNECTING'))
    await waitFor(() => expect(log).toHaveTextContent('RECONNECTING → CONNECTED'), { timeout: 5_000 })
    await expect(scene.server().state().connections).toHaveLength(1)
    await userEvent.click(canvas.getByRole('button', { name: 'Clear' }))
    await expect(log).not.toHaveTextContent('CONNECTED → RECONNECTING')
  },
}
