/** Finds out what the server is: who is greeted, who is answered. */
import { createId } from '../environment.ts'
import { type Frame, fieldsOf, isRecord, payloadFields } from '../frames.ts'
import type { Level } from '../report.ts'
import { answers, closeWords, type Line } from '../wire/line.ts'
import { isWelcome, lineAs, type Stage, tokenOf } from './stage.ts'

export interface Found {
  /** Why nothing can be checked at all. */
  readonly failure?: string
  /** Whether there was a connection at all. */
  readonly isConnected?: boolean
}

/** A server that answers pings but no requests is given so long beyond the pong. */
const AFTER_PONG_MS = 2_000

/** Fills in what the stage knows of the level and the endpoint. */
export async function findLevel(stage: Stage): Promise<Found> {
  const line = await lineAs(stage, { token: tokenOf(stage, 'first') })
  if ('failure' in line) return line
  try {
    const first = await greeting(line)
    if (line.closed) return { failure: closedWords(stage, line.closed), isConnected: isFaulty(line.closed) }
    if (first && isWelcome(first)) greet(stage, first)
    else stage.level = (await isAnswered(stage, line)) ? 1 : 0
    return {}
  } finally {
    line.close()
  }
}

/** The welcome, or what comes in its place; a ping asks those who say nothing by themselves. */
async function greeting(line: Line): Promise<Frame | undefined> {
  line.send('ping', { timestamp: 0 })
  // The answer to an auth frame may come before it.
  return line.wait(({ reply_to }) => reply_to === undefined)
}

function greet(stage: Stage, frame: Frame): void {
  const welcome = payloadFields(frame)
  const { level, room_id } = welcome
  stage.welcome = welcome
  stage.claimed = level === 0 || level === 1 || level === 2 || level === 3 ? level : 1
  stage.level = Math.max(1, stage.claimed) as Level
  stage.endpoint = room_id === undefined ? 'everything' : 'room'
  if (typeof room_id === 'string' || typeof room_id === 'number') stage.channel ??= room_id
}

/** As the client asks: a request, and a ping right behind it. */
async function isAnswered(stage: Stage, line: Line): Promise<boolean> {
  const { type, data } = stage.domain.read(stage.channel)
  const id = createId()
  const timestamp = 'after'
  line.send(type, data, id)
  line.send('ping', { timestamp })
  const isReply = (frame: Frame) => answers(frame, id)
  const isPong = (frame: Frame) => frame.type === 'pong' && payloadFields(frame).timestamp === timestamp
  const heard = await line.wait((frame) => isReply(frame) || isPong(frame))
  if (heard && isReply(heard)) return isAnswerAtAll(heard)
  return heard !== undefined && (await line.wait(isReply, { ms: AFTER_PONG_MS })) !== undefined
}

/** An echo of the frame itself, as a consumer does that sends back what it gets, answers nothing. */
const isAnswerAtAll = (frame: Frame): boolean =>
  frame.reply_to !== undefined || !(isRecord(frame.data) && 'limit' in fieldsOf(frame.data))

/** How a server ends a connection whose handler has failed. */
const isFaulty = ({ code }: { readonly code: number }): boolean => [1011, 1006].includes(code)

function closedWords(stage: Stage, closed: { readonly code: number; readonly reason: string }): string {
  const how = `the server closed the connection with ${closeWords(closed)}`
  if ([4001, 4004].includes(closed.code)) {
    return stage.options.token === undefined
      ? `${how}: it wants a token (--token <token>)`
      : `${how}: it does not take this token, or not in this way (--auth query, bearer or frame)`
  }
  if (closed.code === 4003) return `${how}: this user may not use this endpoint`
  if (isFaulty(closed)) {
    return `${how} when it got a frame of type "ping": it fails at frames that it does not know, where it should ignore them`
  }
  return `${how} before it said anything`
}
