/** Who is there: members, and who types. None of it touches a message row. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { type AskOptions, type Change, type Op, remove, type, upsert } from '../../../query/index.ts'
import { checked } from '../data/fit.ts'
import { MemberChange, ReadReceipt as Receipt, TypingSignal, UserStatus } from '../data/schemas.ts'
import { compareTimes } from '../data/time.ts'
import { type ChatMember, type ChatTypes, type ChatUser, type Id, sameId, type Typer } from '../data/types.ts'
import { type ChatContext, endpointOf, roomChannel } from '../session/context.ts'
import type { RoomParams } from '../session/roomParams.ts'

/** A typing signal that nobody repeats or ends is over after this. Senders repeat every 3 s. Milliseconds. */
const TYPING_TTL_MS = 7_000
/** Whose typing ends within this time ends together. Milliseconds. */
const TOGETHER_MS = 100
const TYPING = 'chat.typing'
export const MEMBERS = 'chat.members'

export function defineMembers<T extends ChatTypes>(context: ChatContext<T>) {
  type B = T['member']
  const { live, level, schemas } = context
  return live.list(MEMBERS, {
    params: type<RoomParams>(),
    ...roomChannel(context),
    item: schemas.member,
    id: (member) => member.user.id,
    async snapshot({ params, request }) {
      const endpoint = endpointOf(context.endpoints, params.roomId)
      const ask = (how?: AskOptions) => request('get_members', { room_id: params.roomId }, how)
      return (await level.answer({ endpoint, ask })) ?? []
    },
    events: {
      member_joined: checked(
        MemberChange,
        upsert(({ member }) => member as B),
      ),
      member_left: checked(
        MemberChange,
        remove(({ member }) => member.user.id),
      ),
      read_receipt: checked(Receipt, (receipt) => moveRead<B>(receipt)),
    },
  })
}

type ReadReceipt = StandardSchemaV1.InferOutput<typeof Receipt>

function moveRead<B extends ChatMember>({ user_id, message_id, read_at }: ReadReceipt): Op<B> {
  const make = (member: B): B => {
    const isNews = !sameId(member.last_read_message_id, message_id)
    // Receipts can overtake each other; reading never goes backwards.
    const isLate = read_at != null && member.read_at != null && compareTimes(read_at, member.read_at) < 0
    return isNews && !isLate
      ? { ...member, last_read_message_id: message_id, ...(read_at != null && { read_at }) }
      : member
  }
  // By its id: of many members nobody else is looked at.
  return { kind: 'patch', fields: { user: { id: user_id } } as Partial<B>, make }
}

type TypingEvent = StandardSchemaV1.InferOutput<typeof TypingSignal>

export function defineTyping(context: ChatContext) {
  const { live, manager } = context
  const { clock } = manager.port
  const { stillTyping, watch } = createExpiry(live, clock)
  return live.list(TYPING, {
    params: type<RoomParams>(),
    ...roomChannel(context),
    item: type<Typer>(),
    id: ({ user }) => user.id,
    snapshot: async ({ current }) => stillTyping((current() as readonly Typer[] | undefined) ?? []),
    events: {
      typing_indicator: checked(TypingSignal, (event, { params }): Op<Typer> | undefined => {
        const user = typerIn(event)
        if (!user || sameId(user.id, context.currentUser()?.id)) return undefined
        if (event.is_typing === false) return { kind: 'remove', id: user.id }
        const until = clock.now() + TYPING_TTL_MS
        watch((params as RoomParams).roomId, until)
        return { kind: 'upsert', item: { user, until } }
      }),
      // Whoever has sent the message is not typing it any more.
      chat_message: remove((event) => senderIn(event)),
      user_status: checked(
        UserStatus,
        remove(({ user_id, status }) => (status === 'offline' ? user_id : undefined)),
      ),
      member_left: checked(
        MemberChange,
        remove(({ member }) => member.user.id),
      ),
    },
  })
}

/** For a connection that is lost: who types there now is not known any more. */
export function nobodyTypes(roomId: Id): Change {
  const apply = (typers: readonly Typer[]) => (typers.length === 0 ? typers : [])
  return { definition: TYPING, params: { roomId }, op: { kind: 'reduce', apply } }
}

/** Nobody says "stopped" when a tab is closed: a signal that is not repeated runs out by itself. */
function createExpiry(live: ChatContext['live'], clock: ChatContext['manager']['port']['clock']) {
  const watched = new Set<string>()

  function stillTyping(typers: readonly Typer[]): readonly Typer[] {
    const now = clock.now()
    return typers.every(({ until }) => until > now) ? typers : typers.filter(({ until }) => until > now)
  }

  function watch(roomId: Id, until: number): void {
    const key = String(roomId)
    if (watched.has(key)) return
    watched.add(key)
    clock.setTimer(() => {
      watched.delete(key)
      live.apply([{ definition: TYPING, params: { roomId }, op: { kind: 'reduce', apply: expire } }])
    }, until - clock.now())

    function expire(typers: readonly Typer[]): readonly Typer[] {
      const left = stillTyping(typers)
      const next = left.reduce((least, typer) => Math.min(least, typer.until), Number.POSITIVE_INFINITY)
      // Of a crowd each one ends at a moment of his own, and all of them are gone through each time.
      if (left.length > 0) watch(roomId, Math.max(next, clock.now() + TOGETHER_MS))
      return left
    }
  }

  return { stillTyping, watch }
}

function senderIn(event: unknown): Id | undefined {
  const { message, sender } = event as { message?: { sender?: ChatUser }; sender?: ChatUser }
  return (sender ?? message?.sender)?.id ?? undefined
}

/** Consumers name the user in one of three ways. */
function typerIn({ user, user_id, username }: TypingEvent): ChatUser | undefined {
  if (user && typeof user === 'object') return user
  const id = user_id ?? username
  return id == null ? undefined : { id, username: username ?? String(id) }
}
