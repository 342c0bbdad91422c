/** Pages of the history, at all edges. */
import { createId } from '../../environment.ts'
import { type Fields, listOf, textOf } from '../../frames.ts'
import { must, NotTriedError } from '../../outcome.ts'
import type { Trial } from '../../stage/trial.ts'
import type { Line } from '../../wire/line.ts'
import { rulesOf } from '../rule.ts'

export const idsOf = (page: Fields) => listOf(page.messages).map(({ id }) => textOf(id))

/** Messages of one's own, in a row. */
export async function row(
  trial: Trial,
  count: number,
): Promise<{ readonly line: Line; readonly ids: readonly string[] }> {
  const line = await trial.join()
  const ids: string[] = []
  for (let at = 0; at < count; at += 1) ids.push(String((await trial.say(line)).id))
  return { line, ids }
}

export const page = (trial: Trial, line: Line, data: object) =>
  trial.ok(line, 'get_history', trial.inRoom(data))

interface Wanted {
  readonly ids: readonly (string | undefined)[]
  readonly expected: string
  /** Data of the request. */
  readonly sent: unknown
}

function mustHold(found: Fields, { ids, expected, sent }: Wanted): void {
  const got = idsOf(found)
  must(got.join() === ids.join(), {
    expected: `${expected}: ${JSON.stringify(ids)}`,
    why: `the ids are ${JSON.stringify(got)}`,
    sent: { type: 'get_history', data: sent },
    received: found,
  })
}

async function newest(trial: Trial): Promise<void> {
  const { line, ids } = await row(trial, 3)
  const found = await page(trial, line, { limit: 3 })
  if (idsOf(found).some((id) => !ids.includes(String(id))) && idsOf(found).includes(ids[0])) {
    throw new NotTriedError('somebody else writes into this room at the moment')
  }
  mustHold(found, { ids, expected: 'the newest messages, oldest first', sent: { limit: 3 } })
}

async function beforeAndAfter(trial: Trial): Promise<void> {
  const { line, ids } = await row(trial, 5)
  const [, second, middle, fourth] = ids
  const before = { before: middle, limit: 1 }
  mustHold(await page(trial, line, before), {
    ids: [second],
    expected: 'the page ends just before the message',
    sent: before,
  })
  const after = { after: middle, limit: 1 }
  mustHold(await page(trial, line, after), {
    ids: [fourth],
    expected: 'the page begins just after the message',
    sent: after,
  })
}

async function around(trial: Trial): Promise<void> {
  const { line, ids } = await row(trial, 5)
  const sent = { around: ids[2], limit: 4 }
  const expected = 'half of the page is older than the message'
  mustHold(await page(trial, line, sent), { ids: ids.slice(0, 4), expected, sent })
}

async function aroundAtTheEnd(trial: Trial): Promise<void> {
  const { line, ids } = await row(trial, 4)
  const sent = { around: ids[3], limit: 4 }
  const found = await page(trial, line, sent)
  must(idsOf(found).includes(ids[3]), {
    expected: 'the message itself is in the page',
    sent,
    received: found,
  })
  must(found.has_newer === false, {
    expected: 'has_newer: false, at the newest message',
    sent,
    received: found,
  })
  const older = idsOf(found).indexOf(ids[3])
  must(older === 2, {
    expected:
      'half of the page (two of four) is older than the message; the other half is not filled up with older ones',
    sent,
    received: found,
  })
}

async function wrongPlaces(trial: Trial): Promise<void> {
  const { line, ids } = await row(trial, 1)
  const [id] = ids
  const both = await line.ask('get_history', trial.inRoom({ before: id, after: id }))
  must(!both.ok && both.code === 'invalid', {
    expected: 'an error with the code "invalid": one of before, after and around',
    sent: both.sent,
    received: both.frame,
  })
}

async function unknownPlace(trial: Trial): Promise<void> {
  const { line } = await row(trial, 1)
  const answer = await line.ask('get_history', trial.inRoom({ before: `querywire-${createId()}` }))
  must(!answer.ok && ['not_found', 'invalid'].includes(answer.code), {
    expected: 'an error with the code "not_found"',
    sent: answer.sent,
    received: answer.frame,
  })
}

async function limits(trial: Trial): Promise<void> {
  const { line } = await row(trial, 1)
  const many = await line.ask('get_history', trial.inRoom({ limit: 100_000 }))
  must(many.ok, { expected: 'a limit above 200 is cut down to 200', sent: many.sent, received: many.frame })
  const { length } = listOf(many.data.messages)
  must(length <= 200, {
    expected: 'at most 200 messages',
    why: `${length} came`,
    sent: many.sent,
    received: null,
  })
  const plain = await page(trial, line, {})
  const count = listOf(plain.messages).length
  const isRight = count === 50 || (count < 50 && plain.has_older === false)
  must(isRight, {
    expected: '50 messages where no limit is given',
    why: `${count} came`,
    sent: { type: 'get_history', data: {} },
    received: null,
  })
}

export const historyRules = rulesOf('chat-from-the-client', [
  {
    id: 'P64',
    title: 'the newest page, oldest message first',
    level: 1,
    essential: true,
    needs: ['chat', 'channel'],
    trial: newest,
  },
  {
    id: 'P65',
    title: 'before and after are exclusive, and next to the message',
    level: 1,
    needs: ['chat', 'channel'],
    trial: beforeAndAfter,
  },
  {
    id: 'P66',
    title: 'around: half of the page is older than the message',
    level: 1,
    needs: ['chat', 'channel'],
    trial: around,
  },
  {
    id: 'P78',
    title: 'around, at the newest message: no more than half is older',
    level: 1,
    strength: 'should',
    needs: ['chat', 'channel'],
    trial: aroundAtTheEnd,
  },
  {
    id: 'P67',
    title: 'one of before, after and around: else "invalid"',
    level: 1,
    needs: ['chat', 'channel'],
    trial: wrongPlaces,
  },
  {
    id: 'P138',
    title: 'a place that the room does not know: "not_found"',
    level: 1,
    needs: ['chat', 'channel'],
    trial: unknownPlace,
  },
  {
    id: 'P69',
    title: 'a page has 50 messages, or its limit, and at most 200',
    level: 1,
    needs: ['chat', 'channel'],
    trial: limits,
  },
])
