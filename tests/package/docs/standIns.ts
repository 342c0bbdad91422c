/** What the pages take to be there: the reader's own modules, and names that a sentence around a block has said. */

export const GLOBALS = `import type { expect as expectOfVitest } from 'vitest'
declare global {
  const expect: typeof expectOfVitest
  const url: string
  const alice: string
  const bob: string
  const verify: (token: string | undefined) => { readonly id: string; readonly username: string } | null
  const canRead: (user: { readonly id: string | number }, key: string) => boolean
}
`

const live = `import { createLive, patch } from 'querywire'
import * as z from 'zod'
import { manager } from './manager'
export const live = createLive({ manager })
const Price = z.object({ symbol: z.string(), price: z.number() })
export const prices = live.list('prices', {
  item: Price,
  id: (price) => price.symbol,
  snapshot: 'get_prices',
  events: { price_changed: patch((event) => Price.parse(event)) },
})
`

const protocol = `import { defineProtocol } from 'querywire/transport'
import * as z from 'zod'
const Price = z.object({ symbol: z.string(), price: z.number() })
export const protocol = defineProtocol({
  events: { price_changed: Price },
  requests: { get_prices: { params: z.object({}), result: z.array(Price) } },
})
`

/** The one of docs/server.md. */
const board = `import { defineProtocol } from 'querywire/transport'
import * as z from 'zod'
export const protocol = defineProtocol({
  events: { card_moved: z.object({ id: z.string(), column: z.string() }) },
  requests: {
    get_cards: { params: z.object({ board: z.string() }), result: z.object({ cards: z.array(z.unknown()) }) },
    move_card: {
      params: z.object({ board: z.string(), id: z.string(), column: z.string() }),
      result: z.object({}),
    },
  },
  channels: { key: 'board', subscribe: 'subscribe_board', unsubscribe: 'unsubscribe_board', field: 'boards' },
})
`

const chatRoom = `export declare function ChatRoom(props: { roomId: string }): null
`

export const STAND_INS: Readonly<Record<string, string>> = {
  'live.ts': live,
  'protocol.ts': protocol,
  'chat.ts': `import { QueryClient } from '@tanstack/react-query'
import { createChat } from 'querywire/chat'
export const chat = createChat({ url: 'wss://api.example.com' })
export const queryClient = new QueryClient()
`,
  'manager.ts': `import { createWebSocketManager } from 'querywire'
export const manager = createWebSocketManager({ url: 'wss://api.example.com', endpoint: '/ws/' })
`,
  'note.ts': `import * as z from 'zod'
export const Note = z.object({ id: z.string(), text: z.string(), pinned: z.boolean() })
export type Note = z.infer<typeof Note>
`,
  'before.ts': `export { Note } from './note'
import type { Note } from './note'
export declare const fetchNotes: () => Promise<Note[]>
export declare const socket: WebSocket
`,
  'tokenManager.ts': `export const tokenManager = { getAccessToken: () => 'token' }
`,
  'users.ts': `export declare const verify: (token: string | undefined) => { id: string; username: string } | null
export declare const mayRead: (user: { readonly id: string | number }, key: string) => boolean
`,
  'trpc.ts': `import * as z from 'zod'
export const Post = z.object({ id: z.string(), title: z.string() })
export declare const trpc: { post: { list: { query(): Promise<z.infer<typeof Post>[]> } } }
`,
  'ChatRoom.tsx': chatRoom,
  'src/ChatRoom.tsx': chatRoom,
}

/** What one page says that the application has. */
export const OF_A_PAGE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'docs-server': { 'protocol.ts': board },
  'docs-learn-start-next': {
    'next.d.ts': `declare module 'next/server' {
  export const connection: () => Promise<void>
}
`,
  },
}
