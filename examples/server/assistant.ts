/**
 * Somebody who always answers, word by word: in a room with each person, and wherever it is called by name. No model, a script;
 * all else is as it would be with one: `write`, `append`, and an end that may be somebody else's doing.
 */
import type { ChatServer } from '../../src/testing/server/chatServer.ts'
import type { RoomSeed } from '../../src/testing/server/seeds.ts'
import type { Id, Message, User } from '../../src/testing/server/wire.ts'
import { answerTo, GREETING } from './answers.ts'

const ASSISTANT: User = { id: 'assistant', username: 'assistant' }

export interface Assistant {
  /** Nothing is answered any more; what is being written breaks off, and says so. */
  stop(): Promise<void>
}

export interface AssistantOptions {
  setTimer(callback: () => void, delayMs: number): () => void
  /** From one word to the next. @default 50 */
  readonly wordMs?: number
}

const THINK_MS = 700
/** Of one room, the one it writes included: who asks faster is not kept for later. */
const MOST_QUESTIONS = 4
const DAY_MS = 86_400_000

/** Each room where everybody may come has it as a member, and everybody a room with it alone. */
export function withAssistant(
  { users, rooms }: { readonly users: readonly User[]; readonly rooms: readonly RoomSeed[] },
  nowMs: number,
): { readonly users: readonly User[]; readonly rooms: readonly RoomSeed[] } {
  const timestamp = new Date(nowMs - 3 * DAY_MS).toISOString()
  const ownRoom = ({ id }: User): RoomSeed => ({
    id: ownRoomOf(id),
    name: 'Assistant',
    kind: 'direct',
    members: [id, ASSISTANT.id],
    messages: [{ id: `${id}-greeting`, sender: ASSISTANT.id, content: GREETING, timestamp }],
  })
  const isOpen = ({ kind, members }: RoomSeed) => kind === 'channel' && members !== undefined
  return {
    users: [...users, ASSISTANT],
    rooms: [
      ...rooms.map((room) =>
        isOpen(room) ? { ...room, members: [...(room.members ?? []), ASSISTANT.id] } : room,
      ),
      ...users.map(ownRoom),
    ],
  }
}

const ownRoomOf = (user: Id) => `${user}-assistant`

export function startAssistant(server: ChatServer, options: AssistantOptions): Assistant {
  const leaving = new AbortController()
  /** By room, the answers that are owed there: one is written after the other. */
  const owed = new Map<string, Promise<void>[]>()
  const off = server.on((event) => {
    if (event.type !== 'message' || !isForAssistant(event.message)) return
    const { message } = event
    const room = String(message.room_id)
    const before = owed.get(room) ?? []
    if (before.length >= MOST_QUESTIONS) return
    const answered = Promise.all(before)
      .then(() => answer(server, message, { ...options, leaving: leaving.signal }))
      // One that could not be written, for whatever reason, keeps nobody from the next.
      .catch((error: unknown) => console.error(`The assistant could not answer: ${(error as Error).message}`))
      .then(() => void owed.set(room, owed.get(room)?.filter((other) => other !== answered) ?? []))
    owed.set(room, [...before, answered])
  })
  return {
    stop: async () => {
      off()
      leaving.abort()
      await Promise.all([...owed.values()].flat())
    },
  }
}

const CALL = /(?<![\p{L}\p{N}_])@assistant(?![\p{L}\p{N}_])/iu

const isOwnRoom = ({ room_id, sender }: Message) => String(room_id) === ownRoomOf(sender.id)

const isForAssistant = (message: Message) =>
  message.sender.id !== ASSISTANT.id && (isOwnRoom(message) || CALL.test(message.content))

interface Answering extends AssistantOptions {
  readonly leaving: AbortSignal
}

async function answer(server: ChatServer, question: Message, options: Answering): Promise<void> {
  const { leaving, wordMs = 50 } = options
  if (leaving.aborted) return
  // Among many people it is told what it is an answer to.
  const reply = isOwnRoom(question) ? {} : { reply_to_id: question.id }
  // Unless it gets to its end, this ends it as `failed`; where it was stopped, that stands.
  await using writing = await server.write(question.room_id, { sender: ASSISTANT.id, ...reply })
  const over = AbortSignal.any([leaving, writing.signal])
  await pause(options, THINK_MS, over)
  for (const word of wordsOf(answerTo(question.content))) {
    if (over.aborted) return
    writing.append(word)
    await pause(options, wordMs, over)
  }
  if (!over.aborted) await writing.end()
}

/** Each with what is between it and the next. */
const wordsOf = (text: string): readonly string[] => text.match(/\S+\s*/g) ?? []

/** Over as soon as there is nothing to wait for. */
function pause({ setTimer }: AssistantOptions, delayMs: number, over: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (over.aborted) return resolve()
    const end = () => {
      cancel()
      over.removeEventListener('abort', end)
      resolve()
    }
    const cancel = setTimer(end, delayMs)
    over.addEventListener('abort', end)
  })
}
