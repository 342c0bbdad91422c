/** Who types in a room: what is heard of it, and that it runs out. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { MemberChange, TypingSignal, UserStatus } from '../../../frames/index.ts'
import { type Change, type Op, remove, type } from '../../../query/index.ts'
import { checked } from '../data/fit.ts'
import { type ChatUser, type Id, sameId, type Typer } from '../data/types.ts'
import { type ChatContext, roomChannel } from '../session/context.ts'
import type { RoomParams } from '../session/roomParams.ts'

/** A typing signal that nobody repeats or ends is over after this. Senders repeat every 3 s. Milliseconds. */
const TYPING_TTL_MS = 7_000
/** Whose typing ends within this time ends together. Milliseconds. */
const TOGETHER_MS = 100
const TYPING = 'chat.typing'

type TypingEvent = StandardSchemaV1.InferOutput<typeof TypingSignal>

export function defineTyping(context: ChatContext) {
  const { live, manager, currentUser } = context
  const { clock } = manager.port
  return live.list(TYPING, {
    params: type<RoomParams>(),
    ...roomChannel(context),
    item: type<Typer>(),
    id: ({ user }) => user.id,
    snapshot: async ({ current }) =>
      stillTyping((current() as readonly Typer[] | undefined) ?? [], clock.now()),
    events: {
      typing_indicator: checked(TypingSignal, (event) => typed(event, currentUser()?.id, clock.now())),
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

function typed(event: TypingEvent, me: Id | undefined, now: number): Op<Typer> | undefined {
  const user = typerIn(event)
  if (!user || sameId(user.id, me)) return undefined
  if (event.is_typing === false) return { kind: 'remove', id: user.id }
  return { kind: 'upsert', item: { user, until: now + TYPING_TTL_MS } }
}

function stillTyping(typers: readonly Typer[], now: number): readonly Typer[] {
  return typers.every(({ until }) => until > now) ? typers : typers.filter(({ until }) => until > now)
}

/** For a connection that is lost, of a room or of all: who types there now is not known any more. */
export function nobodyTypes(params: Partial<RoomParams>): Change {
  return typingChange(params, (typers) => (typers.length === 0 ? typers : []))
}

function typingChange(
  params: Partial<RoomParams>,
  apply: (typers: readonly Typer[]) => readonly Typer[],
): Change {
  return { definition: TYPING, params, op: { kind: 'reduce', apply } }
}

/** Nobody says "stopped" when a tab is closed: a signal that is not repeated runs out by itself. Returns what ends the watch. */
export function watchTyping({ live, manager }: Pick<ChatContext, 'live' | 'manager'>): () => void {
  const { clock } = manager.port
  const timers = new Set<() => void>()
  /** When the last of them is over. */
  let last = 0

  function lookAt(time: number, isExtra = false): void {
    const cancel = clock.setTimer(() => {
      timers.delete(cancel)
      const now = clock.now()
      live.apply([typingChange({}, (typers) => stillTyping(typers, now))])
      // A signal that was held back, behind one that was missing, came to count later than it was heard.
      if (timers.size === 0 && !isExtra) lookAt(now + TYPING_TTL_MS, true)
    }, time - clock.now())
    timers.add(cancel)
  }

  const hear = () => {
    const end = clock.now() + TYPING_TTL_MS
    // Of a crowd each one ends at a moment of his own, and all of them are gone through each time.
    if (end <= last) return
    last = Math.max(end, last + TOGETHER_MS)
    lookAt(last)
  }
  // A chat may have a connection per room.
  const stop = manager.subscribe('typing_indicator', hear, { endpoint: null })
  return () => {
    stop()
    for (const cancel of timers) cancel()
    live.apply([nobodyTypes({})])
  }
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
