/** The list of rooms, members, coming and going. */
import { fieldsOf, isRecord, isSame, listOf, textOf } from '../../frames.ts'
import { must, NotTriedError } from '../../outcome.ts'
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
    throw new NotTriedError(`join_room is refused: ${answer.code}`)
  must(answer.ok && isRecord(answer.data.room), {
    expected: 'a reply with the room: one is in already',
    sent: answer.sent,
    received: answer.frame,
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
])
