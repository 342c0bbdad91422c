/** Where the channels of a connection stand, in its pongs. */
import { type Fields, type Frame, fieldsOf, payloadFields } from '../../frames.ts'
import { must, NotOfferedError, NotTriedError } from '../../outcome.ts'
import { positionIn, type Trial } from '../../stage/trial.ts'
import { rulesOf } from '../rule.ts'

const headsOf = (pong: Frame): Fields | undefined => {
  const { heads } = payloadFields(pong)
  return heads === undefined ? undefined : fieldsOf(heads)
}

const offered = ({ stage }: Trial): void => {
  if (stage.welcome?.heads !== true)
    throw new NotOfferedError('welcome does not say heads: true; clients then ask by sync, once a minute')
}

async function current(trial: Trial): Promise<void> {
  offered(trial)
  const line = await trial.join()
  const written = await trial.write(line)
  const event = await trial.told(line, written)
  const pong = await line.ping()
  const head = positionIn(fieldsOf(headsOf(pong)?.[String(trial.stage.channel)]))
  must(head !== undefined, {
    expected:
      'the first pong has all channels that this connection has subscribed: {"heads":{"<channel>":{"seq":…,"epoch":…}}}',
    sent: { type: 'ping' },
    received: pong,
  })
  must(head.seq >= Number(event.seq), {
    expected: `where the channel stands: at ${String(event.seq)}, at least`,
    sent: { type: 'ping' },
    received: pong,
  })
}

async function moved(trial: Trial): Promise<void> {
  offered(trial)
  const line = await trial.join()
  await line.ping()
  const name = String(trial.stage.channel)
  const written = await trial.write(line)
  const event = await trial.told(line, written)
  const pong = await line.ping()
  const head = positionIn(fieldsOf(headsOf(pong)?.[name]))
  if (headsOf(pong) === undefined) throw new NotTriedError('there are no heads, see [P96]')
  must(head !== undefined && head.seq >= Number(event.seq), {
    expected: `the channel has moved to ${String(event.seq)} since the last pong`,
    sent: { type: 'ping' },
    received: pong,
  })
}

async function onlyMoved(trial: Trial): Promise<void> {
  offered(trial)
  const line = await trial.join()
  const first = await line.ping()
  const name = String(trial.stage.channel)
  const before = positionIn(fieldsOf(headsOf(first)?.[name]))
  if (!before) throw new NotTriedError('the first pong has no head, see [P96]')
  const second = await line.ping()
  const after = positionIn(fieldsOf(headsOf(second)?.[name]))
  must(after === undefined || after.seq !== before.seq, {
    expected: 'only channels that have moved since the last pong',
    sent: { type: 'ping' },
    received: second,
  })
}

export const headRules = rulesOf('numbers-gaps-and-catching-up', [
  {
    id: 'P96',
    title: 'the first pong says where all channels of the connection stand',
    level: 2,
    strength: 'should',
    needs: ['channel'],
    trial: current,
  },
  {
    id: 'P104',
    title: 'a later pong says where those stand that have moved',
    level: 2,
    needs: ['channel'],
    trial: moved,
  },
  {
    id: 'P105',
    title: 'a pong leaves out those that have not moved',
    level: 2,
    strength: 'should',
    needs: ['channel'],
    trial: onlyMoved,
  },
])
