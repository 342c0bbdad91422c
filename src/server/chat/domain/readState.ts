/** How far somebody has read. Counts follow from it, and are stored nowhere. */
import { type Steps, wait } from '../steps.ts'
import type { MemberRow, RoomRow } from '../tables/chatTables.ts'
import type { ChatReadState } from '../wire.ts'
import { roomFrame } from './frames.ts'
import { viewReadState } from './views.ts'
import {
  type Asked,
  type ChatRead,
  type ChatWork,
  findMembership,
  findPlace,
  findUsers,
  userChannel,
} from './work.ts'

interface Moved {
  readonly state: ChatReadState
  /** What the others in the room are told, in passing. */
  readonly receipt?: { readonly room: RoomRow; readonly text: string }
}

/**
 * The pointer only moves forward, over deleted messages too: somebody may delete what another one is just reading. A receipt
 * for something older is answered with how things stand.
 */
export function* moveRead(work: ChatWork, asked: Asked): Steps<Moved> {
  const { room, member } = yield* findMembership(work, asked)
  const message = yield* findPlace(work, room, asked.data)
  if (message.place <= member.readPlace) return { state: yield* stateOf(work, room, member) }
  const { id } = message.body
  const moved = yield* putPointer(work, member, {
    readPlace: message.place,
    body: { ...member.body, last_read_message_id: id, read_at: work.now },
  })
  const user = (yield* findUsers(work, [asked.user]))(asked.user)
  const data = { room_id: room.body.id, user_id: user.body.id, message_id: id, read_at: work.now }
  const state = yield* tell(work, room, moved)
  return { state, receipt: { room, text: roomFrame(room, 'read_receipt', data) } }
}

/**
 * The one move backwards, and only one's own: everything from this message on is unread again. Others are not told. What is
 * unread already stays as it is: the pointer would move over what nobody has read.
 */
export function* markUnread(work: ChatWork, asked: Asked): Steps<Moved> {
  const { room, member } = yield* findMembership(work, asked)
  const message = yield* findPlace(work, room, asked.data)
  if (message.place > member.readPlace) return { state: yield* stateOf(work, room, member) }
  const before = yield* wait(work.tables.message(room.key, message.place - 1))
  const moved = yield* putPointer(work, member, {
    readPlace: message.place - 1,
    body: { ...member.body, last_read_message_id: before?.body.id ?? null },
  })
  return { state: yield* tell(work, room, moved) }
}

function* putPointer({ tables }: ChatWork, member: MemberRow, to: Partial<MemberRow>): Steps<MemberRow> {
  const moved = { ...member, ...to, version: member.version + 1 }
  yield* wait(tables.putMember(moved))
  return moved
}

/** To all devices of the member, the acting one included. */
function* tell(work: ChatWork, room: RoomRow, member: MemberRow): Steps<ChatReadState> {
  const state = yield* stateOf(work, room, member)
  yield* wait(work.append(userChannel(member.user), roomFrame(room, 'unread_update', state)))
  return state
}

function* stateOf({ tables }: ChatRead, room: RoomRow, { user }: MemberRow): Steps<ChatReadState> {
  const [counted] = yield* wait(tables.countedMembers([room.key], [user]))
  if (!counted)
    throw new Error(`The member "${user}" of room "${room.key}" is gone in the middle of a transaction`)
  return viewReadState(room, counted)
}
