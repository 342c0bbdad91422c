/** Level 0: events only. */
import { createId } from '../environment.ts'
import { type Fields, type Frame, fieldsOf, textOf } from '../frames.ts'
import { must, NotTriedError } from '../outcome.ts'
import { messageOf, type Trial } from '../stage/trial.ts'
import { answers, type Line } from '../wire/line.ts'
import { rulesOf } from './rule.ts'

const text = () => `querywire check ${createId()}`

/** The text may be changed on the way, so what holds the mark is taken for it. */
const isEcho = (message: string) => (frame: Frame) => JSON.stringify(frame).includes(message)

const say = (trial: Trial, line: Line, message: string) =>
  line.send('chat_message', trial.inRoom({ message }))

const EXPECTED =
  '{"type":"chat_message","message":{"id":…,"content":…,"sender":{"id":…,"username":…},"timestamp":…,"room_id":…}}'

function mustBeMessage(frame: Frame | undefined, sent: unknown, message: string): void {
  must(frame !== undefined, {
    expected: `${EXPECTED}, to everybody in the room, the sender included`,
    why: 'nothing came back',
    sent,
    received: null,
  })
  const told: Fields = messageOf(frame)
  const missing = ['id', 'timestamp', 'room_id'].find((name) => textOf(told[name]) === undefined)
  const isEchoOfFrame =
    frame.type === 'chat_message' && fieldsOf(frame.data).message === message && told.id === undefined
  must(missing === undefined, {
    expected: EXPECTED,
    why: isEchoOfFrame
      ? "this is the client's own frame, sent back as it was: put the event together on the server, field by field"
      : `${missing} is missing`,
    sent,
    received: frame,
  })
  must(textOf(fieldsOf(told.sender).id) !== undefined, {
    expected: 'sender: {"id":…,"username":…}, from the token and not from the frame',
    sent,
    received: frame,
  })
  must(typeof told.content === 'string', { expected: 'content, as text', sent, received: frame })
}

async function relayed(trial: Trial): Promise<void> {
  const [line, other] = [await trial.open(), await trial.open()]
  // A consumer that has not put a connection into its group yet would not relay to it.
  await Promise.all([line.ping(), other.ping()].map((pong) => pong.catch(() => undefined)))
  const message = text()
  const sent = say(trial, line, message)
  for (const at of [line, other]) mustBeMessage(await at.wait(isEcho(message)), sent, message)
}

async function inOrder(trial: Trial): Promise<void> {
  const line = await trial.open()
  const texts = Array.from({ length: 10 }, text)
  const sent = texts.map((message) => say(trial, line, message))
  for (const message of texts)
    if (!(await line.wait(isEcho(message)))) throw new NotTriedError('messages do not come back, see [P40]')
  const places = texts.map((message) => line.frames.findIndex(isEcho(message)))
  must(
    places.every((place, at) => at === 0 || place > (places[at - 1] ?? 0)),
    { expected: 'messages come back in the order they were sent in', sent, received: places },
  )
}

async function unanswered(trial: Trial): Promise<void> {
  const line = await trial.open()
  const [id, message] = [createId(), text()]
  const sent = line.send('chat_message', trial.inRoom({ message }), id)
  if (!(await line.wait(isEcho(message)))) throw new NotTriedError('messages do not come back, see [P40]')
  const reply = line.frames.find((frame) => answers(frame, id))
  must(reply === undefined, {
    expected:
      'no frame with reply_to, or with the id of the frame: a server that answers some is taken for one that answers all',
    sent,
    received: reply,
  })
}

export const plainRules = rulesOf('levels', [
  {
    id: 'P40',
    title: 'a message comes back to the room, the sender included',
    level: 0,
    until: 0,
    essential: true,
    needs: ['chat'],
    trial: relayed,
  },
  { id: 'P41', title: 'messages are relayed in order', level: 0, until: 0, needs: ['chat'], trial: inOrder },
  { id: 'P42', title: 'nothing is answered', level: 0, until: 0, needs: ['chat'], trial: unanswered },
])
