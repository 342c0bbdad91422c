/** Work on the store, and the events that come of it. What the store itself fails at is told apart from what the work throws. */
import { LiveError } from '../../transport/errors.ts'
import { entryOf, validate } from '../../transport/protocol.ts'
import { eventText } from '../feeds/eventText.ts'
import type { ChannelKey } from '../options.ts'
import { unavailable } from '../requestError.ts'
import { ConflictError, type Once, type SnapshotRead, type Transaction } from '../store.ts'
import { channelFor } from './access.ts'
import type { Hub } from './hub.ts'

type Work = (tx: unknown) => unknown

interface Published {
  readonly channel: string
  readonly event: string
}

export interface TransactionsParts {
  /** The channel that they are about. */
  readonly near?: string | undefined
  /** Under which name the next one is kept. */
  once?(): Once | undefined
  /** Right before the events of one are told. */
  onCommit?(): void
}

export interface Transactions {
  transaction(work: Work): Promise<unknown>
  publish(type: string, payload: unknown, key: ChannelKey): void
}

/** Of one request, or one call of the application: one after the other. */
export function createTransactions(hub: Hub, { near, once, onCommit }: TransactionsParts): Transactions {
  let isOpen = false
  let published: Published[] | undefined
  const run = async (work: Work) => {
    const name = once?.()
    const done = await apart((own) =>
      hub.options.store.transaction(
        async ({ tx, append }) => {
          // What an earlier attempt published was never committed.
          const events: Published[] = []
          published = events
          const result = await own(() => work(tx))
          published = undefined
          for (const { channel, event } of events) await append(channel, event)
          return result
        },
        name,
        near,
      ),
    )
    onCommit?.()
    hub.tell(done.events)
    return done.result
  }
  return {
    transaction: async (work) => {
      if (isOpen) throw new LiveError('misconfigured', 'One transaction at a time: await the one before')
      isOpen = true
      try {
        return await run(work)
      } finally {
        isOpen = false
        published = undefined
      }
    },
    publish: (type, payload, key) => {
      if (!published) throw new LiveError('misconfigured', `publish("${type}") belongs into a transaction`)
      validate(entryOf(hub.options.protocol.events, type), payload, { code: 'invalid_params', name: type })
      const { kind, key: id, name } = channelFor(hub, key)
      published.push({ channel: name, event: eventText(type, { [kind.key]: id }, payload) })
    },
  }
}

/** Of a plugin, which appends what it has to tell itself. */
export async function commit<Result>(
  hub: Hub,
  work: (transaction: Transaction<unknown>) => Result | Promise<Result>,
  { near, onCommit }: Omit<TransactionsParts, 'once'> = {},
): Promise<Result> {
  const done = await apart((own) =>
    hub.options.store.transaction((transaction) => own(() => work(transaction)), undefined, near),
  )
  onCommit?.()
  hub.tell(done.events)
  return done.result as Result
}

export const readStore = (
  { options: { store } }: Hub,
  channels: readonly string[],
  work: Work,
): Promise<SnapshotRead<unknown>> => apart((own) => store.snapshot(channels, (tx) => own(() => work(tx))))

/** What the work throws stays what it is; anything else is the store's, and may be asked again. */
async function apart<Result>(
  reach: (own: (work: () => unknown) => Promise<unknown>) => Promise<Result>,
): Promise<Result> {
  let thrown: { readonly error: unknown } | undefined
  try {
    return await reach(async (work) => {
      thrown = undefined
      try {
        return await work()
      } catch (error) {
        thrown = { error }
        throw error
      }
    })
  } catch (error) {
    if (thrown?.error === error || error instanceof ConflictError) throw error
    throw unavailable('The store does not answer', error)
  }
}
