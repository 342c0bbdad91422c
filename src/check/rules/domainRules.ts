/** Of a server without chats: the two requests that were named. */
import { fieldsOf, isSame } from '../frames.ts'
import { must, NotTriedError } from '../outcome.ts'
import type { Trial } from '../stage/trial.ts'
import { rulesOf } from './rule.ts'

async function served(trial: Trial): Promise<void> {
  const { stage } = trial
  if (stage.domain.isChat) throw new NotTriedError('it is about other domains: --domain')
  const line = await trial.join()
  const { type, data } = stage.domain.read(stage.channel)
  const read = await line.ask(type, data)
  must(read.ok, { expected: `"${type}" is answered`, sent: read.sent, received: read.frame })
  const writing = stage.domain.write(stage.channel)
  const write = await line.ask(writing.frame.type, writing.frame.data)
  must(write.ok, { expected: `"${writing.frame.type}" is answered`, sent: write.sent, received: write.frame })
  const event = await line.wait((frame) => writing.causes(frame, write))
  must(event !== undefined, {
    expected: `an event "${stage.options.domain?.event}" for those who have subscribed the channel`,
    sent: write.sent,
    received: null,
  })
}

async function payloadInData(trial: Trial): Promise<void> {
  const { stage } = trial
  if (stage.domain.isChat) throw new NotTriedError('it is about other domains: --domain')
  const line = await trial.join()
  const event = await trial.told(line, await trial.write(line))
  const { key } = stage.domain.names
  must(isSame(event[key], stage.channel), {
    expected: `"${key}" beside the type of the event: which channel it belongs to`,
    sent: null,
    received: event,
  })
  must(key === 'room_id' || event.data !== undefined, {
    expected: `the payload in "data": beside it, "${key}" counts as a field of the payload`,
    sent: null,
    received: fieldsOf(event),
  })
}

export const domainRules = rulesOf('other-domains', [
  {
    id: 'P160',
    title: 'a reading and a writing request are answered, and the channel hears of it',
    level: 1,
    needs: ['channel'],
    trial: served,
  },
  {
    id: 'P161',
    title: 'an event has its channel beside it, and its payload in data',
    level: 1,
    needs: ['channel'],
    trial: payloadInData,
  },
])
