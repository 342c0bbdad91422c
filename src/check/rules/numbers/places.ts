/** `sync`, from places that the server cannot vouch for, or that are named in another way. */
import { createId } from '../../environment.ts'
import { fieldsOf, isFrame, isSame, listOf, messageIn, payloadOf } from '../../frames.ts'
import { must, NotOfferedError, NotTriedError } from '../../outcome.ts'
import type { Position, Trial } from '../../stage/trial.ts'
import { rulesOf } from '../rule.ts'
import { entryOf, missed, sync } from './catchingUp.ts'

/** What cannot be proved to be complete. */
const incomplete = (cursorOf: (before: Position) => object, what: string) => async (trial: Trial) => {
  const { line, before } = await missed(trial, 1)
  const { answer, room } = await sync(trial, line, cursorOf(before))
  must(room.complete === false, {
    expected: `complete: false: ${what}`,
    sent: answer.sent,
    received: answer.frame,
  })
  const { length } = listOf(room.events)
  must(length === 0, {
    expected: 'no events where they are not complete',
    sent: answer.sent,
    received: answer.frame,
  })
}

async function subscribes(trial: Trial): Promise<void> {
  const { line, before } = await missed(trial, 1)
  const writer = await trial.join()
  for (const cursor of [before, { seq: before.seq, epoch: `other-${createId()}` }]) {
    const { answer } = await sync(trial, line, cursor)
    if (!answer.ok) throw new NotTriedError(`sync is refused: ${answer.code}`)
    const from = line.mark()
    const written = await trial.write(writer)
    const event = await line.wait((frame) => written.causes(frame), { from })
    must(event !== undefined, {
      expected: 'the events that follow: sync subscribes, complete or not',
      sent: answer.sent,
      received: null,
    })
  }
}

async function byMessage(trial: Trial): Promise<void> {
  const line = await trial.join()
  const [first, second] = [await trial.say(line), await trial.say(line)]
  const { answer, room } = await sync(trial, await trial.open(), { message_id: first.id })
  const told = listOf(room.events)
    .filter(isFrame)
    .map((event) => messageIn(payloadOf(event)).id)
  if (room.complete === false) throw new NotOfferedError('message_id is not taken: complete is false')
  must(
    told.some((id) => isSame(id, second.id)),
    {
      expected: 'everything after the event that announced that message',
      sent: answer.sent,
      received: answer.frame,
    },
  )
  must(!told.some((id) => isSame(id, first.id)), {
    expected: 'without that message itself',
    sent: answer.sent,
    received: answer.frame,
  })
}

async function unknown(trial: Trial): Promise<void> {
  const line = await trial.open()
  const { sync: type, field } = trial.stage.domain.names
  const name = `querywire-${createId()}`
  const answer = await line.ask(type, {
    [field]: { [name]: { seq: 0, epoch: 'e' }, [String(trial.stage.channel)]: {} },
  })
  const { room } = entryOf(trial, answer, name)
  const other = entryOf(trial, answer, String(trial.stage.channel)).room
  must(answer.ok && typeof other.complete === 'boolean', {
    expected: 'a reply with an entry for each room: one that is not there does not spoil the others',
    sent: answer.sent,
    received: answer.frame,
  })
  if (!trial.stage.domain.isChat && room.error === undefined)
    throw new NotOfferedError('a channel of any name is there')
  must(room.complete === false && fieldsOf(room.error).code !== undefined && room.seq === undefined, {
    expected:
      'complete: false, error: {"code":"not_member",…}, and no seq: one is not in it, or it is not there',
    sent: answer.sent,
    received: answer.frame,
  })
}

export const placeRules = rulesOf('numbers-gaps-and-catching-up', [
  { id: 'P102', title: 'sync subscribes, complete or not', level: 2, needs: ['channel'], trial: subscribes },
  {
    id: 'P99',
    title: 'another epoch: complete is false',
    level: 2,
    needs: ['channel'],
    trial: incomplete(
      ({ seq }) => ({ seq, epoch: `other-${createId()}` }),
      'numbers of another epoch cannot be compared',
    ),
  },
  {
    id: 'P100',
    title: 'a number from the future: complete is false',
    level: 2,
    needs: ['channel'],
    trial: incomplete(
      ({ seq, epoch }) => ({ seq: seq + 1_000_000, epoch }),
      'the server has lost what it told',
    ),
  },
  {
    id: 'P101',
    title: 'no position: complete is false',
    level: 2,
    needs: ['channel'],
    trial: incomplete(() => ({}), 'nothing is known of what the client has'),
  },
  {
    id: 'P103',
    title: 'a room that is not there has an error, and the others their answer',
    level: 2,
    needs: ['channel'],
    trial: unknown,
  },
  {
    id: 'P107',
    title: 'message_id takes the place of a number',
    level: 2,
    needs: ['chat', 'channel'],
    trial: byMessage,
  },
])
