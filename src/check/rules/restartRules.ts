/** A server that is ended while it works, and started again. */
import { delay, now } from '../environment.ts'
import { type Fields, isFrame, isSame, listOf, messageIn } from '../frames.ts'
import { must, NotTriedError } from '../outcome.ts'
import { type Position, positionIn, type Trial } from '../stage/trial.ts'
import type { Line } from '../wire/line.ts'
import { rulesOf } from './rule.ts'

const BACK_MS = 60_000
const AGAIN_MS = 250
/** All that was answered is asked for afterwards. */
const BETWEEN_MS = 20

interface Kept {
  readonly data: Fields
  readonly message: Fields
}

/** Writes until the connection ends; what was answered is what must be there afterwards. */
async function writeUntilItEnds(trial: Trial, line: Line, answered: Kept[]): Promise<void> {
  for (;;) {
    const { frame } = trial.stage.domain.write(trial.stage.channel)
    try {
      const answer = await line.ask(frame.type, frame.data)
      if (answer.ok) answered.push({ data: frame.data as Fields, message: messageIn(answer.data) })
    } catch (error) {
      if (error instanceof NotTriedError) return
      throw error
    }
    await delay(BETWEEN_MS)
  }
}

/** Connected again, as soon as the server takes one. */
async function comeBack(trial: Trial): Promise<Line> {
  const startedAt = now()
  for (;;) {
    try {
      const line = await trial.join()
      await line.ping()
      return line
    } catch (error) {
      if (!(error instanceof NotTriedError)) throw error
      if (now() - startedAt > BACK_MS)
        throw new NotTriedError(`the server did not come back within a minute: ${error.message}`)
    }
    await delay(AGAIN_MS)
  }
}

interface Restarted {
  readonly answered: readonly Kept[]
  readonly before: Position | undefined
  readonly line: Line
}

async function restart(trial: Trial): Promise<Restarted> {
  const { restart: run } = trial.stage.options
  if (!run) throw new NotTriedError('there is no command')
  const line = await trial.join()
  const answered: Kept[] = []
  const writing = writeUntilItEnds(trial, line, answered)
  while (answered.length < 5 && !line.closed) await delay(10)
  await run()
  const closed = await line.waitForEnd()
  if (!closed) line.close()
  await writing
  if (!closed) throw new NotTriedError('the connection outlived the restart: did the command end the server?')
  const before = line.frames.map(positionIn).findLast((position) => position !== undefined)
  for (const { message } of answered) trial.remember('first', message.id)
  const back = await comeBack(trial)
  return { answered, before, line: back }
}

/** A server that has lost everything may give the same ids again. */
const isIt = (found: Fields, message: Fields): boolean =>
  isSame(found.id, message.id) && found.content === message.content && found.timestamp === message.timestamp

async function nothingLost(trial: Trial): Promise<void> {
  const { answered, line } = await restart(trial)
  for (const { data, message } of answered) {
    const page = await line.ask('get_history', trial.inRoom({ around: message.id, limit: 1 }))
    const isThere = page.ok && listOf(page.data.messages).some((row) => isIt(row, message))
    must(isThere, {
      expected: 'the message is there after the restart: it was answered before',
      sent: data,
      received: page.frame,
    })
  }
}

async function repeatable(trial: Trial): Promise<void> {
  const { answered, line } = await restart(trial)
  for (const { data, message } of answered.slice(-5)) {
    const again = await line.ask('chat_message', data)
    must(again.ok && isIt(messageIn(again.data), message), {
      expected: `the message of before the restart, ${String(message.id)}: client_id is stored with it`,
      sent: again.sent,
      received: again.frame,
    })
  }
}

/** Numbers go on, or are said to be others. */
async function numbersGoOn(trial: Trial): Promise<void> {
  const { before, line } = await restart(trial)
  if (!before) throw new NotTriedError('no number was told before')
  const event = await trial.told(line, await trial.write(line))
  const after = positionIn(event)
  must(after !== undefined && (after.epoch !== before.epoch || after.seq > before.seq), {
    expected: `a number above ${before.seq}, or another epoch: this one was given to another event`,
    sent: null,
    received: event,
  })
  const { sync, field } = trial.stage.domain.names
  const answer = await line.ask(sync, { [field]: { [String(trial.stage.channel)]: before } })
  const room = answer.ok
    ? listOf([(answer.data[field] as Fields)[String(trial.stage.channel)]])[0]
    : undefined
  const has = listOf(room?.events)
    .filter(isFrame)
    .some(({ seq }) => seq === event.seq)
  must(room?.complete === false || has, {
    expected: `sync from before the restart: the events up to ${String(event.seq)}, or complete: false`,
    sent: answer.sent,
    received: answer.frame,
  })
}

export const restartRules = rulesOf('requests-and-replies', [
  {
    id: 'P150',
    title: 'a restart loses nothing that was answered',
    level: 1,
    needs: ['chat', 'channel', 'restart'],
    trial: nothingLost,
  },
  {
    id: 'P151',
    title: 'after a restart, a message that is sent again is still known',
    level: 1,
    needs: ['chat', 'channel', 'restart'],
    trial: repeatable,
  },
])

export const restartNumberRules = rulesOf('numbers-gaps-and-catching-up', [
  {
    id: 'P152',
    title: 'after a restart, numbers go on, or the epoch is another',
    level: 2,
    needs: ['channel', 'restart'],
    trial: numbersGoOn,
  },
])
