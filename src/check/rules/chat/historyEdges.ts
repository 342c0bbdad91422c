/** Where a history ends, and what deleted messages are in it. */
import { listOf } from '../../frames.ts'
import { must, NotTriedError } from '../../outcome.ts'
import type { Trial } from '../../stage/trial.ts'
import { rulesOf } from '../rule.ts'
import { idsOf, page, row } from './history.ts'

async function edges(trial: Trial): Promise<void> {
  const { line, ids } = await row(trial, 4)
  const [first, second, , last] = ids
  const checks = [
    [{ limit: 1 }, 'has_newer', false],
    [{ limit: 1 }, 'has_older', true],
    [{ before: second, limit: 1 }, 'has_newer', true],
    [{ after: first, limit: 2 }, 'has_newer', true],
    [{ after: first, limit: 3 }, 'has_newer', false],
    [{ after: last, limit: 3 }, 'has_newer', false],
  ] as const
  for (const [data, name, value] of checks) {
    const found = await page(trial, line, data)
    must(found[name] === value, {
      expected: `${name}: ${value}`,
      sent: { type: 'get_history', data },
      received: found,
    })
  }
}

const MAX_PAGES = 100

/** To the beginning of the room, as far as that can be reached in good time. */
async function beginning(trial: Trial): Promise<void> {
  const { line, ids } = await row(trial, 1)
  let before: unknown = ids[0]
  for (let at = 0; at < MAX_PAGES; at += 1) {
    const data = { before, limit: 200 }
    const found = await page(trial, line, data)
    const [oldest] = listOf(found.messages)
    if (found.has_older === false) {
      if (!oldest) return
      const further = await page(trial, line, { before: oldest.id, limit: 1 })
      must(idsOf(further).length === 0, {
        expected: 'nothing before it: has_older was false',
        sent: { before: oldest.id },
        received: further,
      })
      return
    }
    must(oldest !== undefined, {
      expected: 'has_older: false, where there is nothing older',
      sent: data,
      received: found,
    })
    before = oldest.id
  }
  throw new NotTriedError(`the room is longer than ${MAX_PAGES} pages`)
}

async function deletedEdges(trial: Trial): Promise<void> {
  const { line, ids } = await row(trial, 3)
  const [first, second, third] = ids
  for (const message_id of [second, third])
    await trial.ok(line, 'delete_message', trial.inRoom({ message_id }))
  const data = { before: second, limit: 1 }
  const found = await page(trial, line, data)
  if (!idsOf(found).includes(first))
    throw new NotTriedError('a page before a deleted message is not as it should be, see [P60]')
  must(found.has_newer === false, {
    expected: 'has_newer: false: everything newer is deleted',
    sent: { type: 'get_history', data },
    received: found,
  })
}

async function deletedPlaces(trial: Trial): Promise<void> {
  const { line, ids } = await row(trial, 3)
  const [first, second, third] = ids
  await trial.ok(line, 'delete_message', trial.inRoom({ message_id: second }))
  for (const [data, wanted] of [
    [{ before: second, limit: 1 }, first],
    [{ after: second, limit: 1 }, third],
  ] as const) {
    const answer = await line.ask('get_history', trial.inRoom(data))
    must(answer.ok && idsOf(answer.data)[0] === wanted, {
      expected: `the id of a deleted message is a place to page from: ${wanted}`,
      sent: answer.sent,
      received: answer.frame,
    })
  }
}

export const historyEdgeRules = rulesOf('chat-from-the-client', [
  {
    id: 'P68',
    title: 'has_older and has_newer say whether there are more',
    level: 1,
    needs: ['chat', 'channel'],
    trial: edges,
  },
  {
    id: 'P85',
    title: 'has_older is false on the page with the oldest message, and only there',
    level: 1,
    needs: ['chat', 'channel'],
    trial: beginning,
  },
  {
    id: 'P86',
    title: 'has_newer and has_older do not count deleted messages',
    level: 1,
    needs: ['chat', 'channel'],
    trial: deletedEdges,
  },
  {
    id: 'P60',
    title: 'the id of a deleted message is still a place to page from',
    level: 1,
    needs: ['chat', 'channel'],
    trial: deletedPlaces,
  },
])
