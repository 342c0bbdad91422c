/** Coming and going. */
import { type Fields, fieldsOf, isSame, payloadFields } from '../../frames.ts'
import { must, NotTriedError } from '../../outcome.ts'
import type { Trial } from '../../stage/trial.ts'
import type { Line } from '../../wire/line.ts'
import { rulesOf } from '../rule.ts'

interface Left {
  readonly stays: Line
  readonly leaver: Line
  readonly other: Line
}

/** Only where the way back is open: `join_room` was answered while one was in. */
async function whileAway(trial: Trial, run: (left: Left) => Promise<void>): Promise<void> {
  if (!trial.stage.isSecondMember) throw new NotTriedError('the second user is not in the room')
  if (trial.stage.endpoint === 'room') throw new NotTriedError('it is tried on an endpoint for everything')
  const [stays, leaver, other] = [await trial.join(), await trial.join('second'), await trial.join('second')]
  const back = await leaver.ask('join_room', trial.inRoom())
  if (!back.ok)
    throw new NotTriedError(`the second user could not come back: join_room is refused with ${back.code}`)
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

export const membershipRules = rulesOf('chat-from-the-client', [
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
