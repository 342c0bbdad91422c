/** Greeting, ping and pong. */
import { createId, now } from '../../environment.ts'
import { fieldsOf, isFrame, payloadFields, textOf } from '../../frames.ts'
import { must, NotOfferedError, NotTriedError } from '../../outcome.ts'
import type { Trial } from '../../stage/trial.ts'
import { answers, type Line } from '../../wire/line.ts'
import { rulesOf } from '../rule.ts'

const DUE_MS = 5_000

async function pong({ open, stage }: Trial): Promise<void> {
  const line = await open()
  const from = line.mark()
  const startedAt = now()
  const timestamp = 1_700_000_000_123
  const sent = line.send('ping', { timestamp })
  const heard = await line.wait(({ type }) => type === 'pong', {
    from,
    ms: Math.max(DUE_MS, stage.timeoutMs),
  })
  const tookMs = Math.round(now() - startedAt)
  must(heard !== undefined, {
    expected: '{"type":"pong","data":{"timestamp":1700000000123}} within five seconds',
    why: line.closed ? 'the connection was closed' : `no pong came within ${tookMs} ms`,
    sent,
    received: line.frames[from],
  })
  const told = payloadFields(heard).timestamp ?? heard.timestamp
  must(told === timestamp, { expected: "the pong has the ping's own timestamp", sent, received: heard })
  must(tookMs <= DUE_MS, {
    expected: 'a pong within five seconds',
    why: `it took ${tookMs} ms`,
    sent,
    received: heard,
  })
}

async function noReply({ open }: Trial): Promise<void> {
  const line = await open()
  await line.ping()
  const id = createId()
  const from = line.mark()
  const sent = line.send('ping', { timestamp: 'with an id' }, id)
  await line.ping()
  const since = line.frames.slice(from)
  const reply = since.find((frame) => answers(frame, id))
  must(reply === undefined, { expected: 'a pong, and no reply beside it', sent, received: reply })
  const pongs = since.filter(
    (frame) => frame.type === 'pong' && payloadFields(frame).timestamp === 'with an id',
  )
  must(pongs.length === 1, { expected: 'one pong', why: `${pongs.length} came`, sent, received: pongs })
}

async function welcomeFirst({ stage, open }: Trial): Promise<void> {
  if (!stage.welcome)
    throw new NotOfferedError('the server answers, and sends no welcome: clients have to ask for that')
  const line = await open()
  // The answer to an auth frame may come before it.
  const first = line.frames.find(({ reply_to }) => reply_to === undefined)
  must(first?.type === 'welcome', { expected: 'welcome is the first frame', sent: null, received: first })
  const { level, user } = payloadFields(first)
  must(level === 1 || level === 2 || level === 3, {
    expected: 'welcome has its level: 1, 2 or 3',
    sent: null,
    received: first,
  })
  must(textOf(fieldsOf(user).id) !== undefined, {
    expected: 'welcome has the user, with an id',
    sent: null,
    received: first,
  })
}

/** Any clock, also one that is off, shows a year after 2001 in milliseconds, and never in seconds. */
const isMilliseconds = (value: unknown) => typeof value === 'number' && value > 1e12 && value < 1e14

async function serverTime({ stage, open }: Trial): Promise<void> {
  const line: Line = await open()
  const heard = [
    await line.ping(),
    ...line.frames.filter((frame) => isFrame(frame) && frame.type === 'welcome'),
  ]
  const told = heard.filter((frame) => payloadFields(frame).server_time !== undefined)
  if (told.length === 0)
    throw stage.welcome
      ? new NotOfferedError('no server_time is told')
      : new NotTriedError('there is no welcome')
  const wrong = told.find((frame) => !isMilliseconds(payloadFields(frame).server_time))
  must(wrong === undefined, {
    expected: 'server_time in milliseconds since 1970',
    sent: null,
    received: wrong,
  })
}

export const heartbeatRules = rulesOf('connections', [
  { id: 'P17', title: 'welcome comes first, with level and user', level: 1, trial: welcomeFirst },
  {
    id: 'P18',
    title: "a ping is answered by a pong with the ping's timestamp",
    level: 0,
    essential: true,
    trial: pong,
  },
  { id: 'P19', title: 'a pong is no reply, and comes once', level: 0, trial: noReply },
  { id: 'P20', title: 'server_time is in milliseconds since 1970', level: 1, trial: serverTime },
])
