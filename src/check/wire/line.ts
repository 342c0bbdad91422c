/** A connection as a client has it: frames with ids go out, answers and events come in. */
import { createId, delay, now } from '../environment.ts'
import { type Fields, type Frame, fieldsOf, isSame } from '../frames.ts'
import { NoAnswerError, NotTriedError } from '../outcome.ts'
import type { Connection } from './dial.ts'
import type { Closed } from './inbox.ts'

export interface Sent {
  readonly type: string
  readonly data: unknown
  readonly timestamp?: string
  readonly id?: string
}

export type Answer =
  | { readonly ok: true; readonly data: Fields; readonly frame: Frame; readonly sent: Sent }
  | {
      readonly ok: false
      readonly error: Fields
      readonly code: string
      readonly frame: Frame
      readonly sent: Sent
    }

export interface Line {
  readonly frames: readonly Frame[]
  readonly protocol: string
  readonly closed: Closed | undefined
  /** How many frames have come: what a wait starts from. */
  mark(): number
  sendText(text: string): void
  /** Without an id, unless the options give one. */
  send(type: string, data: unknown, id?: string): Sent
  /** What is to be tried again is tried again. @throws NoAnswerError where none comes */
  ask(type: string, data: unknown): Promise<Answer>
  /** Written now; the answer is waited for when that is asked for. */
  request(type: string, data: unknown): { readonly sent: Sent; answer(): Promise<Answer> }
  wait(
    fits: (frame: Frame) => boolean,
    options?: { readonly from?: number; readonly ms?: number },
  ): Promise<Frame | undefined>
  waitForEnd(ms?: number): Promise<Closed | undefined>
  /** The pong to a ping of its own. @throws NoAnswerError */
  ping(): Promise<Frame>
  close(): void
}

export interface LineOptions {
  readonly connection: Connection
  readonly timeoutMs: number
  /** Types of requests that were once not answered: they are not waited for again. */
  readonly silent: Set<string>
  readonly isoNow: () => string
  /** Each answer to a request of this type. */
  readonly onAnswer: (type: string, frame: Frame) => void
}

/** What a client would wait for altogether. */
const PATIENCE_MS = 60_000
const MIN_WAIT_MS = 50

export function createLine({ connection, timeoutMs, silent, isoNow, onAnswer }: LineOptions): Line {
  const { inbox } = connection
  const wait: Line['wait'] = (fits, { from = 0, ms = timeoutMs } = {}) => inbox.wait(fits, { from, ms })
  const write = (sent: Sent) => connection.sendText(JSON.stringify(sent))
  const unanswered = (what: string, sent: Sent) => {
    const late = `nothing came within ${timeoutMs} ms`
    const why = inbox.closed ? `the connection was closed with ${closeWords(inbox.closed)}` : late
    return new NoAnswerError(`${what}: ${why}`, sent)
  }
  const request: Line['request'] = (type, data) => {
    if (silent.has(type)) throw new NotTriedError(`"${type}" is not answered`)
    const sent = { type, data, timestamp: isoNow(), id: createId() }
    const from = inbox.frames.length
    write(sent)
    const answer = async () => {
      const frame = await wait((candidate) => answers(candidate, sent.id), { from })
      if (!frame && !inbox.closed) silent.add(type)
      if (!frame) throw unanswered(`"${type}" was not answered`, sent)
      const found = answerIn(frame, sent)
      if (found.ok) onAnswer(type, frame)
      return found
    }
    return { sent, answer }
  }
  return {
    frames: inbox.frames,
    protocol: connection.protocol,
    get closed() {
      return inbox.closed
    },
    mark: () => inbox.frames.length,
    sendText: connection.sendText,
    send: (type, data, id) => {
      const sent = { type, data, timestamp: isoNow(), ...(id === undefined ? {} : { id }) }
      write(sent)
      return sent
    },
    ask: (type, data) => persist(() => request(type, data).answer()),
    request,
    wait,
    waitForEnd: (ms = timeoutMs) => inbox.waitForEnd(ms),
    ping: createPing({ write, wait, mark: () => inbox.frames.length, unanswered }),
    close: connection.close,
  }
}

interface PingParts {
  write(sent: Sent): void
  readonly wait: Line['wait']
  mark(): number
  unanswered(what: string, sent: Sent): Error
}

function createPing({ write, wait, mark, unanswered }: PingParts): Line['ping'] {
  let timestamp = 0
  return async () => {
    timestamp += 1
    const [own, from] = [timestamp, mark()]
    const sent = { type: 'ping', data: { timestamp: own } }
    write(sent)
    const pong = await wait((frame) => isPong(frame, own), { from })
    if (!pong) throw unanswered('a ping was not answered by a pong with its timestamp', sent)
    return pong
  }
}

export const closeWords = ({ code, reason }: Closed): string =>
  reason === '' ? `${code}` : `${code} (${reason})`

/** A simple server may echo the id instead. */
export const answers = (frame: Frame, id: string): boolean =>
  isSame(frame.reply_to, id) || (frame.reply_to === undefined && isSame(frame.id, id))

const isPong = (frame: Frame, timestamp: number): boolean =>
  frame.type === 'pong' && isSame(fieldsOf(frame.data).timestamp ?? frame.timestamp, timestamp)

function answerIn(frame: Frame, sent: Sent): Answer {
  if (frame.type !== 'error' && frame.error === undefined) {
    return { ok: true, data: fieldsOf(frame.data), frame, sent }
  }
  const error = fieldsOf(frame.error)
  return { ok: false, error, code: String(error.code ?? 'no code'), frame, sent }
}

/** As a client would: what is refused for now is asked for again. */
async function persist(run: () => Promise<Answer>): Promise<Answer> {
  const startedAt = now()
  for (;;) {
    const answer = await run()
    if (answer.ok || !['rate_limited', 'unavailable'].includes(answer.code)) return answer
    const hint = Number(answer.error.retry_after_ms ?? 500)
    const waitMs = Math.max(MIN_WAIT_MS, Number.isFinite(hint) ? hint : 500)
    if (now() - startedAt + waitMs > PATIENCE_MS) return answer
    await delay(waitMs)
  }
}
