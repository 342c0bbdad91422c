/**
 * Somebody to talk to: people who are not here come for a moment, read what was written, and now and then answer. Switched on
 * by DEMO_COMPANY=1.
 */
import type { ChatServer } from '../../src/testing/server/chatServer.ts'
import type { Id, Message, ServerFrame } from '../../src/testing/server/wire.ts'

export interface Company {
  stop(): void
}

export interface CompanyOptions {
  /** Who may come. */
  readonly users: readonly Id[]
  tokenFor(user: Id): string | Promise<string>
  /** Uniform in [0, 1). */
  random(): number
  setTimer(callback: () => void, delayMs: number): () => void
}

const ANSWERS = [
  'Sounds good!',
  'Let me have a look.',
  'Ha, I was about to write the same.',
  'Not sure. What does support say?',
  'Yes, since yesterday evening. I think it came with the new timetable: the first departure of the day is stored with the date of the day before, and everything that sorts by date puts it at the end.',
  'Could you send me a screenshot?',
  'On it 👍',
  'Can it wait until after lunch?',
  'That is what I meant, thank you.',
  '🎉',
]

const READ_MS = 1_200
const TYPE_MS = 2_500
/** How often a message gets an answer and not just a reader. */
const ANSWER_SHARE = 0.7

export function keepCompany(server: ChatServer, options: CompanyOptions): Company {
  const { users, random } = options
  /** By connection, who is here. */
  const here = new Map<string, string>()
  const visitors = new Map<string, Visitor>()
  const timers = createTimers(options)
  const off = server.on((event) => {
    if (event.type === 'authenticated') here.set(event.connectionId, String(event.userId))
    if (event.type === 'closed') here.delete(event.connectionId)
    if (event.type !== 'message') return
    const sender = String(event.message.sender.id)
    if (visitors.has(sender) || ![...here.values()].includes(sender)) return
    timers.later(READ_MS, () => void read(event.message))
  })

  /** The first of those who are away that is a member of the room. */
  async function read(message: Message): Promise<void> {
    const away = users.map(String).filter((user) => ![...here.values()].includes(user))
    for (const user of shuffled(away, random)) {
      const visitor = visit(server, `/ws/?token=${encodeURIComponent(await options.tokenFor(user))}`)
      visitors.set(user, visitor)
      const leave = () => {
        visitors.delete(user)
        visitor.leave()
      }
      if (await visitor.read(message))
        return random() > ANSWER_SHARE ? leave() : answer(visitor, message, leave)
      leave()
    }
  }

  function answer(visitor: Visitor, { room_id }: Message, leave: () => void): void {
    visitor.type(room_id, true)
    timers.later(TYPE_MS, () => {
      visitor.type(room_id, false)
      void visitor.say(room_id, ANSWERS[Math.floor(random() * ANSWERS.length)] ?? '🙂').then(leave)
    })
  }

  return {
    stop: () => {
      off()
      timers.cancel()
      for (const visitor of visitors.values()) visitor.leave()
    },
  }
}

function createTimers({ setTimer, random }: CompanyOptions) {
  const waiting = new Set<() => void>()
  return {
    later: (delayMs: number, run: () => void) => {
      const cancel = setTimer(
        () => {
          waiting.delete(cancel)
          run()
        },
        delayMs * (0.6 + random()),
      )
      waiting.add(cancel)
    },
    cancel: () => {
      for (const cancel of waiting) cancel()
    },
  }
}

interface Visitor {
  /** Whether they may. */
  read(message: Message): Promise<boolean>
  type(roomId: Id, isTyping: boolean): void
  say(roomId: Id, text: string): Promise<boolean>
  leave(): void
}

/** A client of the plainest kind: asks, and is told whether it was served. */
function visit(server: ChatServer, url: string): Visitor {
  const asked = new Map<string, (isServed: boolean) => void>()
  const leave = () => {
    accepted.closed()
    for (const settle of asked.values()) settle(false)
  }
  const accepted = server.accept({
    url,
    send: (text) => {
      for (const { type, reply_to } of [JSON.parse(text)].flat() as ServerFrame[])
        asked.get(String(reply_to))?.(type === 'response')
    },
    close: leave,
  })
  const ask = (type: string, data: object) =>
    new Promise<boolean>((resolve) => {
      const id = `${type}-${asked.size}`
      asked.set(id, resolve)
      accepted.receive(JSON.stringify({ type, data, id }))
    })
  return {
    read: ({ room_id, id }) => ask('read_receipt', { room_id, message_id: id }),
    type: (room_id, is_typing) =>
      accepted.receive(JSON.stringify({ type: 'typing_indicator', data: { room_id, is_typing } })),
    say: (room_id, message) => ask('chat_message', { room_id, message }),
    leave,
  }
}

const shuffled = <Value>(values: readonly Value[], random: () => number): Value[] =>
  values
    .map((value) => ({ value, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value)
