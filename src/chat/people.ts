/** Who is there: members, who types, who is online. None of it touches a message row. */
import { reduce, type, upsert } from '../query/index.ts'
import { type ChatContext, roomChannel, roomsEndpoint } from './context.ts'
import type { RoomParams } from './rooms.ts'
import {
  type ChatMember,
  type ChatUser,
  type Id,
  type Presence,
  type PresenceStatus,
  sameId,
  type Typer,
} from './types.ts'

/** A typing signal that nobody repeats or ends is over after this. Senders repeat every 3 s. Milliseconds. */
export const TYPING_TTL_MS = 7_000
const TYPING = 'chat.typing'

export function defineMembers(context: ChatContext) {
  const { live, level, schemas } = context
  const memberIn = (event: unknown) => (event as { member: ChatMember }).member
  return live.list('chat.members', {
    params: type<RoomParams>(),
    ...roomChannel(context),
    item: schemas.member,
    id: (member) => member.user.id,
    async snapshot({ params, request }) {
      if (level.isSilent()) return []
      return (await level.answerOf(request('get_members', { room_id: params.roomId }))) ?? []
    },
    events: {
      member_joined: upsert((event) => memberIn(event)),
      member_left: reduce((members: readonly ChatMember[], event) =>
        members.filter(({ user }) => !sameId(user.id, memberIn(event).user.id)),
      ),
      read_receipt: reduce((members: readonly ChatMember[], event) =>
        moveRead(members, event as ReadReceipt),
      ),
    },
  })
}

interface ReadReceipt {
  readonly user_id: Id
  readonly message_id: Id
  readonly read_at?: string
}

function moveRead(
  members: readonly ChatMember[],
  { user_id, message_id, read_at }: ReadReceipt,
): readonly ChatMember[] {
  return members.map((member) => {
    const isNews = sameId(member.user.id, user_id) && !sameId(member.last_read_message_id, message_id)
    // Receipts can overtake each other; reading never goes backwards.
    const isLate = read_at !== undefined && member.read_at != null && read_at < member.read_at
    return isNews && !isLate
      ? { ...member, last_read_message_id: message_id, ...(read_at !== undefined && { read_at }) }
      : member
  })
}

interface TypingEvent {
  readonly user?: ChatUser
  readonly user_id?: Id
  readonly username?: string
  readonly is_typing?: boolean
}

export function defineTyping(context: ChatContext) {
  const { live, manager } = context
  const { clock } = manager.port
  const { stillTyping, watch } = createExpiry(live, clock)
  const without = (typers: readonly Typer[], userId: Id) => {
    const current = stillTyping(typers)
    const isAmong = current.some(({ user }) => sameId(user.id, userId))
    return isAmong ? current.filter(({ user }) => !sameId(user.id, userId)) : current
  }
  return live.value(TYPING, {
    params: type<RoomParams>(),
    ...roomChannel(context),
    schema: type<readonly Typer[]>(),
    snapshot: async ({ current }) => stillTyping((current() as readonly Typer[] | undefined) ?? []),
    events: {
      typing_indicator: reduce((typers: readonly Typer[], event, { params }) => {
        const user = typerIn(event as TypingEvent)
        if (!user || sameId(user.id, context.currentUser()?.id)) return typers
        const others = without(typers, user.id)
        if ((event as TypingEvent).is_typing === false) return others
        const until = clock.now() + TYPING_TTL_MS
        watch((params as RoomParams).roomId, until)
        return [...others, { user, until }]
      }),
      // Whoever has sent the message is not typing it any more.
      chat_message: reduce((typers: readonly Typer[], event) => without(typers, senderIn(event))),
      user_status: reduce((typers: readonly Typer[], event) => {
        const { user_id, status } = event as { user_id: Id; status: PresenceStatus }
        return status === 'offline' ? without(typers, user_id) : typers
      }),
      member_left: reduce((typers: readonly Typer[], event) =>
        without(typers, (event as { member: ChatMember }).member.user.id),
      ),
    },
  })
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
      if (left.length > 0) watch(roomId, Math.min(...left.map((typer) => typer.until)))
      return left
    }
  }

  return { stillTyping, watch }
}

function senderIn(event: unknown): Id {
  const { message, sender } = event as { message?: { sender?: ChatUser }; sender?: ChatUser }
  return (sender ?? message?.sender)?.id ?? ''
}

/** Consumers name the user in one of three ways. */
function typerIn({ user, user_id, username }: TypingEvent): ChatUser | undefined {
  if (user && typeof user === 'object') return user
  const id = user_id ?? username
  return id === undefined ? undefined : { id, username: username ?? String(id) }
}

const UNKNOWN: Presence = { status: 'unknown' }

export function definePresence({ live, endpoints }: ChatContext) {
  return live.value('chat.presence', {
    params: type<{ readonly userIds: readonly Id[] }>(),
    ...roomsEndpoint({ endpoints }),
    schema: type<Readonly<Record<string, Presence>>>(),
    initial: ({ userIds }) => Object.fromEntries(userIds.map((id) => [String(id), UNKNOWN])),
    events: {
      user_status: reduce((presence: Readonly<Record<string, Presence>>, event) => {
        const { user_id, status, last_seen_at } = event as {
          user_id: Id
          status: PresenceStatus
          last_seen_at?: string
        }
        if (!(String(user_id) in presence)) return presence
        return {
          ...presence,
          [String(user_id)]: { status, ...(last_seen_at !== undefined && { last_seen_at }) },
        }
      }),
    },
  })
}
