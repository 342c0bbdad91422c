/** What events may yet turn out to be, told as data. */
import { MutationObserver, QueryClient } from '@tanstack/react-query'
import { afterEach, describe, expect, it } from 'vitest'
import type { Op } from '../../src/query/fold/op.ts'
import { LIVE_KEY } from '../../src/query/keys.ts'
import { createAuthors } from '../../src/query/optimistic/author.ts'
import type { MutationDefinition } from '../../src/query/optimistic/pendingMutation.ts'
import {
  anticipatedFor,
  confirmPending,
  createPendingMutations,
  echoOf,
  opsFor,
  refreshOps,
} from '../../src/query/optimistic/pendingMutations.ts'
import { targetOf } from '../../src/query/optimistic/targetedOp.ts'
import { watchMutations } from '../../src/query/optimistic/watchMutations.ts'

const ROOM = targetOf('messages', { room: 'a' })
const ELSEWHERE = targetOf('messages', { room: 'b' })

const insert = (text: string): Op<unknown> => ({ kind: 'insert', item: { text } })
const definition: MutationDefinition = {
  name: 'send',
  options: {},
  optimistic: (text) => [{ definition: 'messages', params: { room: 'a' }, op: insert(String(text)) }],
}

let stop = () => {}
afterEach(() => stop())

function watch() {
  const queryClient = new QueryClient()
  let ids = 0
  const pendingMutations = createPendingMutations({
    cache: queryClient.getMutationCache(),
    definitionOf: (name) => (name === 'send' ? definition : undefined),
    authors: createAuthors({}, () => undefined),
    createId: () => `c${++ids}`,
    resume: () => undefined,
    changed: () => void refreshOps(pendingMutations),
    begins: () => undefined,
  })
  stop = watchMutations(pendingMutations)
  const send = (text: string) => {
    let reject = (_cause: Error) => {}
    const reply = new Promise<never>((_resolve, refuse) => {
      reject = refuse
    })
    const options = { mutationKey: [LIVE_KEY, 'send', { room: 'a' }], mutationFn: () => reply }
    const sending = new MutationObserver<unknown, Error, string>(queryClient, options).mutate(text)
    sending.catch(() => undefined)
    return { reject: (cause: Error) => reject(cause), sending }
  }
  const anticipated = () =>
    anticipatedFor(pendingMutations, ROOM).map(({ op, isGuessed }) => [
      op.kind === 'insert' && (op.item as { text: string }).text,
      isGuessed,
    ])
  return { pendingMutations, send, anticipated }
}

describe('[Q10] what is anticipated', () => {
  it('is one and the same nothing for whom nobody sends', () => {
    const { pendingMutations, send } = watch()
    const nothing = anticipatedFor(pendingMutations, ROOM)
    send('one')
    expect(anticipatedFor(pendingMutations, ELSEWHERE)).toBe(nothing)
    expect(anticipatedFor(pendingMutations, ROOM)).toHaveLength(1)
  })

  it('comes in the order of the sends; a guess stays among them, what is sure does not', () => {
    const { pendingMutations, send, anticipated } = watch()
    send('one')
    send('two')
    const [one, two] = anticipatedFor(pendingMutations, ROOM)
    if (!one || !two) throw new Error('Two are pending')
    const of = { type: 'created', payload: {}, seq: 1 }
    confirmPending(pendingMutations, ROOM, { pending: one.pending, isGuess: true, of, as: insert('1') })
    expect(anticipated()).toEqual([
      ['one', true],
      ['two', false],
    ])
    confirmPending(pendingMutations, ROOM, {
      pending: two.pending,
      isGuess: false,
      of: undefined,
      as: two.op,
    })
    expect(opsFor(pendingMutations, ROOM)).toEqual([])
    expect(anticipated()).toEqual([['one', true]])
    expect(echoOf(pendingMutations, ROOM, of)).toEqual({ as: insert('1') })
    expect(echoOf(pendingMutations, ELSEWHERE, of)).toEqual({ as: undefined })
  })

  it('is no guess any more once the send has failed, and is shown again', async () => {
    const { pendingMutations, send, anticipated } = watch()
    const { reject, sending } = send('one')
    const [one] = anticipatedFor(pendingMutations, ROOM)
    if (!one) throw new Error('One is pending')
    confirmPending(pendingMutations, ROOM, { pending: one.pending, isGuess: true, of: undefined, as: one.op })
    expect(opsFor(pendingMutations, ROOM)).toEqual([])
    reject(new Error('refused'))
    await sending.catch(() => undefined)
    expect(opsFor(pendingMutations, ROOM)).toEqual([insert('one')])
    expect(anticipated()).toEqual([['one', false]])
  })
})
