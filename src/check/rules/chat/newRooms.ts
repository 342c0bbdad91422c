/** Rooms that people make. What a trial makes, its members leave again. */
import { createId } from '../../environment.ts'
import { type Fields, fieldsOf, isSame, listOf, payloadFields } from '../../frames.ts'
import { must, NotTriedError } from '../../outcome.ts'
import type { Trial } from '../../stage/trial.ts'
import type { Line } from '../../wire/line.ts'
import { rulesOf } from '../rule.ts'

const roomIn = (answer: Fields): Fields => fieldsOf(answer.room)

const isOf =
  (room: Fields) =>
  (frame: Parameters<typeof payloadFields>[0]): boolean => {
    const payload = payloadFields(frame)
    return frame.type === 'room_added' && isSame(fieldsOf(payload.room ?? payload).id, room.id)
  }

async function madeOnce(trial: Trial): Promise<void> {
  const [line, other] = [await trial.open(), await trial.open()]
  const data = { kind: 'group', name: 'querywire check', members: [], client_id: createId() }
  const sent = { type: 'create_room', data }
  const room = roomIn(await trial.ok(line, sent.type, data))
  must(room.id !== undefined, { expected: 'a reply with the room', sent, received: room })
  try {
    for (const each of [line, other]) {
      const event = await each.wait(isOf(room))
      must(event !== undefined, {
        expected: 'a room_added event, on all connections of a new member',
        sent,
        received: null,
      })
    }
    const again = await other.ask(sent.type, data)
    must(again.ok && isSame(roomIn(again.data).id, room.id), {
      expected: `the room that there is, "${String(room.id)}"`,
      sent,
      received: again.frame,
    })
  } finally {
    await line.ask('leave_room', { room_id: room.id })
  }
}

const meOn = (line: Line) =>
  fieldsOf(payloadFields(line.frames.find(({ type }) => type === 'welcome') ?? { type: '' }).user).id

interface Pair {
  readonly first: Line
  readonly second: Line
  readonly room: Fields
  readonly ids: { readonly first: unknown; readonly second: unknown }
}

/** A conversation of the two users, which is there already or is left again by both. */
async function inPair(trial: Trial, run: (pair: Pair) => Promise<void>): Promise<void> {
  const [first, second] = [await trial.open(), await trial.open('second')]
  const ids = { first: meOn(first), second: meOn(second) }
  if (ids.first === undefined || ids.second === undefined)
    throw new NotTriedError('the server does not greet with the users, so nobody knows whom to ask for')
  const before = listOf((await trial.ok(first, 'get_rooms', { limit: 200 })).rooms)
  const room = roomIn(await trial.ok(first, 'create_room', { kind: 'direct', members: [ids.second] }))
  try {
    await run({ first, second, room, ids })
  } finally {
    if (!before.some(({ id }) => isSame(id, room.id)))
      for (const line of [first, second]) await line.ask('leave_room', { room_id: room.id })
  }
}

const oneForTwo = (trial: Trial) =>
  inPair(trial, async ({ second, room, ids }) => {
    const answer = await second.ask('create_room', { kind: 'direct', members: [ids.first] })
    must(answer.ok && isSame(roomIn(answer.data).id, room.id), {
      expected: `the room of these two, "${String(room.id)}", whoever asks`,
      sent: answer.sent,
      received: answer.frame,
    })
  })

const peers = (trial: Trial) =>
  inPair(trial, async ({ first, second, room, ids }) => {
    for (const [line, other] of [
      [first, ids.second],
      [second, ids.first],
    ] as const) {
      const { rooms } = await trial.ok(line, 'get_rooms', { limit: 200 })
      const shown = listOf(rooms).find(({ id }) => isSame(id, room.id))
      must(isSame(fieldsOf(shown?.peer).id, other), {
        expected: `"peer" with the other one, ${String(other)}`,
        sent: { type: 'get_rooms', data: { limit: 200 } },
        received: shown,
      })
    }
  })

export const newRoomRules = rulesOf('chat-from-the-client', [
  {
    id: 'P167',
    title: 'a room that is asked for twice with one client_id is made once, and told to its members',
    level: 1,
    needs: ['chat', 'endpoint for everything'],
    trial: madeOnce,
  },
  {
    id: 'P168',
    title: 'two people have one conversation, whoever asks for it',
    level: 1,
    needs: ['chat', 'second user', 'endpoint for everything'],
    trial: oneForTwo,
  },
  {
    id: 'P166',
    section: 'chat-from-the-server',
    title: 'a conversation of two says who the other one is',
    strength: 'should',
    level: 1,
    needs: ['chat', 'second user', 'endpoint for everything'],
    trial: peers,
  },
])
