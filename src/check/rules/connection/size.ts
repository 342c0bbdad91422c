/** A message that is too large. */
import { must, NotOfferedError } from '../../outcome.ts'
import type { Trial } from '../../stage/trial.ts'
import { answers, closeWords } from '../../wire/line.ts'
import { rulesOf } from '../rule.ts'

const BYTES = 2 * 1024 * 1024
/** 4009 where a server cannot send 1009. */
const CODES = [1009, 4009]

async function tooLarge({ open, stage }: Trial): Promise<void> {
  const line = await open()
  const sent = { type: 'chat_message', id: 'large', data: { message: '…' } }
  line.sendText(JSON.stringify({ ...sent, data: { padding: 'x'.repeat(BYTES) } }))
  const heard = await line.wait((frame) => answers(frame, 'large'), { ms: stage.timeoutMs })
  const closed = heard ? undefined : await line.waitForEnd(0)
  const fresh = await open()
  await fresh.ping()
  if (!heard && !closed)
    throw new NotOfferedError('a message of two megabytes is neither refused nor answered')
  must(heard?.error !== undefined || closed === undefined || CODES.includes(closed.code), {
    expected: 'an error ("too_large"), or a close with 1009 (4009 where the server cannot send that)',
    why: closed ? `the connection was closed with ${closeWords(closed)}` : '',
    sent: `a frame of ${BYTES} bytes`,
    received: heard ?? closed,
  })
}

export const sizeRules = rulesOf('close-codes', [
  {
    id: 'P140',
    title: 'a message that is too large ends that connection at most, with 1009',
    level: 1,
    trial: tooLarge,
  },
])
