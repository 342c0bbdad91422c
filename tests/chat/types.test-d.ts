import { QueryClient } from '@tanstack/react-query'
import { describe, expectTypeOf, it } from 'vitest'
import * as z from 'zod/mini'
import {
  type Chat,
  type ChatMember,
  type ChatMessage,
  type ChatRoom,
  createChat,
  extend,
  type LocalState,
  Member,
  Message,
  Room,
  type useChatRooms,
  type useChatWebSocket,
  useMessages,
  type useReadState,
} from '../../src/chat/index.ts'
import { createWebSocketManager, defineProtocol } from '../../src/transport/index.ts'

type Priority = { priority: 'low' | 'high' }
const chat = createChat({
  schemas: {
    message: extend(Message, z.object({ priority: z.enum(['low', 'high']) })),
    room: extend(Room, z.object({ topic: z.string() })),
    member: extend(Member, z.object({ badge: z.number() })),
  },
})

describe('schemas of one’s own', () => {
  it('[C1] give their fields to the rows of the factories', async () => {
    const queryClient = new QueryClient()
    const { pages } = await queryClient.infiniteQuery(chat.messages('r'))
    const row = pages[0]?.items[0]
    if (!row) return
    expectTypeOf(row.priority).toEqualTypeOf<'low' | 'high'>()
    expectTypeOf(row.content).toEqualTypeOf<string>()
    expectTypeOf(row.local).toEqualTypeOf<LocalState | undefined>()
    const [room] = await queryClient.query(chat.rooms())
    expectTypeOf(room?.topic).toEqualTypeOf<string | undefined>()
    const [member] = await queryClient.query(chat.members('r'))
    expectTypeOf(member?.badge).toEqualTypeOf<number | undefined>()
    // @ts-expect-error the priority is one of two words
    expectTypeOf(row.priority).toEqualTypeOf<string>()
  })

  it('[C1] give their fields to the rows of the hooks', () => {
    type Mine = z.infer<typeof plain> & ChatMessage
    const plain = z.object({ priority: z.enum(['low', 'high']) })
    expectTypeOf(useMessages<Mine>).returns.toHaveProperty('messages')
    expectTypeOf<
      ReturnType<typeof useMessages<ChatMessage & Priority>>['messages'][number]['priority']
    >().toEqualTypeOf<'low' | 'high'>()
    expectTypeOf<
      ReturnType<typeof useChatWebSocket<ChatMessage & Priority>>['messages'][number]['priority']
    >().toEqualTypeOf<'low' | 'high'>()
    expectTypeOf<
      ReturnType<typeof useChatRooms<ChatRoom & { topic: string }>>['rooms'][number]['topic']
    >().toEqualTypeOf<string>()
    expectTypeOf<
      ReturnType<
        ReturnType<typeof useReadState<ChatMember & { badge: number }>>['readersOf']
      >[number]['badge']
    >().toEqualTypeOf<number>()
  })

  it('[C1] must extend the ones they replace', () => {
    // @ts-expect-error a message has more than a priority
    createChat({ schemas: { message: z.object({ priority: z.string() }) } })
  })
})

describe('createChat', () => {
  it('[C2] takes a manager of any protocol', () => {
    const protocol = defineProtocol({
      events: { price_changed: z.object({ price: z.number() }) },
      requests: { get_prices: { params: z.object({}), result: z.array(z.number()) } },
    })
    const typed = createWebSocketManager({ url: 'ws://localhost', protocol })
    expectTypeOf(createChat({ manager: typed })).toExtend<Chat>()
    expectTypeOf(createChat({ manager: createWebSocketManager() })).toExtend<Chat>()
  })
})
