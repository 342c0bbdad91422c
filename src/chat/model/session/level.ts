/**
 * Does this back end reply at all? A plain consumer (level 0) does not. It shows that by not greeting and by reading a
 * question without answering it; that nothing was heard yet shows nothing. A frame is the same at every level: the level
 * decides only what confirms it.
 */
import type { AskOptions, LivePort } from '../../../query/index.ts'
import { isLiveError, LiveError } from '../../../transport/index.ts'
import type { ChatLevel } from '../data/types.ts'

export interface Question {
  readonly endpoint: string | undefined
  readonly ask: (how?: AskOptions) => Promise<unknown>
}

export interface Delivery extends Question {
  readonly clientId: string
  /** It may have been written by a page that is gone. */
  readonly inDoubt: boolean
  /** Its echo is there. */
  readonly isConfirmed: () => boolean
}

export interface Level {
  /** True as soon as it is known that nothing is answered. */
  isSilent(): boolean
  isReplying(): boolean
  /** The server answered something, or greeted. */
  heard(): void
  /** Finds out how a connection greets: asked early, it is known when it matters. */
  look(endpoint: string | undefined): void
  /** The answer, or `undefined` where the back end does not answer. */
  answer(question: Question): Promise<unknown>
  /**
   * For what must be done once. `undefined`: it was read, by a back end that does not answer. Where the connection is lost
   * before that, only one that greets is asked again.
   *
   * @throws LiveError `connection_lost`, not retryable, where nobody can tell whether it was done
   */
  deliver(delivery: Delivery): Promise<unknown>
}

/** Where pings are not answered either, a server that does not greet has this long to answer. Milliseconds. */
const SILENCE_MS = 1_500

const SILENT =
  'The server answers no request: it is taken for a plain one, without history. Is this the chat server? If so, say `level: 0`'

export interface LevelOptions {
  readonly port: Pick<LivePort, 'clock' | 'greeting'> & Partial<Pick<LivePort, 'report'>>
  /** Set by the application; nothing is to be found out then. */
  readonly level: ChatLevel | undefined
  /** What was taken for silence was slowness. */
  readonly corrected: () => void
}

const ignore = () => undefined

type Known = 'silent' | 'replying'

const named = (level: ChatLevel): Known => (level === 0 ? 'silent' : 'replying')

const reportSilence = ({ report }: LevelOptions['port']) =>
  report?.({ type: 'error', error: new LiveError('misconfigured', SILENT) })

export function createLevel({ port, level, corrected }: LevelOptions): Level {
  const isFixed = level !== undefined
  let known: Known | undefined = isFixed ? named(level) : undefined
  /** Client ids of what went into a connection that was lost before it said more, be it of an earlier page. */
  const doubtful = new Set<string>()
  const isReplying = () => known === 'replying'

  /** It is never lowered again. */
  function heard(): void {
    if (isFixed || isReplying()) return
    const wasSilent = known === 'silent'
    known = 'replying'
    // What was loaded on the assumption of silence is to be loaded again.
    if (wasSilent) corrected()
  }

  async function isGreeted(endpoint: string | undefined): Promise<boolean> {
    if (!isFixed && !isReplying() && (await port.greeting?.(endpoint))) heard()
    return isReplying()
  }

  /** `patienceMs`: how long it takes to be silence, where the server does not greet. */
  const askUnknown = ({ endpoint, ask }: Question, patienceMs?: number): Promise<unknown> =>
    new Promise((resolve, reject) => {
      let cancel: (() => void) | undefined
      const silence = () => {
        cancel?.()
        if (isReplying()) return
        if (known === undefined) reportSilence(port)
        known = 'silent'
        resolve(undefined)
      }
      const answer = ask({ onRead: () => void greeted.then(silence, ignore) })
      // Behind the question, so that one ping serves both.
      const greeted = isGreeted(endpoint)
      greeted.then(() => {
        if (patienceMs !== undefined) cancel = port.clock.setTimer(silence, patienceMs)
      }, ignore)
      answer.then(heard, (error) => isRejection(error) && heard())
      answer.then(resolve, reject).finally(() => cancel?.())
    })

  const look = (endpoint: string | undefined) => void isGreeted(endpoint).catch(ignore)

  return {
    isSilent: () => known === 'silent',
    isReplying,
    heard,
    look,
    async answer(question) {
      if (isReplying()) return question.ask()
      if (known === undefined) return askUnknown(question, SILENCE_MS)
      // The next server may be an able one.
      look(question.endpoint)
      return undefined
    },
    deliver: (delivery) =>
      isReplying() ? delivery.ask() : deliverOnce(delivery, { isReplying, isGreeted, askUnknown, doubtful }),
  }
}

interface Doubt {
  readonly isReplying: () => boolean
  readonly isGreeted: (endpoint: string | undefined) => Promise<boolean>
  readonly askUnknown: (question: Question) => Promise<unknown>
  readonly doubtful: Set<string>
}

async function deliverOnce(
  { endpoint, ask, clientId, inDoubt, isConfirmed }: Delivery,
  { isReplying, isGreeted, askUnknown, doubtful }: Doubt,
): Promise<unknown> {
  const doneOr = (error: unknown) => {
    if (isConfirmed()) return undefined
    throw error
  }
  if (inDoubt) doubtful.add(clientId)
  // Once one has to wait for the greeting, all do: they keep their order.
  const isPlain = doubtful.size > 0 && !(await isGreeted(endpoint))
  if (isPlain && doubtful.delete(clientId)) return doneOr(uncertain())
  return askUnknown({ endpoint, ask: (how) => ask({ ...how, idempotent: false }) }).catch((error) => {
    if (isReplying() || !isLost(error)) throw error
    if (!isConfirmed()) doubtful.add(clientId)
    return doneOr(error)
  })
}

/** No is an answer. */
const isRejection = (error: unknown) => isLiveError(error) && error.code === 'rejected'
const isLost = (error: unknown) => isLiveError(error) && error.code === 'connection_lost'

function uncertain(): LiveError {
  return new LiveError('connection_lost', 'The connection was lost before the server can have shown it', {
    maybeDelivered: true,
    retryable: false,
  })
}

/** @throws LiveError `rejected` (`unsupported`) for what a back end that answers nothing cannot do */
export function checkAble(level: Level, what: string): void {
  if (!level.isSilent()) return
  throw new LiveError('rejected', `${what} needs a back end that replies (level 1 or higher)`, {
    reason: 'unsupported',
  })
}
