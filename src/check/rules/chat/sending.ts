/** Messages: sent, sent again, by whom they are heard. */
import { createId } from '../../environment.ts'
import { type Fields, fieldsOf, isEqual, isSame, listOf, messageIn } from '../../frames.ts'
import { must, NotTriedError } from '../../outcome.ts'
import { eventsIn, messageOf, type Trial } from '../../stage/trial.ts'
import type { Answer, Line } from '../../wire/line.ts'
import { rulesOf } from '../rule.ts'

const text = () => `querywire check ${createId()}`

/** The event of this message at that connection. */
const eventOf = (line: Line, id: unknown) =>
  line.wait(
    (frame) =>
      frame.type === 'chat_message' && frame.reply_to === undefined && isSame(messageOf(frame).id, id),
  )

async function stored({ join, inRoom, remember }: Trial): Promise<void> {
  const [line, other] = [await join(), await join()]
  const message = text()
  const answer = await line.ask('chat_message', inRoom({ message, client_id: createId() }))
  must(answer.ok, { expected: 'a reply with the message', sent: answer.sent, received: answer.frame })
  const { id, content } = messageIn(answer.data)
  remember('first', id)
  must(content === message && id !== undefined, {
    expected: 'the reply holds the message as it was stored: {"message":{"id":…,"content":…}}',
    sent: answer.sent,
    received: answer.frame,
  })
  for (const [at, whose] of [
    [other, 'another connection of the room'],
    [line, 'the sender'],
  ] as const) {
    const event = await eventOf(at, id)
    must(event !== undefined, {
      expected: `a chat_message event for ${whose}`,
      why: 'none came, for the message that the reply names',
      sent: answer.sent,
      received: null,
    })
  }
}

const byId = (rows: unknown, id: unknown): Fields | undefined =>
  listOf(rows).find((row) => isSame(row.id, id))

async function clientIds(trial: Trial): Promise<void> {
  const { join, inRoom, remember, ok } = trial
  const line = await join()
  const client_id = createId()
  const answer = await line.ask('chat_message', inRoom({ message: text(), client_id }))
  if (!answer.ok) throw new NotTriedError(`chat_message is refused: ${answer.code}`)
  const { id } = messageIn(answer.data)
  remember('first', id)
  const { sent } = answer
  const expected = 'client_id on the message, as it was sent'
  must(messageIn(answer.data).client_id === client_id, {
    expected: `${expected}: in the reply`,
    sent,
    received: answer.frame,
  })
  const event = await eventOf(line, id)
  if (!event) throw new NotTriedError('the event did not come')
  must(messageOf(event).client_id === client_id, {
    expected: `${expected}: in the event`,
    sent,
    received: event,
  })
  const page = await ok(line, 'get_history', inRoom({ around: id, limit: 3 }))
  const row = byId(page.messages, id)
  if (!row) throw new NotTriedError('the history does not have the message')
  must(row.client_id === client_id, { expected: `${expected}: in the history`, sent, received: row })
}

function mustBeSame(first: Answer, again: Answer): void {
  must(again.ok && first.ok && isSame(messageIn(again.data).id, messageIn(first.data).id), {
    expected: `the message of the first time, ${first.ok ? JSON.stringify(messageIn(first.data).id) : ''}: a client sends again when the reply got lost`,
    sent: again.sent,
    received: again.frame,
  })
}

async function firstSend({ inRoom, remember }: Trial, line: Line, client_id: string) {
  const data = inRoom({ message: text(), client_id })
  const answer = await line.ask('chat_message', data)
  if (!answer.ok) throw new NotTriedError(`chat_message is refused: ${answer.code}`)
  if (messageIn(answer.data).client_id !== client_id)
    throw new NotTriedError('client_id is not kept, see [P51]')
  remember('first', messageIn(answer.data).id)
  return { data, answer }
}

async function again(trial: Trial): Promise<void> {
  const line = await trial.join()
  const { data, answer } = await firstSend(trial, line, createId())
  mustBeSame(answer, await line.ask('chat_message', data))
}

async function againSilently(trial: Trial): Promise<void> {
  const [line, other] = [await trial.join(), await trial.join()]
  const { data, answer } = await firstSend(trial, line, createId())
  const repeated = await line.ask('chat_message', data)
  if (repeated.ok && answer.ok && !isSame(messageIn(repeated.data).id, messageIn(answer.data).id))
    throw new NotTriedError('it is stored twice, see [P52]')
  await trial.settle(line, line, other)
  for (const at of [line, other]) {
    const told = eventsIn(at, 'chat_message').filter((frame) => messageOf(frame).client_id === data.client_id)
    must(told.length <= 1, {
      expected: 'one event: nobody hears of the repetition',
      why: `${told.length} came`,
      sent: repeated.sent,
      received: told,
    })
  }
}

async function elsewhere(trial: Trial): Promise<void> {
  const lines = [await trial.join(), await trial.join(), await trial.join()]
  const data = trial.inRoom({ message: text(), client_id: createId() })
  const answers = await Promise.all(lines.map((line) => line.ask('chat_message', data)))
  const [first] = answers
  for (const answer of answers) if (answer.ok) trial.remember('first', messageIn(answer.data).id)
  if (!first?.ok) throw new NotTriedError('chat_message is refused')
  if (messageIn(first.data).client_id !== data.client_id)
    throw new NotTriedError('client_id is not kept, see [P51]')
  for (const answer of answers) mustBeSame(first, answer)
}

async function asItIsNow(trial: Trial): Promise<void> {
  const line = await trial.join()
  const { data, answer } = await firstSend(trial, line, createId())
  const message_id = answer.ok ? messageIn(answer.data).id : undefined
  const edited = text()
  await trial.ok(line, 'edit_message', trial.inRoom({ message_id, message: edited }))
  const repeated = await line.ask('chat_message', data)
  if (!repeated.ok || !isSame(messageIn(repeated.data).id, message_id))
    throw new NotTriedError('it is stored twice, see [P52]')
  must(messageIn(repeated.data).content === edited, {
    expected: `the message as it now is, with the content "${edited}"`,
    sent: repeated.sent,
    received: repeated.frame,
  })
}

async function foreignFields(trial: Trial): Promise<void> {
  const line = await trial.join()
  const target = await trial.say(line)
  const extra = {
    reply_to_id: target.id,
    attachments: [
      {
        id: 'a1',
        name: 'a.png',
        mime_type: 'image/png',
        size: 3,
        url: 'https://example.com/a.png',
        width: 2,
        height: 1,
      },
    ],
    metadata: { a: [1, null] },
  }
  const answer = await line.ask(
    'chat_message',
    trial.inRoom({ message: text(), client_id: createId(), ...extra }),
  )
  must(answer.ok, {
    expected: 'a message with attachments, metadata and reply_to_id is taken',
    sent: answer.sent,
    received: answer.frame,
  })
  const { id } = messageIn(answer.data)
  trial.remember('first', id)
  const page = await trial.ok(line, 'get_history', trial.inRoom({ around: id, limit: 3 }))
  const places = { 'the reply': messageIn(answer.data), 'the history': fieldsOf(byId(page.messages, id)) }
  for (const [place, message] of Object.entries(places)) {
    for (const [name, value] of Object.entries(extra)) {
      const isKept = name === 'reply_to_id' ? isSame(message[name], value) : isEqual(message[name], value)
      must(isKept, { expected: `${name} as it was sent, in ${place}`, sent: answer.sent, received: message })
    }
  }
}

export const sendingRules = rulesOf('chat-from-the-client', [
  {
    id: 'P50',
    title: 'a message is stored, answered, and told to the room, the sender included',
    level: 1,
    essential: true,
    needs: ['chat', 'channel'],
    trial: stored,
  },
  {
    id: 'P51',
    title: 'client_id is on the message wherever it appears',
    level: 1,
    essential: true,
    needs: ['chat', 'channel'],
    trial: clientIds,
  },
  {
    id: 'P52',
    title: 'a message that is sent again is answered with the first one',
    level: 1,
    needs: ['chat', 'channel'],
    trial: again,
  },
  {
    id: 'P53',
    title: 'also on other connections, and at the same time',
    level: 1,
    needs: ['chat', 'channel'],
    trial: elsewhere,
  },
  {
    id: 'P54',
    title: 'a repetition is answered with the message as it now is',
    level: 1,
    needs: ['chat', 'channel'],
    trial: asItIsNow,
  },
  {
    id: 'P79',
    title: 'a repetition causes no event',
    level: 1,
    needs: ['chat', 'channel'],
    trial: againSilently,
  },
  {
    id: 'P55',
    title: 'attachments, metadata and reply_to_id are stored and returned',
    level: 1,
    needs: ['chat', 'channel'],
    trial: foreignFields,
  },
])
