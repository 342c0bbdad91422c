/** Numbers of events: without holes, also when many write at once. */
import { createId } from '../../environment.ts'
import { type Frame, isNumber, isSame } from '../../frames.ts'
import { must, NotTriedError } from '../../outcome.ts'
import { eventsIn, messageOf, positionIn, type Trial } from '../../stage/trial.ts'
import type { Line } from '../../wire/line.ts'
import { rulesOf } from '../rule.ts'

const WRITES = 100
const WRITERS = 4

/** The events of the channel that carry a number, from a place on. */
const numbered = (line: Line, from = 0): readonly Frame[] =>
  line.frames.slice(from).filter(({ seq, reply_to }) => isNumber(seq) && reply_to === undefined)

/** A hundred writes at once; what the observer has heard by the time all are told. */
async function storm(trial: Trial): Promise<readonly Frame[]> {
  const observer = await trial.join()
  const writers: Line[] = []
  for (let at = 0; at < WRITERS; at += 1) writers.push(await trial.open())
  const from = observer.mark()
  const writes = Array.from({ length: WRITES }, (_, at) => {
    const line = writers[at % WRITERS]
    if (!line) throw new NotTriedError('there is no connection to write on')
    return trial.write(line)
  })
  const written = await Promise.all(writes)
  for (const each of written) await trial.told(observer, each, from)
  return numbered(observer, from)
}

async function withoutHoles(trial: Trial): Promise<void> {
  const events = await storm(trial)
  const numbers = [...new Set(events.map(({ seq }) => Number(seq)))].sort((a, b) => a - b)
  const [first = 0] = numbers
  const hole = numbers.findIndex((seq, at) => seq !== first + at)
  must(hole < 0, {
    expected:
      'each number is one more than the one before: a hole makes every client ask for what does not exist',
    why: `after ${numbers[hole - 1]} comes ${numbers[hole]}, in ${WRITES} writes at once`,
    sent: null,
    received: numbers.slice(Math.max(0, hole - 3), hole + 3),
  })
  must(numbers.length >= WRITES, {
    expected: `${WRITES} numbers for ${WRITES} events`,
    why: `two events have the same number: there are ${numbers.length}`,
    sent: null,
    received: null,
  })
}

async function inOrder(trial: Trial): Promise<void> {
  const numbers = (await storm(trial)).map(({ seq }) => Number(seq))
  const wrong = numbers.findIndex((seq, at) => at > 0 && seq < (numbers[at - 1] ?? 0))
  must(wrong < 0, {
    expected: 'events are sent in the order of their numbers',
    why: `${numbers[wrong]} came after ${numbers[wrong - 1]}`,
    sent: null,
    received: numbers.slice(Math.max(0, wrong - 3), wrong + 3),
  })
}

async function numberOfMessage(trial: Trial): Promise<void> {
  const line = await trial.join()
  const answer = await line.ask(
    'chat_message',
    trial.inRoom({ message: `querywire check ${createId()}`, client_id: createId() }),
  )
  if (!answer.ok) throw new NotTriedError(`chat_message is refused: ${answer.code}`)
  const message = messageOf({ type: 'chat_message', data: answer.data })
  trial.remember('first', message.id)
  const event = await line.wait(
    (frame) =>
      eventsIn({ ...line, frames: [frame] }, 'chat_message').length > 0 &&
      isSame(messageOf(frame).id, message.id),
  )
  if (!event) throw new NotTriedError('the event did not come')
  const { sent } = answer
  must(isNumber(message.seq) && isNumber(messageOf(event).seq), {
    expected: 'seq on the message, in the reply and in the event',
    sent,
    received: [answer.frame, event],
  })
  must(message.seq === event.seq && messageOf(event).seq === event.seq, {
    expected: 'Message.seq is the number of the event that announced the message',
    sent,
    received: event,
  })
}

async function positionOfSubscription(trial: Trial): Promise<void> {
  const { stage } = trial
  const line = await trial.open()
  const { subscribe } = stage.domain.names
  const answer = await line.ask(subscribe, trial.inRoom())
  if (!answer.ok) throw new NotTriedError(`"${subscribe}" is refused: ${answer.code}`)
  must(positionIn(answer.data) !== undefined, {
    expected: '{"seq":…,"epoch":…}: where the channel stands',
    sent: answer.sent,
    received: answer.frame,
  })
  const first = await trial.write(line)
  const event = await trial.told(line, first)
  const again = await line.ask(subscribe, trial.inRoom())
  const position = again.ok ? positionIn(again.data) : undefined
  must(position !== undefined && position.seq >= Number(event.seq), {
    expected: `a repeated subscription says where the channel stands now: at ${String(event.seq)}`,
    sent: again.sent,
    received: again.frame,
  })
}

async function greetingPosition({ stage, open }: Trial): Promise<void> {
  const line = await open()
  const welcome = line.frames.find(({ type }) => type === 'welcome')
  must(
    welcome !== undefined && positionIn((welcome.data ?? welcome) as Record<string, unknown>) !== undefined,
    {
      expected: 'welcome says where the room of the endpoint stands: room_id, seq, epoch',
      sent: `a connection to ${stage.url.pathname}`,
      received: welcome,
    },
  )
}

const BEFORE = 10
const DURING = 30

/** Subscribes while somebody writes: nothing after the position of the reply may be missing. */
async function nothingMissing(trial: Trial): Promise<void> {
  const [line, writer, witness] = [await trial.open(), await trial.open(), await trial.join()]
  const { subscribe } = trial.stage.domain.names
  const writes = []
  for (let at = 0; at < BEFORE; at += 1) writes.push(trial.write(writer))
  const asked = line.ask(subscribe, trial.inRoom())
  for (let at = 0; at < DURING; at += 1) writes.push(trial.write(writer))
  // All at once: what fails beside another failure is nobody's to wait for.
  const [answer, written] = await Promise.all([asked, Promise.all(writes)])
  if (!answer.ok) throw new NotTriedError(`"${subscribe}" is refused: ${answer.code}`)
  const position = positionIn(answer.data)
  if (!position) throw new NotTriedError('the reply has no position, see [P93]')
  for (const each of written) {
    const event = await trial.told(witness, each)
    if (Number(event.seq) <= position.seq) continue
    const heard = await line.wait((frame) => each.causes(frame))
    must(heard !== undefined, {
      expected: `every event after ${position.seq}, which the reply names`,
      why: `the event ${String(event.seq)} did not come`,
      sent: answer.sent,
      received: answer.frame,
    })
  }
}

async function nothingOld(trial: Trial): Promise<void> {
  const writer = await trial.join()
  const old = await trial.write(writer)
  const event = await trial.told(writer, old)
  const line = await trial.join()
  await trial.settle(writer, line)
  const heard = line.frames.find((frame) => old.causes(frame))
  must(heard === undefined, {
    expected: `nothing up to ${String(event.seq)}: what was missed before is for ${trial.stage.domain.names.sync}`,
    sent: { type: trial.stage.domain.names.subscribe, data: trial.inRoom() },
    received: heard,
  })
}

export const countingRules = rulesOf('numbers-gaps-and-catching-up', [
  {
    id: 'P90',
    title: `${WRITES} concurrent writes give ${WRITES} numbers without a hole`,
    level: 2,
    essential: true,
    needs: ['channel'],
    trial: withoutHoles,
  },
  {
    id: 'P91',
    title: 'events come in the order of their numbers',
    level: 2,
    strength: 'should',
    needs: ['channel'],
    trial: inOrder,
  },
  {
    id: 'P92',
    title: 'Message.seq is the number of its event',
    level: 2,
    needs: ['chat', 'channel'],
    trial: numberOfMessage,
  },
  {
    id: 'P93',
    title: 'the reply to a subscription says where the channel stands',
    level: 2,
    essential: true,
    needs: ['channel', 'endpoint for everything'],
    trial: positionOfSubscription,
  },
  {
    id: 'P109',
    title: "on a room's endpoint, welcome says where the room stands",
    level: 2,
    essential: true,
    needs: ['chat', 'room endpoint'],
    trial: greetingPosition,
  },
  {
    id: 'P94',
    title: 'no event is missing after the position of a subscription',
    level: 2,
    needs: ['channel', 'endpoint for everything'],
    trial: nothingMissing,
  },
  {
    id: 'P95',
    title: 'a subscription replays nothing',
    level: 2,
    needs: ['channel', 'endpoint for everything'],
    trial: nothingOld,
  },
])
