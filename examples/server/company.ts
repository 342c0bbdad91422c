/**
 * Somebody to talk to: members of a room who are not connected read what is written, and now and then answer. Switched
 * on by DEMO_COMPANY=1.
 */

import { RequestError } from '../../src/server/requestError.ts'
import type { ChatServer } from '../../src/testing/server/chatServer.ts'
import type { ChatServerState } from '../../src/testing/server/snapshotState.ts'
import type { Id, Message } from '../../src/testing/server/wire.ts'

export interface Company {
  stop(): void
}

export interface CompanyOptions {
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

export function keepCompany(server: ChatServer, { random, setTimer }: CompanyOptions): Company {
  const timers = new Set<() => void>()
  const later = (delayMs: number, run: () => void) => {
    const cancel = setTimer(
      () => {
        timers.delete(cancel)
        try {
          run()
        } catch (error) {
          // Nothing can be stored now, which the server has told already: they say nothing.
          if (!(error instanceof RequestError)) throw error
        }
      },
      delayMs * (0.6 + random()),
    )
    timers.add(cancel)
  }
  const off = server.on((event) => {
    if (event.type !== 'message') return
    const reader = pickReader(server.state(), event.message, random)
    if (reader !== undefined) later(READ_MS, () => read(event.message, reader))
  })
  const read = ({ room_id, id }: Message, reader: Id) => {
    if (!isStillThere(server, room_id, reader)) return
    server.act(reader, 'read_receipt', { room_id, message_id: id })
    if (random() > ANSWER_SHARE) return
    server.act(reader, 'typing_indicator', { room_id, is_typing: true })
    later(TYPE_MS, () => answer(room_id, reader))
  }
  const answer = (room_id: Id, sender: Id) => {
    if (!isStillThere(server, room_id, sender)) return
    server.act(sender, 'typing_indicator', { room_id, is_typing: false })
    server.inject(room_id, { sender, content: pick(ANSWERS, random) ?? '🙂' })
  }
  return {
    stop: () => {
      off()
      for (const cancel of timers) cancel()
    },
  }
}

/** A member without a connection, for a message of somebody with one: the company does not talk to itself. */
function pickReader(state: ChatServerState, { room_id, sender }: Message, random: () => number) {
  const connected = new Set(state.connections.map(({ userId }) => String(userId)))
  if (!connected.has(String(sender.id))) return undefined
  const room = state.rooms.find(({ id }) => String(id) === String(room_id))
  const absent = room?.members.map(({ userKey }) => userKey).filter((key) => !connected.has(key)) ?? []
  return pick(absent, random)
}

function isStillThere(server: ChatServer, roomId: Id, userId: Id): boolean {
  const room = server.state().rooms.find(({ id }) => String(id) === String(roomId))
  return room?.members.some(({ userKey }) => userKey === String(userId)) ?? false
}

const pick = <Value>(values: readonly Value[], random: () => number): Value | undefined =>
  values[Math.floor(random() * values.length)]
