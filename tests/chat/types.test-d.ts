import { QueryClient } from '@tanstack/react-query'
import { describe, expectTypeOf, it } from 'vitest'
import * as z from 'zod/mini'
import {
  type BaseMessage,
  type Chat,
  type ChatMember,
  type ChatMessage,
  type ChatProviderProps,
  type ChatReaction,
  type ChatRoom,
  type ChatUser,
  createChat,
  extend,
  type LocalState,
  Member,
  Message,
  type Reaction,
  Room,
  type Row,
  type User,
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

  it('[C1] are no obstacle to a provider', () => {
    expectTypeOf<{ chat: typeof chat }>().toExtend<ChatProviderProps>()
    expectTypeOf<{ chat: Chat }>().toExtend<ChatProviderProps>()
    expectTypeOf<{ chat: Chat<{ message: BaseMessage & Priority }> }>().toExtend<ChatProviderProps>()
    expectTypeOf<{ chat: Pick<Chat, 'live' | 'manager'> }>().not.toExtend<ChatProviderProps>()
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

  it('[C1] are also those that zod itself extends, one of them or all', async () => {
    const queryClient = new QueryClient()
    const urgent = createChat({ schemas: { message: z.extend(Message, { priority: z.number() }) } })
    const { pages } = await queryClient.infiniteQuery(urgent.messages('r'))
    expectTypeOf(pages[0]?.items[0]?.priority).toEqualTypeOf<number | undefined>()
    expectTypeOf(pages[0]?.items[0]?.sender.username).toEqualTypeOf<string | undefined>()
    const [room] = await queryClient.query(urgent.rooms())
    expectTypeOf(room).toEqualTypeOf<ChatRoom | undefined>()
    const [member] = await queryClient.query(urgent.members('r'))
    expectTypeOf(member).toEqualTypeOf<ChatMember | undefined>()
    expectTypeOf(urgent).toExtend<Chat<{ message: BaseMessage & { priority: number } }>>()
    expectTypeOf(createChat({})).toEqualTypeOf<Chat>()
  })

  it('[C1] must extend the ones they replace', () => {
    // @ts-expect-error a message has more than a priority
    createChat({ schemas: { message: z.object({ priority: z.string() }) } })
    // @ts-expect-error a name of a message is a string
    createChat({ schemas: { message: z.extend(Message, { content: z.number() }) } })
    // @ts-expect-error there is no such schema
    createChat({ schemas: { mesage: Message } })
  })
})

/** Without what may be there besides. */
type Listed<T> = { [K in keyof T as string extends K ? never : number extends K ? never : K]: T[K] }
/** `true` where each has the fields of the other, of types that fit both ways. */
type Same<A, B> = [Listed<A>, Listed<B>] extends [Listed<B>, Listed<A>]
  ? [keyof Listed<A>, keyof Listed<B>] extends [keyof Listed<B>, keyof Listed<A>]
    ? true
    : false
  : false

describe('rows', () => {
  it('[C31] are described by hand, and are what the schemas say', () => {
    expectTypeOf<Same<ChatUser, z.infer<typeof User>>>().toEqualTypeOf<true>()
    expectTypeOf<Same<ChatReaction, z.infer<typeof Reaction>>>().toEqualTypeOf<true>()
    expectTypeOf<Same<BaseMessage, z.infer<typeof Message>>>().toEqualTypeOf<true>()
    expectTypeOf<Same<ChatMessage, Row<z.infer<typeof Message>>>>().toEqualTypeOf<true>()
    expectTypeOf<Same<ChatRoom, z.infer<typeof Room>>>().toEqualTypeOf<true>()
    expectTypeOf<Same<ChatMember, z.infer<typeof Member>>>().toEqualTypeOf<true>()
    expectTypeOf<Same<ChatMember, z.infer<typeof Member> & { badge: number }>>().toEqualTypeOf<false>()
  })

  it('[C31] have whatever else a server sends', () => {
    expectTypeOf<ChatMessage['priority']>().toBeUnknown()
    expectTypeOf<ChatRoom['topic']>().toBeUnknown()
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

  it('[C107] takes a manager, or what makes one', () => {
    const manager = createWebSocketManager()
    createChat({ manager, pageSize: 20, currentUser: { id: 1, username: 'a' } })
    createChat({ url: 'ws://localhost', pageSize: 20 })
    // @ts-expect-error: the manager has its own
    createChat({ manager, url: 'ws://localhost' })
    // @ts-expect-error: the manager has its own
    createChat({ manager, tokenManager: { getAccessToken: () => 'a' } })
  })
})
