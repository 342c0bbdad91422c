import { type Fields, type Frame, fieldsOf, isFrame, listOf, payloadOf } from '../../frames.ts'
import { must, NotOfferedError, NotTriedError } from '../../outcome.ts'
import { type Position, positionIn, type Trial, type Written } from '../../stage/trial.ts'
import type { Answer, Line } from '../../wire/line.ts'
import { rulesOf } from '../rule.ts'

interface CaughtUp {
  readonly answer: Answer
  readonly room: Fields
}

export async function sync(trial: Trial, line: Line, cursor: object): Promise<CaughtUp> {
  const { domain, channel } = trial.stage
  const { sync: type, field } = domain.names
  return entryOf(trial, await line.ask(type, { [field]: { [String(channel)]: cursor } }), String(channel))
}

export function entryOf({ stage }: Trial, answer: Answer, channel: string): CaughtUp {
  const { sync: type, field } = stage.domain.names
  if (!answer.ok && answer.code === 'unsupported')
    throw new NotOfferedError(`"${type}" is answered with "unsupported"`)
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
export async function missed(trial: Trial, count = 3): Promise<Missed> {
  const line = await trial.join()
  const first = await trial.write(line)
  const before = positionIn(await trial.told(line, first))
  if (!before) throw new NotTriedError('events carry no seq and epoch')
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
  if (events.length === 0) throw new NotTriedError('no events came, see [P97]')
  for (const { write, event } of written) {
    const again = events.find((each) => write.causes(each))
    if (!again) throw new NotTriedError('an event is missing, see [P97]')
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
  if (!stands) throw new NotTriedError('no position came, see [P97]')
  must(stands.seq >= last, {
    expected: `seq is where the channel stands: at ${last}, at least`,
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
])
