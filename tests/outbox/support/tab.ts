/** Tabs of one browser, with the chat and its outbox in them. */
import { outboxStorage } from '../../../src/outbox/index.ts'
import type { OutboxOptions } from '../../../src/query/index.ts'
import type { ChatServerOptions } from '../../../src/testing/server/chatServer.ts'
import { createWorld, ROOM, type WindowOptions } from '../../chat/kit.ts'
import { type BrowserOptions, createBrowser } from './browser.ts'

export type Tabs = ReturnType<typeof createTabs>
export type Tab = ReturnType<Tabs['open']>

type TabOptions = WindowOptions &
  Pick<OutboxOptions, 'maxSends' | 'maxBytes' | 'maxAgeMs' | 'user'> & { readonly keepsFiles?: boolean }

export function createTabs(options: ChatServerOptions = {}, inBrowser: Omit<BrowserOptions, 'fake'> = {}) {
  const world = createWorld(options)
  const browser = createBrowser({ fake: world, ...inBrowser })

  function open(
    user: string,
    { maxSends, maxBytes, maxAgeMs, user: named, keepsFiles = true, ...given }: TabOptions = {},
  ) {
    const page = browser.open()
    const errors: { readonly code: string; readonly reason?: string | undefined }[] = []
    const tab = world.open(user, {
      environment: page.environment,
      onError: (error) => errors.push(error),
      // Known before there is a connection, as an application does whose user has signed in.
      currentUser: { id: user, username: user },
      ...given,
    })
    const stop = tab.chat.live.persistOutbox({
      storage: outboxStorage({ ...page.store, keepsFiles }),
      maxSends,
      maxBytes,
      maxAgeMs,
      user: named,
    })
    return {
      ...tab,
      page,
      errors,
      stop,
      kill: page.kill,
      say: (text: string) => void tab.send(text).catch(() => undefined),
      shown: () => tab.rows().map(({ content, local }) => (local ? `${content} (${local.status})` : content)),
      keyOf: (text: string) =>
        tab.rows().find(({ content, local }) => local && content === text)?.local?.key ?? '',
    }
  }

  return {
    ...world,
    browser,
    open,
    /** What the server has, in its order. */
    stored: (roomId = ROOM) =>
      world.server
        .state()
        .rooms.find(({ id }) => id === roomId)
        ?.messages.map(({ content }) => content) ?? [],
  }
}
