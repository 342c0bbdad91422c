/** Who is let in, and how the others are told. */
import { createId } from '../../environment.ts'
import { must, NotOfferedError, NotTriedError } from '../../outcome.ts'
import { dialAs, isWelcome, lineAs, lineOn, tokenOf } from '../../stage/stage.ts'
import type { Trial } from '../../stage/trial.ts'
import type { Closed } from '../../wire/inbox.ts'
import { answers, closeWords, type Line } from '../../wire/line.ts'
import { rulesOf } from '../rule.ts'

const FORGED = 'eyJhbGciOiJIUzI1NiJ9.e30.querywire-check'
const AUTH_DEADLINE_MS = 15_000

/** A connection with a token that cannot be good; the handshake is part of what is asked. */
async function badLine({ stage, keep }: Trial, token: string | undefined): Promise<Line> {
  const line = await lineAs(stage, { token })
  if ('failure' in line) throw new NotTriedError(`no connection: ${line.failure}`)
  return keep(line)
}

async function afterHandshake({ stage, keep }: Trial): Promise<void> {
  const dialled = await dialAs(stage, { token: FORGED })
  if ('connection' in dialled) {
    keep(lineOn(stage, dialled))
    return
  }
  must(dialled.failure.kind !== 'http', {
    expected: 'the handshake is completed (HTTP 101), and the connection then closed with 4001 or 4004',
    why: dialled.failure.words,
    sent: 'a handshake with a token that is not valid',
    received: `HTTP ${dialled.failure.status ?? ''}`,
  })
  throw new NotTriedError(`no connection: ${dialled.failure.words}`)
}

function mustClose(closed: Closed | undefined, codes: readonly number[], sent: string): void {
  must(closed !== undefined && codes.includes(closed.code), {
    expected: `the connection is closed with ${codes.join(' or ')}`,
    why: closed ? `it was closed with ${closeWords(closed)}` : 'it was not closed',
    sent,
    received: closed,
  })
}

/** Who is answered is let in; nobody else is waited for in vain. */
async function isServed(line: Line): Promise<boolean> {
  const sent = line.send('ping', { timestamp: 'served?' })
  const heard = await line.wait(({ type }) => type === 'welcome' || type === 'pong' || type === sent.type)
  return heard !== undefined
}

async function missingToken(trial: Trial): Promise<void> {
  const line = await badLine(trial, undefined)
  if (await isServed(line)) throw new NotOfferedError('everybody is let in, without a token')
  const closed = await line.waitForEnd(Math.max(trial.stage.timeoutMs, AUTH_DEADLINE_MS))
  mustClose(closed, [4001], 'a connection without a token')
}

async function badToken(trial: Trial): Promise<void> {
  for (const token of [FORGED, 'querywire-check-nobody']) {
    const line = await badLine(trial, token)
    if (await isServed(line)) throw new NotOfferedError('any token is taken: whoever connects is let in')
    mustClose(await line.waitForEnd(), [4001, 4004], 'a connection with a token that is not valid')
  }
}

async function bearer({ stage, open }: Trial): Promise<void> {
  if (stage.options.auth !== 'bearer')
    throw new NotTriedError('the token travels in another way: --auth bearer')
  const line = await open()
  must(line.protocol === 'bearer', {
    expected: 'the server selects the subprotocol "bearer"; browsers close the connection otherwise',
    sent: 'Sec-WebSocket-Protocol: bearer, <token>',
    received: `Sec-WebSocket-Protocol: ${line.protocol}`,
  })
}

async function nothingBeforeAuth(trial: Trial): Promise<void> {
  const { stage } = trial
  if (stage.options.auth !== 'frame')
    throw new NotTriedError('the token travels in another way: --auth frame')
  const line = await badLine(trial, undefined)
  const id = createId()
  const { type, data } = stage.domain.read(stage.channel)
  const sent = line.send(type, data, id)
  const heard = await line.wait((frame) => answers(frame, id), { ms: 1_000 })
  must(heard === undefined || heard.error !== undefined, {
    expected: 'nothing is served before the auth frame: an error, or 4001',
    sent,
    received: heard,
  })
}

async function renewal({ stage, open }: Trial): Promise<void> {
  const line = await open()
  const token = tokenOf(stage, 'first')
  const answer = await line.ask('auth', { token })
  if (!answer.ok && answer.code === 'unsupported')
    throw new NotOfferedError('auth is answered with "unsupported"')
  must(answer.ok, { expected: 'a reply: the token is good', sent: { type: 'auth' }, received: answer.frame })
  await line.ping()
  const welcomes = line.frames.filter(isWelcome)
  must(welcomes.length <= 1, {
    expected: 'no second welcome: the connection goes on as it is',
    sent: { type: 'auth' },
    received: welcomes.at(-1),
  })
}

async function otherUsersToken({ stage, open }: Trial): Promise<void> {
  const line = await open()
  const id = createId()
  line.send('auth', { token: tokenOf(stage, 'second') }, id)
  const heard = await line.wait((frame) => answers(frame, id), { ms: line.closed ? 0 : stage.timeoutMs })
  const isRefused = heard === undefined ? (await line.waitForEnd(0)) !== undefined : heard.error !== undefined
  if (heard === undefined && !isRefused) throw new NotTriedError('auth is not answered')
  must(isRefused, {
    expected:
      "the token of another user is refused, or the connection closed: it would go on as somebody else's",
    sent: { type: 'auth', data: { token: '<token of the second user>' } },
    received: heard,
  })
}

export const tokenRules = rulesOf('connections', [
  { id: 'P10', title: 'the subprotocol "bearer" is selected', level: 0, needs: ['token'], trial: bearer },
  {
    id: 'P11',
    title: 'nothing is served before the token',
    level: 0,
    needs: ['token', 'channel'],
    trial: nothingBeforeAuth,
  },
  {
    id: 'P12',
    title: 'the handshake is completed before a token is refused',
    level: 0,
    needs: ['token'],
    trial: afterHandshake,
  },
  { id: 'P13', title: 'without a token: closed with 4001', level: 0, needs: ['token'], trial: missingToken },
  {
    id: 'P14',
    title: 'a token that is not valid: closed with 4001 or 4004',
    level: 0,
    needs: ['token'],
    trial: badToken,
  },
  {
    id: 'P15',
    title: 'a token is renewed on the connection, without a second welcome',
    level: 1,
    needs: ['token'],
    trial: renewal,
  },
  {
    id: 'P16',
    title: "a connection takes no other user's token",
    level: 1,
    needs: ['second user'],
    trial: otherUsersToken,
  },
])
