/** Ends what somebody had of a channel, here and elsewhere; and hears what other processes say. */
import { fieldsOfChannel } from '../feeds/channelOf.ts'
import { publishNotice } from './createHub.ts'
import type { Hub } from './hub.ts'
import { broadcastHere, hearPlugin } from './plugins.ts'

export function revoke(hub: Hub, user: string, channel: string): void {
  revokeHere(hub, user, channel)
  publishNotice(hub, { type: 'revoked', channel, user })
}

/** The client asks again, and is refused. */
function revokeHere(hub: Hub, user: string, channel: string): void {
  const data = { ...fieldsOfChannel(hub.kinds, channel), reason: 'revoked' }
  const text = JSON.stringify({ type: 'resync_required', data })
  for (const session of hub.sessions.ofUser(user)) {
    if (!(session.channels.has(channel) || session.asking.has(channel))) continue
    hub.unsubscribe(session, channel)
    hub.write(session, text)
  }
}

/** Returns how to stop. */
export const hearBus = (hub: Hub): (() => void) =>
  hub.bus.subscribe((notice) => {
    switch (notice.type) {
      case 'moved':
        return hub.feeds.hear(notice.channel, notice.head)
      case 'revoked':
        return revokeHere(hub, notice.user, notice.channel)
      case 'passing':
        return notice.from === hub.process ? undefined : broadcastHere(hub, notice)
      case 'told':
        return notice.from === hub.process ? undefined : hearPlugin(hub, notice)
    }
  })
