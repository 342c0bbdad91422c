/** One reply for each frame, and how refusals look. */
import { createId } from '../../environment.ts'
import { type Frame, fieldsOf, isSame, textOf } from '../../frames.ts'
import { must, NoAnswerError, NotTriedError } from '../../outcome.ts'
import { messageOf, type Trial } from '../../stage/trial.ts'
import { answers, closeWords, type Line, type Sent } from '../../wire/line.ts'
import { rulesOf } from '../rule.ts'

/** Where replies are named as such, an event that has the id of the frame is none; see [P6]. */
function repliesTo(line: Line, sent: Sent | undefined): readonly Frame[] {
  const found = line.frames.filter((frame) => answers(frame, sent?.id ?? ''))
  const named = found.filter(({ reply_to }) => reply_to !== undefined)
  return named.length > 0 ? named : found
}

async function exactlyOne({ stage, join, settle }: Trial): Promise<void> {
  const line = await join()
  const read = stage.domain.read(stage.channel)
  const asked = [line.request(read.type, read.data), line.request(read.type, read.data)]
  for (const { sent, answer } of asked) {
    const reply = await answer().catch((error: unknown) => {
      if (error instanceof NoAnswerError) return undefined
      throw error
    })
    must(reply !== undefined, {
      expected: 'a frame with reply_to, the id of the request',
      why: line.closed ? `the connection was closed with ${closeWords(line.closed)}` : 'none came',
      sent,
      received: null,
    })
  }
  await settle(line, line)
  for (const { sent } of asked) {
    const replies = repliesTo(line, sent)
    must(replies.length === 1, {
      expected: 'one reply',
      why: `${replies.length} came`,
      sent,
      received: replies,
    })
  }
}

/** Of a write, which may be answered by two that share the work. */
async function writesOnce({ join, write, settle }: Trial): Promise<void> {
  const line = await join()
  const { answer } = await write(line)
  await settle(line, line)
  const replies = repliesTo(line, answer?.sent)
  must(replies.length === 1, {
    expected: 'one reply',
    why: `${replies.length} came`,
    sent: answer?.sent,
    received: replies,
  })
}

async function withoutId({ stage, join, settle, remember }: Trial): Promise<void> {
  const line = await join()
  const writing = stage.domain.write(stage.channel)
  const from = line.mark()
  const sent = line.send(writing.frame.type, writing.frame.data)
  const event = await line.wait((frame) => writing.causes(frame, undefined), { from })
  if (event && stage.domain.isChat) remember('first', messageOf(event).id)
  await settle(line, line)
  // The marker that settles has an id of its own, so it is told apart.
  const reply = line.frames
    .slice(from)
    .find(({ type, reply_to }) => type === 'response' && textOf(reply_to) === undefined)
  must(reply === undefined, { expected: 'no reply: the frame has no id', sent, received: reply })
  must(event !== undefined, {
    expected: 'a frame without an id is served all the same',
    sent,
    received: null,
  })
}

async function noJson({ open }: Trial): Promise<void> {
  const line = await open()
  await line.ping()
  const sent = '{"type":'
  line.sendText(sent)
  try {
    await line.ping()
  } catch (error) {
    if (!(error instanceof NoAnswerError)) throw error
    must(false, {
      expected: 'an error without reply_to, on a connection that goes on',
      why: line.closed ? `the connection was closed with ${closeWords(line.closed)}` : error.message,
      sent,
      received: line.closed,
    })
  }
}

async function toldOfNoJson({ open }: Trial): Promise<void> {
  const line = await open()
  const from = line.mark()
  const sent = '{"type":'
  line.sendText(sent)
  const heard = await line.wait(({ type }) => type === 'error', { from })
  if (line.closed) throw new NotTriedError('the connection was closed, see [P32]')
  must(heard !== undefined && heard.reply_to === undefined && fieldsOf(heard.error).code !== undefined, {
    expected: '{"type":"error","error":{"code":"invalid",…}}, without reply_to',
    sent,
    received: heard,
  })
}

async function replyFirst({ join, write, told }: Trial): Promise<void> {
  const line = await join()
  for (let round = 0; round < 5; round += 1) {
    const written = await write(line)
    const event = await told(line, written)
    const replyAt = line.frames.findIndex((frame) => answers(frame, written.answer?.sent.id ?? ''))
    must(replyAt < line.frames.indexOf(event), {
      expected: 'the reply comes before the event, on the connection that asked',
      sent: written.answer?.sent,
      received: [event, line.frames[replyAt]],
    })
  }
}

/** Frames that any server has to refuse, whatever it is about. */
async function refusal({ stage, open }: Trial): Promise<void> {
  const line = await open()
  const id = createId()
  const { subscribe } = stage.domain.names
  const sent = line.send(subscribe, { [stage.domain.names.key]: { not: 'an id' } }, id)
  const heard = await line.wait((frame) => answers(frame, id))
  const error = fieldsOf(heard?.error)
  must(heard !== undefined && textOf(error.code) !== undefined, {
    expected: '{"type":"error","reply_to":…,"error":{"code":…,"message":…}}',
    why: line.closed ? `the connection was closed with ${closeWords(line.closed)}` : '',
    sent,
    received: heard ?? line.closed,
  })
  must(isSame(heard.reply_to, id), {
    expected: 'reply_to is the id of the refused frame',
    sent,
    received: heard,
  })
  must(heard.type === 'error', { expected: 'the type of a refusal is "error"', sent, received: heard })
}

async function staysOpen({ stage, open }: Trial): Promise<void> {
  const line = await open()
  const { subscribe, key } = stage.domain.names
  const sent = line.send(subscribe, { [key]: { not: 'an id' } }, createId())
  try {
    await line.ping()
  } catch (error) {
    if (!(error instanceof NoAnswerError)) throw error
    must(line.closed === undefined, {
      expected: 'a refused frame leaves the connection open',
      why: line.closed ? `it was closed with ${closeWords(line.closed)}` : '',
      sent,
      received: line.closed,
    })
    throw error
  }
}

const RETRYABLE: Readonly<Record<string, boolean>> = {
  invalid: false,
  not_found: false,
  not_member: false,
  unsupported: false,
  forbidden: false,
}

async function errorFields({ stage, open }: Trial): Promise<void> {
  const line = await open()
  const { subscribe, key } = stage.domain.names
  const answer = await line.ask(subscribe, { [key]: 'querywire-check-nowhere' })
  if (answer.ok) throw new NotTriedError(`"${subscribe}" takes any name`)
  const { code, message, retryable } = answer.error
  const { sent, frame: received } = answer
  must(typeof code === 'string' && code !== '', {
    expected: 'error.code is text, for programs',
    sent,
    received,
  })
  must(typeof message === 'string', { expected: 'error.message is text, for developers', sent, received })
  const isWrong = RETRYABLE[code] === false && retryable === true
  must(!isWrong, { expected: `"${code}" is not retryable: asking again changes nothing`, sent, received })
}

export const replyRules = rulesOf('requests-and-replies', [
  {
    id: 'P30',
    title: 'a request with an id gets one reply, which names it',
    level: 1,
    essential: true,
    needs: ['channel'],
    trial: exactlyOne,
  },
  {
    id: 'P31',
    title: 'a frame that changes something gets one reply, too',
    level: 1,
    needs: ['channel'],
    trial: writesOnce,
  },
  {
    id: 'P35',
    title: 'a frame without an id is served, and gets no reply',
    level: 1,
    needs: ['channel'],
    trial: withoutId,
  },
  { id: 'P32', title: 'what is no JSON does not end the connection', level: 1, trial: noJson },
  { id: 'P36', title: 'what is no JSON is told by an error without reply_to', level: 1, trial: toldOfNoJson },
  {
    id: 'P33',
    title: 'the reply comes before the event that the request caused',
    level: 1,
    needs: ['channel'],
    trial: replyFirst,
  },
  { id: 'P34', title: 'a refused frame is answered by an error that names it', level: 1, trial: refusal },
  { id: 'P37', title: 'a refused frame leaves the connection open', level: 1, trial: staysOpen },
])

export const errorRules = rulesOf('errors', [
  {
    id: 'P130',
    title: 'an error has a code, a message, and says rightly whether to try again',
    level: 1,
    trial: errorFields,
  },
])
