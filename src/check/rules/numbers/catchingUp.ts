/** `sync`: what was missed, and what cannot be known. */
import { createId } from '../../environment.ts'
import {
  type Fields,
  type Frame,
  fieldsOf,
  isFrame,
  isSame,
  listOf,
  messageIn,
  payloadOf,
} from '../../frames.ts'
import { must, NotOffered, NotTried } from '../../outcome.ts'
import { type Position, positionIn, type Trial, type Written } from '../../stage/trial.ts'
import type { Answer, Line } from '../../wire/line.ts'
import { rulesOf } from '../rule.ts'

interface CaughtUp {
  readonly answer: Answer
  readonly room: Fields
}

async function sync(trial: Trial, line: Line, cursor: object): Promise<CaughtUp> {
  const { domain, channel } = trial.stage
  const { sync: type, field } = domain.names
  return entryOf(trial, await line.ask(type, { [field]: { [String(channel)]: cursor } }), String(channel))
}

function entryOf({ stage }: Trial, answer: Answer, channel: string): CaughtUp {
  const { sync: type, field } = stage.domain.names
  if (!answer.ok && answer.code === 'unsupported')
    throw new NotOffered(`"${type}" is answered with "unsupported"`)
  const room = answer.ok ? fieldsOf(fieldsOf(answer.data[field])[channel]) : {}
  return { answer, room }
}

interface Missed {
  readonly line: Line
  readonly before: Position
  /** With the events that they caused. */
  readonly written: readonly { readonly write: Written; readonly event: Frame }[]
}

/** Some writes, and where the channel stood before them. */
async function missed(trial: Trial, count = 3): Promise<Missed> {
  const line = await trial.join()
  const first = await trial.write(line)
  const before = positionIn(await trial.told(line, first))
  if (!before) throw new NotTried('events carry no seq and epoch')
  const written: { write: Written; event: Frame }[] = []
  for (let at = 0; at < count; at += 1) {
    const write = await trial.write(line)
    written.push({ write, event: await trial.told(line, write) })
  }
  return { line: await trial.open(), before, written }
}

async function complete(trial: Trial): Promise<void> {
  const { line, before, written } = await missed(trial)
  const { answer, room } = await sync(trial, line, before)
  const { sent, frame: received } = answer
  must(room.complete === true && Array.isArray(room.events), {
    expected: 'the events since that number, and complete: true',
    sent,
    received,
  })
  const events = listOf(room.events).filter(isFrame)
  for (const { write, event } of written) {
    must(
      events.some((each) => write.causes(each)),
      { expected: `the event ${String(event.seq)} among them`, sent, received },
    )
  }
  const early = events.find(({ seq }) => typeof seq === 'number' && seq <= before.seq)
  must(early === undefined, { expected: `only what came after ${before.seq}`, sent, received: early })
  must(positionIn(room) !== undefined, {
    expected: 'seq and epoch: where the channel now stands',
    sent,
    received,
  })
}

async function wholeFrames(trial: Trial): Promise<void> {
  const { line, before, written } = await missed(trial)
  const { answer, room } = await sync(trial, line, before)
  const events = listOf(room.events).filter(isFrame)
  if (events.length === 0) throw new NotTried('no events came, see [P97]')
  for (const { write, event } of written) {
    const again = events.find((each) => write.causes(each))
    if (!again) throw new NotTried('an event is missing, see [P97]')
    const isWhole =
      again.type === event.type &&
      again.seq === event.seq &&
      again.epoch === event.epoch &&
      payloadOf(again) !== undefined
    must(isWhole, {
      expected: `the whole frame, as it was sent: ${JSON.stringify(event)}`,
      sent: answer.sent,
      received: again,
    })
  }
  const numbers = events.map(({ seq }) => Number(seq))
  must(
    numbers.every((seq, at) => at === 0 || seq > (numbers[at - 1] ?? 0)),
    { expected: 'oldest first', sent: answer.sent, received: numbers },
  )
}

async function position(trial: Trial): Promise<void> {
  const { line, before, written } = await missed(trial)
  const { answer, room } = await sync(trial, line, before)
  const stands = positionIn(room)
  const last = Number(written.at(-1)?.event.seq)
  if (!stands) throw new NotTried('no position came, see [P97]')
  must(stands.seq >= last, {
    expected: `seq is where the channel stands: at ${last}, at least`,
    sent: answer.sent,
    received: answer.frame,
  })
}

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
    if (!answer.ok) throw new NotTried(`sync is refused: ${answer.code}`)
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
  if (room.complete === false) throw new NotOffered('message_id is not taken: complete is false')
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
    throw new NotOffered('a channel of any name is there')
  must(room.complete === false && fieldsOf(room.error).code !== undefined && room.seq === undefined, {
    expected:
      'complete: false, error: {"code":"not_member",…}, and no seq: one is not in it, or it is not there',
    sent: answer.sent,
    received: answer.frame,
  })
}

export const catchingUpRules = rulesOf('numbers-gaps-and-catching-up', [
  {
    id: 'P97',
    title: 'sync brings what was missed',
    level: 2,
    essential: true,
    needs: ['channel'],
    trial: complete,
  },
  {
    id: 'P98',
    title: 'its events are the whole frames, oldest first',
    level: 2,
    needs: ['channel'],
    trial: wholeFrames,
  },
  {
    id: 'P106',
    title: 'its seq is where the channel now stands',
    level: 2,
    needs: ['channel'],
    trial: position,
  },
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
  { id: 'P102', title: 'sync subscribes, complete or not', level: 2, needs: ['channel'], trial: subscribes },
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
