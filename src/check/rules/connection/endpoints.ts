/** What a connection hears, by the endpoint that it is on. */
import { isSame } from '../../frames.ts'
import { must, NotTriedError } from '../../outcome.ts'
import { STATE_EVENTS } from '../../stage/seen.ts'
import { isWelcome, lineAs, tokenOf } from '../../stage/stage.ts'
import { eventsIn, type Trial } from '../../stage/trial.ts'
import { closeWords } from '../../wire/line.ts'
import { rulesOf } from '../rule.ts'

async function onlyWhatIsSubscribed({ stage, open, join, write, settle }: Trial): Promise<void> {
  const bystander = await open()
  const writer = await join()
  const written = await write(writer)
  await settle(writer, writer)
  await bystander.ping()
  const heard = bystander.frames.find((frame) => written.causes(frame))
  must(heard === undefined, {
    expected: `nothing: this connection has not sent ${stage.domain.names.subscribe}`,
    sent: written.answer?.sent,
    received: heard,
  })
}

async function impliedRoom({ stage, open, settle }: Trial): Promise<void> {
  const line = await open()
  const answer = await line.ask('get_history', { limit: 1 })
  if (!answer.ok && answer.code === 'unsupported') throw new NotTriedError('get_history is not offered')
  must(answer.ok, {
    expected: 'the history of the room of the endpoint',
    sent: answer.sent,
    received: answer.frame,
  })
  await settle(line, line)
  const foreign = eventsIn(line, STATE_EVENTS).find(
    (frame) => !isSame(frame.room_id ?? stage.channel, stage.channel),
  )
  must(foreign === undefined, { expected: 'events of this room only', sent: null, received: foreign })
}

async function closedToOthers({ stage, keep }: Trial): Promise<void> {
  const room = String(stage.channel)
  const path = stage.url.pathname.replace(encodeURIComponent(room), 'querywire-check-nowhere')
  if (path === stage.url.pathname) throw new NotTriedError('the address does not name the room')
  const url = new URL(stage.url)
  url.pathname = path
  const line = await lineAs(stage, { token: tokenOf(stage, 'first'), url })
  if ('failure' in line) throw new NotTriedError(`no connection: ${line.failure}`)
  keep(line)
  const heard = await line.wait(isWelcome, { ms: stage.timeoutMs })
  const closed = await line.waitForEnd(heard ? 500 : stage.timeoutMs)
  must(closed?.code === 4003, {
    expected: 'the endpoint of a room that one is not in, or that is not there, is closed with 4003',
    why: closed ? `it was closed with ${closeWords(closed)}` : 'it stayed open',
    sent: `a connection to ${path}`,
    received: closed ?? heard,
  })
}

export const endpointRules = rulesOf('connections', [
  {
    id: 'P21',
    title: 'events of a room come to those who have subscribed it',
    level: 1,
    needs: ['channel', 'endpoint for everything'],
    trial: onlyWhatIsSubscribed,
  },
  {
    id: 'P22',
    title: "on a room's endpoint, a frame without room_id means that room",
    level: 1,
    needs: ['chat', 'room endpoint'],
    trial: impliedRoom,
  },
  {
    id: 'P24',
    title: "a room's endpoint is closed with 4003 to those who are not in it",
    level: 1,
    needs: ['chat', 'room endpoint'],
    trial: closedToOthers,
  },
])
