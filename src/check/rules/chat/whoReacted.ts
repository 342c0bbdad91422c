/** Whom a reaction names. */
import { fieldsOf, isSame, listOf, textOf } from '../../frames.ts'
import { must, NotOfferedError } from '../../outcome.ts'
import type { Trial } from '../../stage/trial.ts'
import { rulesOf } from '../rule.ts'

async function named(trial: Trial): Promise<void> {
  const line = await trial.join()
  const message = await trial.say(line)
  const data = trial.inRoom({ message_id: message.id, reaction: '👀' })
  const sent = { type: 'add_reaction', data }
  const answer = await trial.ok(line, sent.type, data)
  const reaction = listOf(answer.reactions).find(({ name }) => name === '👀')
  const { user_ids, count } = fieldsOf(reaction)
  if (user_ids === undefined || user_ids === null) throw new NotOfferedError('reactions have no user_ids')
  const ids = (Array.isArray(user_ids) ? user_ids : []).map(textOf)
  const me = fieldsOf(trial.stage.welcome?.user).id
  must(new Set(ids).size === ids.length && ids.length === count && ids.every((id) => isSame(id, me ?? id)), {
    expected: '"user_ids" with the one who has reacted, once',
    sent,
    received: answer,
  })
}

export const whoReactedRules = rulesOf('shapes', [
  {
    id: 'P169',
    title: 'whom a reaction names has reacted so, once each',
    level: 1,
    needs: ['chat', 'channel'],
    trial: named,
  },
])
