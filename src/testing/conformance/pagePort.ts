/** The way of a conformance run's page to the server, which ends with the page. */
import { LiveError } from '../../transport/errors.ts'
import type { ChannelListener, LivePort } from '../../transport/port.ts'

/** The same, and what is opened through it is known. */
export function portOf(port: LivePort, channels: Set<() => void>): LivePort {
  const open: LivePort['open'] = (spec, listener: ChannelListener) => {
    const channel = port.open(spec, listener)
    channels.add(() => {
      channel.close()
      listener.onSignal({ type: 'down', error: new LiveError('closed', 'The page is gone') })
    })
    return channel
  }
  return Object.create(port, { open: { value: open } })
}
