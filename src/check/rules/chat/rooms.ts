/** The list of rooms, members, coming and going. */
import { type Fields, fieldsOf, isRecord, isSame, listOf, payloadFields, textOf } from '../../frames.ts'
import { must, NotTried } from '../../outcome.ts'
import type { Trial } from '../../stage/trial.ts'
import type { Line } from '../../wire/line.ts'
import { rulesOf } from '../rule.ts'

const pageOf = (trial: Trial, line: Line, data: object) => trial.ok(line, 'get_rooms', data)

async function ownRooms(trial: Trial): Promise<void> {
  const line = await trial.join()
  await trial.say(line)
  const found = await pageOf(trial, line, { limit: 50 })
  const rooms = listOf(found.rooms)
  const sent = { type: 'get_rooms', data: { limit: 50 } }
  if (rooms.length === 0)
    must(false, {
      expected: 'one room at least: the one that this user has just written to',
      sent,
      received: found,
    })
  must(trial.stage.endpoint === 'room' || isSame(rooms[0]?.id, trial.stage.channel), {
    expected: 'the room that was written to last is the first of the list',
    sent,
    received: rooms.slice(0, 2),
  })
  const times = rooms.map(({ last_activity_at }) => Date.parse(String(last_activity_at)))
  const isSorted = times.every(
    (time, at) => at === 0 || Number.isNaN(time) || time <= (times[at - 1] ?? time),
  )
  must(isSorted, {
    expected: 'rooms in the order of last_activity_at, last active first',
    sent,
    received: rooms.map(({ id, last_activity_at }) => ({ id, last_activity_at })),
  })
}

const MAX_PAGES = 500

async function pages(trial: Trial): Promise<void> {
  const line = await trial.open()
  const all = await pageOf(trial, line, { limit: 200 })
  const ids: (string | undefined)[] = []
  let cursor: unknown
  for (let at = 0; at < MAX_PAGES; at += 1) {
    const data = cursor === undefined ? { limit: 2 } : { limit: 2, cursor }
    const found = await pageOf(trial, line, data)
    const sent = { type: 'get_rooms', data }
    const rooms = listOf(found.rooms)
    must(rooms.length <= 2, { expected: 'at most two rooms', sent, received: found })
    ids.push(...rooms.map(({ id }) => textOf(id)))
    cursor = found.next_cursor
    if (cursor === null || cursor === undefined) break
    must(typeof cursor === 'string', {
      expected: 'next_cursor is text, or null on the last page',
      sent,
      received: found,
    })
  }
  const expected = 'all rooms, each once, and next_cursor null on the last page'
  must(new Set(ids).size === ids.length, { expected, why: 'a room came twice', sent: null, received: ids })
  const missing = listOf(all.rooms).filter(({ id }) => !ids.includes(textOf(id)))
  must(missing.length === 0, { expected, why: 'a room did not come', sent: null, received: missing })
}

async function members(trial: Trial): Promise<void> {
  const line = await trial.join()
  const found = await trial.ok(line, 'get_members')
  const me = fieldsOf(trial.stage.welcome?.user).id
  const sent = { type: 'get_members', data: trial.inRoom() }
  const isIn = listOf(found.members).some(({ user }) => isSame(fieldsOf(user).id, me))
  must(me === undefined || isIn, {
    expected: 'the members of the room, oneself among them',
    sent,
    received: found,
  })
}

async function unsubscribed(trial: Trial): Promise<void> {
  const [line, writer] = [await trial.join(), await trial.join()]
  await trial.ok(line, trial.stage.domain.names.unsubscribe)
  const from = line.mark()
  const written = await trial.write(writer)
  await trial.settle(writer, writer)
  await line.ping()
  const event = line.frames.slice(from).find((frame) => written.causes(frame))
  must(event === undefined, {
    expected: 'no events after the reply',
    sent: { type: trial.stage.domain.names.unsubscribe },
    received: event,
  })
}

async function joinedAlready(trial: Trial): Promise<void> {
  const line = await trial.join()
  const answer = await line.ask('join_room', trial.inRoom())
  if (!answer.ok && ['forbidden', 'unsupported'].includes(answer.code))
    throw new NotTried(`join_room is refused: ${answer.code}`)
  must(answer.ok && isRecord(answer.data.room), {
    expected: 'a reply with the room: one is in already',
    sent: answer.sent,
    received: answer.frame,
  })
}

interface Left {
  readonly stays: Line
  readonly leaver: Line
  readonly other: Line
}

/** Only where the way back is open: `join_room` was answered while one was in. */
async function whileAway(trial: Trial, run: (left: Left) => Promise<void>): Promise<void> {
  if (!trial.stage.isSecondMember) throw new NotTried('the second user is not in the room')
  if (trial.stage.endpoint === 'room') throw new NotTried('it is tried on an endpoint for everything')
  const [stays, leaver, other] = [await trial.join(), await trial.join('second'), await trial.join('second')]
  const back = await leaver.ask('join_room', trial.inRoom())
  if (!back.ok)
    throw new NotTried(`the second user could not come back: join_room is refused with ${back.code}`)
  await trial.ok(leaver, 'leave_room')
  try {
    await run({ stays, leaver, other })
  } finally {
    // The server may have closed the one that was refused.
    const line = leaver.closed ? await trial.open('second') : leaver
    await line.ask('join_room', trial.inRoom())
  }
}

const expectedRemoval = 'a room_removed event with the room_id, on all connections of the user'

const leaving = (trial: Trial) =>
  whileAway(trial, async ({ leaver, other }) => {
    for (const line of [leaver, other]) {
      const event = await line.wait(({ type }) => type === 'room_removed')
      must(event !== undefined && isSame(payloadFields(event).room_id, trial.stage.channel), {
        expected: expectedRemoval,
        sent: { type: 'leave_room', data: trial.inRoom() },
        received: event,
      })
    }
  })

const deaf = (trial: Trial) =>
  whileAway(trial, async ({ stays, leaver, other }) => {
    const from = [leaver.mark(), other.mark()]
    const written = await trial.write(stays)
    await trial.settle(stays, stays)
    for (const [at, line] of [leaver, other].entries()) {
      await line.ping()
      const event = line.frames.slice(from[at]).find((frame) => written.causes(frame))
      must(event === undefined, {
        expected: 'no events of a room that one has left, on any connection',
        sent: { type: 'leave_room', data: trial.inRoom() },
        received: event,
      })
    }
  })

const GUARDED = [
  'get_history',
  'get_members',
  'subscribe_room',
  'chat_message',
  'typing_indicator',
  'read_receipt',
] as const

const guarded = (trial: Trial) =>
  whileAway(trial, async ({ leaver }) => {
    for (const type of GUARDED) {
      const data: Fields = trial.inRoom({
        message: 'querywire check',
        is_typing: true,
        message_id: '1',
        limit: 1,
      })
      const answer = await leaver.ask(type, data)
      must(!answer.ok && ['not_member', 'not_found', 'unsupported', 'forbidden'].includes(answer.code), {
        expected: `"${type}" is refused with "not_member": this user is not in the room`,
        sent: answer.sent,
        received: answer.frame,
      })
    }
  })

async function arrival(trial: Trial): Promise<void> {
  await whileAway(trial, async ({ stays, leaver, other }) => {
    await trial.say(stays)
    const from = other.mark()
    const answer = await leaver.ask('join_room', trial.inRoom())
    const { sent } = answer
    const room = answer.ok ? fieldsOf(answer.data.room) : {}
    must(room.unread_count === 0, {
      expected: 'a new member has no unread messages: "unread_count": 0',
      sent,
      received: answer.frame,
    })
    const event = await other.wait(({ type }) => type === 'room_added', { from })
    must(event !== undefined, {
      expected: 'a room_added event, on all connections of the user',
      sent,
      received: null,
    })
  })
}

export const roomRules = rulesOf('chat-from-the-client', [
  { id: 'P70', title: 'get_rooms: last active first', level: 1, needs: ['chat', 'channel'], trial: ownRooms },
  { id: 'P71', title: 'get_rooms: pages have every room once', level: 1, needs: ['chat'], trial: pages },
  {
    id: 'P72',
    title: 'get_members: oneself is among them',
    level: 1,
    needs: ['chat', 'channel'],
    trial: members,
  },
  {
    id: 'P73',
    title: 'unsubscribing ends the events',
    level: 1,
    needs: ['channel', 'endpoint for everything'],
    trial: unsubscribed,
  },
  {
    id: 'P74',
    title: 'joining a room that one is in is answered with the room',
    level: 1,
    needs: ['chat', 'channel'],
    trial: joinedAlready,
  },
  {
    id: 'P75',
    title: 'leaving is told on all connections of the user',
    level: 1,
    needs: ['chat', 'channel', 'second user'],
    trial: leaving,
  },
  {
    id: 'P87',
    title: 'leaving ends the events on all connections of the user',
    level: 1,
    needs: ['chat', 'channel', 'second user'],
    trial: deaf,
  },
  {
    id: 'P134',
    title: 'who is not in a room can do nothing in it',
    level: 1,
    needs: ['chat', 'channel', 'second user'],
    trial: guarded,
  },
  {
    id: 'P76',
    title: 'a new member has no unread messages, and is told of the room',
    level: 1,
    needs: ['chat', 'channel', 'second user'],
    trial: arrival,
  },
])
