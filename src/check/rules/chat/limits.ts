/** What a server refuses of a message. */
import { createId } from '../../environment.ts'
import { must, NotTriedError } from '../../outcome.ts'
import type { Trial } from '../../stage/trial.ts'
import { rulesOf } from '../rule.ts'

/** Refused, with one of these codes. */
const refused =
  (type: string, dataOf: (trial: Trial) => object, codes: readonly string[]) =>
  async (trial: Trial): Promise<void> => {
    const line = await trial.join()
    const answer = await line.ask(type, dataOf(trial))
    if (answer.ok) trial.remember('first', (answer.data.message as { readonly id?: unknown } | undefined)?.id)
    if (!answer.ok && answer.code === 'unsupported') throw new NotTriedError(`"${type}" is not offered`)
    must(!answer.ok && codes.includes(answer.code), {
      expected: `an error with the code "${codes[0]}"`,
      sent: answer.sent,
      received: answer.frame,
    })
  }

async function deleted(trial: Trial): Promise<void> {
  const line = await trial.join()
  const about = trial.inRoom({ message_id: (await trial.say(line)).id })
  await trial.ok(line, 'delete_message', about)
  const answer = await line.ask('edit_message', { ...about, message: 'querywire check' })
  if (!answer.ok && answer.code === 'unsupported') throw new NotTriedError('"edit_message" is not offered')
  must(!answer.ok && answer.code === 'not_found', {
    expected: 'an error with the code "not_found": the message was deleted',
    sent: answer.sent,
    received: answer.frame,
  })
}

const CHAT = ['chat', 'channel'] as const

export const limitRules = rulesOf('errors', [
  {
    id: 'P131',
    title: 'a message of nothing but white space: "empty"',
    level: 1,
    needs: CHAT,
    trial: refused('chat_message', ({ inRoom }) => inRoom({ message: ' \n ', client_id: createId() }), [
      'empty',
    ]),
  },
  {
    id: 'P132',
    title: 'a message of more than 4 000 characters: "too_long"',
    level: 1,
    needs: CHAT,
    trial: refused(
      'chat_message',
      ({ inRoom }) => inRoom({ message: 'x'.repeat(4_001), client_id: createId() }),
      ['too_long'],
    ),
  },
  {
    id: 'P133',
    title: 'a field of the wrong kind: "invalid"',
    level: 1,
    needs: CHAT,
    trial: refused('chat_message', ({ inRoom }) => inRoom({ message: 7, client_id: createId() }), [
      'invalid',
    ]),
  },
  {
    id: 'P135',
    title: 'a message that was deleted: "not_found"',
    level: 1,
    needs: CHAT,
    trial: deleted,
  },
  {
    id: 'P136',
    title: 'a room that is not there: "not_found"',
    level: 1,
    needs: ['chat'],
    trial: refused('get_history', () => ({ room_id: `querywire-${createId()}`, limit: 1 }), [
      'not_found',
      'not_member',
    ]),
  },
])
