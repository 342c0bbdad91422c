/** Messages that are written piece by piece: how they begin, get longer, and end. */
import { type Steps, wait } from '../steps.ts'
import type { Key, MessageRow, RoomRow, WritingRow } from '../tables/chatTables.ts'
import type { ChatMessage, ChatWritingStatus } from '../wire.ts'
import { type MessageReply, replyWith, rewriteMessage, sendMessage } from './messages.ts'
import { type Asked, type ChatRead, type ChatWork, findMembership, findMessage } from './work.ts'

export type Ended = Exclude<ChatWritingStatus, 'streaming'>

/** Which message it is. */
export interface Written {
  readonly room: Key
  readonly place: number
}

export interface Begun extends Written {
  readonly message: ChatMessage
}

/** A message without text, that grows from now on. `process`: whose it is, so that somebody ends it if that dies. */
export function* beginWriting(
  work: ChatWork,
  { process, isAlone, ...asked }: Asked & { readonly process: string; readonly isAlone: boolean },
): Steps<Begun> {
  const { tables } = work
  const { message } = yield* sendMessage(work, asked, { status: 'streaming' })
  const room = String(message.room_id)
  const row = yield* wait(tables.messageNamed(room, String(message.id)))
  const { place } = row as MessageRow
  // In one commit: a process that is not known to be there is taken for dead.
  if (!isAlone) yield* wait(tables.beat(process))
  yield* wait(tables.putWriting({ room, place, process }))
  return { room, place, message }
}

const isGrowing = (message: MessageRow | undefined): message is MessageRow =>
  message?.body.status === 'streaming'

/** The row as it is now is a version of what was announced: nobody is told of it. False where it does not grow any more. */
export function* growMessage(
  { tables }: ChatWork,
  { room, place }: Written,
  content: string,
): Steps<boolean> {
  const message = yield* wait(tables.message(room, place))
  if (!isGrowing(message)) return false
  yield* wait(tables.putMessage({ ...message, body: { ...message.body, content } }))
  return true
}

export function* isStillGrowing({ tables }: ChatRead, { room, place }: Written): Steps<boolean> {
  return isGrowing(yield* wait(tables.message(room, place)))
}

export interface Ending {
  readonly status: Ended
  /** All of it. @default what is stored */
  readonly content?: string | undefined
  readonly metadata?: unknown
}

/** Its end, which is an event like any other; a message that has ended stays as it is. */
export function* endMessage(
  work: ChatWork,
  { room: key, place }: Written,
  { status, content, metadata }: Ending,
): Steps<MessageReply & { readonly isNew: boolean }> {
  const { tables } = work
  const room = (yield* wait(tables.room(key))) as RoomRow
  const before = (yield* wait(tables.message(key, place))) as MessageRow
  const viewer = before.sender
  yield* wait(tables.removeWriting(key, place))
  if (!isGrowing(before))
    return { ...(yield* replyWith(work, room, { message: before, viewer })), isNew: false }
  const body = {
    ...before.body,
    status,
    content: content ?? before.body.content,
    ...(metadata === undefined ? {} : { metadata }),
  }
  return { ...(yield* rewriteMessage(work, room, { before, body, viewer })), isNew: true }
}

interface Stop extends Asked {
  /** What more of it is known than is stored. */
  contentOf?(written: Written): string | undefined
  /** @throws RequestError where this one is not to be stopped by whoever asks */
  check?(message: ChatMessage): void
}

/** One that has ended is answered as it is. */
export function* stopMessage(
  work: ChatWork,
  { contentOf, check, ...asked }: Stop,
): Steps<MessageReply & { readonly stopped: Written | undefined }> {
  const { room } = yield* findMembership(work, asked)
  const message = yield* findMessage(work, room, asked.data)
  const written = { room: room.key, place: message.place }
  const reply = yield* replyWith(work, room, { message, viewer: asked.user })
  if (!isGrowing(message)) return { ...reply, stopped: undefined }
  check?.(reply.message)
  const ended = yield* endMessage(work, written, { status: 'stopped', content: contentOf?.(written) })
  return { message: { ...ended.message, reactions: reply.message.reactions }, stopped: written }
}

/** What was written by processes that are gone. */
export function* endWritings(work: ChatWork, isGone: (writing: WritingRow) => boolean): Steps<void> {
  const writings = yield* wait(work.tables.writings())
  for (const each of writings.filter(isGone)) yield* endMessage(work, each, { status: 'failed' })
}

/** At the start of a process: no other one says that it is there. */
export function* endForgotten(
  work: ChatWork,
  { process, isAlone }: { readonly process: string; readonly isAlone: boolean },
): Steps<void> {
  const beats = isAlone ? new Map<string, number>() : yield* wait(work.tables.beats())
  yield* endWritings(work, (each) => each.process !== process && !beats.has(each.process))
}
