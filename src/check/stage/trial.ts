/** What a rule has in its hands while it is tried. Connections that it opens are closed behind it. */
import { createId } from '../environment.ts'
import { type Fields, type Frame, fieldsOf, isNumber, messageIn, payloadOf } from '../frames.ts'
import { NotOfferedError, NotTriedError } from '../outcome.ts'
import { type Answer, closeWords, type Line } from '../wire/line.ts'
import type { Writing } from './domain.ts'
import { isWelcome, lineAs, type Stage, tokenOf, type Who } from './stage.ts'

export interface Position {
  readonly seq: number
  readonly epoch: string
}

export interface Written {
  readonly writing: Writing
  readonly answer: Answer | undefined
  readonly data: Fields
  /** The event that it caused. */
  causes(event: Frame): boolean
}

export interface Trial {
  readonly stage: Stage
  /** Signed in, its welcome heard where there is one. @throws NotTriedError */
  open(who?: Who): Promise<Line>
  /** And subscribed. @throws NotTriedError */
  join(who?: Who): Promise<Line>
  /** What the trial stands on: the answer's data. @throws NotOfferedError, NotTriedError where it is refused */
  ok(line: Line, type: string, data?: object): Promise<Fields>
  /** `data` with the room. */
  inRoom(data?: object): Fields
  /** A message, stored: as the reply has it. */
  say(line: Line, data?: object): Promise<Fields>
  write(line: Line): Promise<Written>
  /** The event of a write. @throws NotTriedError where it does not come */
  told(line: Line, written: Written, from?: number): Promise<Frame>
  /** Nothing that was caused before this is still on its way to the observers. */
  settle(writer: Line, ...observers: readonly Line[]): Promise<void>
  keep(line: Line): Line
  remember(who: Who, id: unknown): void
  close(): void
}

export function createTrial(stage: Stage): Trial {
  const lines: Line[] = []
  const keep = (line: Line) => {
    lines.push(line)
    return line
  }
  const inRoom = (data: object = {}) =>
    stage.channel === undefined ? { ...data } : { [stage.domain.names.key]: stage.channel, ...data }
  const open = async (who: Who = 'first') => keep(await signIn(stage, who))
  const ok: Trial['ok'] = (line, type, data = inRoom()) => required(line, type, data)
  const trial: Trial = {
    stage,
    open,
    join: async (who = 'first') => {
      const line = await open(who)
      // On a room's own endpoint, being connected is the subscription.
      if (stage.level > 0 && stage.endpoint !== 'room') await ok(line, stage.domain.names.subscribe)
      return line
    },
    ok,
    inRoom,
    say: async (line, data = {}) => {
      const { frame } = stage.domain.write(stage.channel)
      const reply = await ok(line, 'chat_message', { ...fieldsOf(frame.data), ...data })
      const message = messageIn(reply)
      if (message.id === undefined)
        throw new NotTriedError('the reply to chat_message holds no message with an id')
      trial.remember('first', message.id)
      return message
    },
    write: async (line) => write(trial, line),
    told: async (line, written, from = 0) => {
      const event = await line.wait((frame) => written.causes(frame), { from })
      if (!event) throw new NotTriedError('the event of a write did not arrive')
      return event
    },
    settle: async (writer, ...observers) => {
      const marks = observers.map((line) => line.mark())
      const written = await write(trial, writer)
      await Promise.all(observers.map((line, index) => trial.told(line, written, marks[index])))
      for (const line of observers) await line.ping()
    },
    keep,
    remember: (who, id) => void stage.made.push({ who, room: stage.channel, id }),
    close: () => {
      for (const line of lines) line.close()
    },
  }
  return trial
}

async function signIn(stage: Stage, who: Who): Promise<Line> {
  const line = await lineAs(stage, { token: tokenOf(stage, who) })
  if ('failure' in line) {
    stage.failures += 1
    throw new NotTriedError(`no connection: ${line.failure}`)
  }
  if (!stage.welcome || (await line.wait(isWelcome))) {
    stage.failures = 0
    return line
  }
  line.close()
  stage.failures += 1
  const why = line.closed ? `it was closed with ${closeWords(line.closed)}` : 'no welcome came'
  throw new NotTriedError(`the connection could not be used: ${why}`)
}

async function required(line: Line, type: string, data: object): Promise<Fields> {
  const answer = await line.ask(type, data)
  if (answer.ok) return answer.data
  if (answer.code === 'unsupported') throw new NotOfferedError(`"${type}" is answered with "unsupported"`)
  throw new NotTriedError(`"${type}" is refused: ${answer.code} (${String(answer.error.message ?? '')})`)
}

async function write(trial: Trial, line: Line): Promise<Written> {
  const { stage } = trial
  const writing = stage.domain.write(stage.channel)
  const { type, data } = writing.frame
  if (stage.level === 0) {
    line.send(type, data, createId())
    return { writing, answer: undefined, data: {}, causes: (event) => writing.causes(event, undefined) }
  }
  const answer = await line.ask(type, data)
  if (!answer.ok) {
    throw new NotTriedError(`"${type}" is refused: ${answer.code} (${String(answer.error.message ?? '')})`)
  }
  if (stage.domain.isChat) trial.remember('first', messageIn(answer.data).id)
  return { writing, answer, data: answer.data, causes: (event) => writing.causes(event, answer) }
}

/** Where a reply, a welcome or a head says that a channel stands. */
export function positionIn(fields: Fields): Position | undefined {
  const { seq, epoch } = fields
  return isNumber(seq) && typeof epoch === 'string' ? { seq, epoch } : undefined
}

/** The events of a type, or types, from a place on. */
export const eventsIn = (line: Line, types: string | readonly string[], from = 0): readonly Frame[] =>
  line.frames
    .slice(from)
    .filter(({ type, reply_to }) => reply_to === undefined && [types].flat().includes(type))

export const messageOf = (event: Frame): Fields => messageIn(payloadOf(event))
