/** What a server may echo, and where it may come out: everywhere but in the payloads that were asked for. */
import { inspect } from 'node:util'
import { QueryClient } from '@tanstack/react-query'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod/mini'
import { createLive } from '../../src/query/index.ts'
import type { FakeSocket } from '../../src/testing/fakeEnvironment.ts'
import { createSecrets } from '../../src/transport/context/secrets.ts'
import { defineProtocol, LiveError, type WebSocketManagerOptions } from '../../src/transport/index.ts'
import { createJwt, setup, watch } from './kit.ts'

const TOKENS = {
  plain: 'SECRETtoken1234567890',
  'for URLs': 'SECRET+tok/en==%41&x=1 "q"\\é',
  JWT: createJwt({ sub: 'alice', exp: 9_999_999_999 }),
}

const lower = (text: string) => text.replace(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase())
const formsOf = (token: string) => {
  const encoded = encodeURIComponent(token)
  const form = new URLSearchParams({ token }).toString().slice('token='.length)
  const json = JSON.stringify(token).slice(1, -1)
  return [...new Set([token, encoded, lower(encoded), form, lower(form), encodeURIComponent(encoded), json])]
}

/** All that can be seen of it, where JSON would show nothing: errors, their causes, keys, bytes. */
function textOf(value: unknown, seen = new Set<unknown>()): string {
  if (value instanceof ArrayBuffer) return new TextDecoder().decode(value)
  if (typeof value !== 'object' || value === null) return String(value)
  if (seen.has(value)) return ''
  seen.add(value)
  const names = Object.getOwnPropertyNames(value)
  return names.map((name) => `${name} ${textOf((value as Record<string, unknown>)[name], seen)}`).join('\n')
}

const ECHOES: Readonly<Record<string, (socket: FakeSocket, text: string) => void>> = {
  'a close reason': (socket, text) => socket.drop(4003, `bad ${text}`),
  'the message of an error': (socket, text) =>
    socket.receive({ type: 'error', error: { code: 'bad', message: `token ${text} is bad` } }),
  'the code of an error': (socket, text) =>
    socket.receive({ type: 'error', error: { code: text, message: 'x' } }),
  'a value': (socket, text) => socket.receive({ type: 'ev', data: { list: [{ x: `/?token=${text}` }] } }),
  'a key': (socket, text) => socket.receive({ type: 'ev', data: { [text]: 1 } }),
  'a type': (socket, text) => socket.receive({ type: text, data: 1 }),
  'a type that does not fit its schema': (socket, text) => socket.receive({ type: 'checked', data: text }),
  'text that is no JSON': (socket, text) => socket.receive(`oops ${text}`),
  bytes: (socket, text) => socket.receive(new TextEncoder().encode(`oops ${text}`).buffer as never),
  'no frame': (socket, text) => socket.receive([text, { t: text }]),
}

const complaining = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value: unknown) => ({ issues: [{ message: `not ${value}`, path: [String(value)] }] }),
  },
} as const

function watched(options: WebSocketManagerOptions) {
  const debug: unknown[] = []
  const world = setup({
    protocol: defineProtocol({
      events: { checked: complaining },
      requests: { ask: { params: z.any(), result: complaining } },
    }) as never,
    ...options,
    debug: (...line) => debug.push(line),
  })
  return { ...world, seen: () => textOf([world.log, debug, world.errors, world.manager.store.getState()]) }
}

describe.each(Object.entries(TOKENS))('a token (%s)', (_, token) => {
  it.each(['query', 'subprotocol', 'message'] as const)(
    '[T12] is told in no form that a server echoes, sent by %s',
    async (auth) => {
      for (const [place, echo] of Object.entries(ECHOES)) {
        for (const form of formsOf(token)) {
          const { open, socket, flush, seen, manager } = watched({
            auth,
            tokenManager: { getAccessToken: () => token },
          })
          await open()
          echo(socket(), form)
          await flush()
          for (const other of formsOf(token)) expect(seen(), place).not.toContain(other)
          manager.close()
        }
      }
    },
  )

  it('[T12] is in no rejection, and what is delivered is what the server has sent', async () => {
    const { open, socket, manager, flush } = watched({ tokenManager: { getAccessToken: () => token } })
    const heard: unknown[] = []
    manager.subscribe('ev', (payload) => heard.push(payload))
    await open()
    const [refused, misfit, fine] = ['x', 'ask', 'y'].map((name) => watch(manager.request(name, {})))
    await flush()
    const [first, second, third] = socket().frames.map(({ id }) => id)
    const error = {
      code: token,
      message: `token ${token}`,
      details: { [token]: [encodeURIComponent(token)] },
    }
    socket().receive({ type: 'error', reply_to: first, error })
    socket().receive({ type: 'response', reply_to: second, data: token })
    socket().receive({ type: 'response', reply_to: third, data: token })
    socket().receive({ type: 'ev', data: { [token]: token } })
    await flush()
    for (const outcome of [refused, misfit]) {
      expect(outcome?.error).toBeInstanceOf(LiveError)
      for (const form of formsOf(token)) expect(textOf(outcome?.error)).not.toContain(form)
    }
    expect(fine?.value).toBe(token)
    expect(heard).toEqual([{ [token]: token }])
  })
})

describe('secrets', () => {
  const token = TOKENS.plain

  it('[T12] are in no error of a live query', async () => {
    const { manager, open, errors } = setup({ tokenManager: { getAccessToken: () => token } })
    await open()
    const live = createLive({ manager })
    const value = live.value('v', {
      schema: complaining,
      events: {},
      snapshot: async () => {
        throw new LiveError('rejected', `not ${token}`, { reason: token, cause: { token, text: [token] } })
      },
    })
    const queryClient = new QueryClient()
    const error = await queryClient.query({ ...value(), retry: false }).catch((one: unknown) => one)
    expect(error).toBeInstanceOf(LiveError)
    expect(textOf([error, errors])).not.toContain(token)
  })

  it('[T12] former tokens count as well', async () => {
    let count = 10
    const former = () => `former-token-${count}`
    const { manager, open, socket, clock, flush, log, errors } = setup({
      tokenManager: { getAccessToken: () => former() },
      reconnect: { jitter: 0, maxAttempts: 100 },
    })
    await open()
    for (; count < 30; count++) {
      socket().drop(1012)
      await clock.advance(60_000)
    }
    for (let at = 10; at < 30; at++)
      socket().receive({ type: 'error', error: { code: 'x', message: `former-token-${at}` } })
    await flush()
    expect(textOf([log, errors, manager.store.getState()])).not.toMatch(/former-token/)
  })

  it('[T12] cut off by the server they are none the less', () => {
    const { keepSecret, clean } = createSecrets()
    keepSecret(TOKENS.JWT)
    expect(clean(`bad ${TOKENS.JWT.slice(0, 100)}`)).toBe('bad [redacted]')
    expect(clean(`bad ${TOKENS.JWT}, sorry`)).toBe('bad [redacted], sorry')
  })

  it.each([
    ['a', 'a cat', 'a cat'],
    ['1', '{"seq":1}', '{"seq":1}'],
    ['', 'nothing', 'nothing'],
    ['zed', 'zed realized', '[redacted] realized'],
    ['token1', 'mytoken12', 'my[redacted]2'],
    ['12345678', '12345678', '[redacted]'],
    ['a+b c/d', 'a%2bb+c%252Fd a+b c\\/d', '[redacted] [redacted]'],
    ['\ud800-lone', 'x \ud800-lone', 'x [redacted]'],
    ['alice', 'alice alice-token-123 malice', '[redacted] [redacted] malice'],
    ['(.*)[x]\\', 'anything (.*)[x]\\', 'anything [redacted]'],
  ])('[T12] %j is taken out of %j as far as it is one', (secret, text, shown) => {
    const { keepSecret, clean } = createSecrets()
    keepSecret('alice-token-123')
    keepSecret(secret)
    expect(clean(text)).toBe(shown)
  })

  it('[T12] a number that is one is taken out', () => {
    const { keepSecret, clean } = createSecrets()
    keepSecret('123456')
    expect(clean({ pin: 123456, n: 1234567 })).toEqual({ pin: '[redacted]', n: 1234567 })
  })

  it.each([
    ['wss://user:p%40ssword@api.example.com', '', 'p@ssword'],
    ['wss://SECRETtoken@api.example.com', '', 'SECRETtoken'],
    ['wss://api.example.com/?api_key=SECRET%2Btoken', '', 'SECRET+token'],
    ['wss://api.example.com/', '/ws/?a=1&ticket=SECRETticket', 'SECRETticket'],
  ])('[T12] those in a URL are not told: %s%s', async (url, endpoint, secret) => {
    const { manager, socket, clock, log, errors } = watched({
      url,
      endpoint: undefined,
      reconnect: { maxAttempts: 0 },
      tokenManager: { getAccessToken: () => 'another token' },
    })
    manager.connect(endpoint)
    await clock.advance(0)
    socket().accept()
    socket().receive({ type: 'ev', data: `you sent ${secret} and ${encodeURIComponent(secret)}` })
    socket().drop(4003, `not ${secret}`)
    await clock.advance(0)
    const rejected = watch(manager.request('x', {}, { endpoint }))
    await clock.advance(0)
    const { state, error } = manager.store.getState()
    for (const text of [secret, encodeURIComponent(secret)])
      expect(textOf([log, errors, state, error, rejected.error])).not.toContain(text)
    expect(rejected.error).toMatchObject({ reason: 'not [redacted]' })
  })
})

describe('what is told', () => {
  const { clean, keepSecret } = createSecrets()
  keepSecret('SECRETtoken')

  it('[T12] is no deeper and no larger than can be looked at, whatever came', () => {
    let deep: unknown = 'SECRETtoken'
    for (let depth = 0; depth < 10_000; depth++) deep = depth % 2 ? [deep] : { deep }
    const circle: Record<string, unknown> = {}
    circle.self = circle
    const wide = Object.fromEntries(Array.from({ length: 200_000 }, (_, at) => [`key ${at}`, at]))
    const long = `${'x'.repeat(99_995)}SECRETtoken${'y'.repeat(1e6)}`
    for (const value of [deep, circle, wide, long, Array(1e6).fill('SECRETtoken')]) {
      const shown = JSON.stringify(clean({ value }))
      expect(shown.length).toBeLessThan(1e6)
      expect(shown).not.toMatch(/SECR/)
    }
  })

  it('[T12] an error that is too large for that is cut as well', () => {
    const error = new LiveError('rejected', `${'x'.repeat(200_000)}SECRETtoken`, { reason: 'SECRETtoken' })
    expect(textOf(clean(error))).not.toMatch(/SECR/)
    expect(clean(error)).toBe(error)
  })

  it('[T12] of an error also holds what is not listed, and what is no plain object', () => {
    const { keepSecret, clean } = createSecrets()
    keepSecret('hunter2-token')
    const url = 'https://a.example/?t=hunter2-token'
    const holders = [
      new AggregateError([new Error(url)], 'none'),
      new Error('x', { cause: new URL(url) }),
      Object.assign(new Error('x'), { request: new Request(url) }),
      new LiveError('rejected', 'x', { cause: new Request(url) }),
    ]
    for (const holder of holders) expect(inspect(clean(holder), { depth: 9 })).not.toContain('hunter2')
    const clear = Object.assign(new Error('x'), { request: new Request('https://a.example/') })
    expect(clean(clear)).toBe(clear)
  })

  it('[T12] a password has every character up to the last at sign', () => {
    const { keepSecretsOf, clean } = createSecrets()
    keepSecretsOf('wss://user:p@ssw:rd@a.example/ws/')
    expect(clean('p@ssw:rd, p%40ssw%3Ard')).toBe('[redacted], [redacted]')
  })

  it('[T12] a token is one as soon as the source has told it', async () => {
    const { open, log, manager } = setup({
      tokenManager: { getAccessToken: () => 'hunter2-token' },
      url: () => Promise.reject(new Error('No ticket for hunter2-token')),
    })
    manager.connect()
    await open().catch(() => undefined)
    expect(manager.store.getState().error?.reason).toBe('The function `url` failed: No ticket for [redacted]')
    expect(inspect(log, { depth: 9 })).not.toContain('hunter2')
  })

  it('[T12] an error without a secret stays as it is, and one of somebody else as it was', () => {
    const cause = { field: [1], map: new Map() }
    const ours = new LiveError('rejected', 'no', { cause })
    expect(clean(ours)).toBe(ours)
    expect(ours.cause).toBe(cause)
    const theirs = new TypeError('SECRETtoken')
    const shown = clean(new LiveError('misconfigured', 'x', { cause: theirs })).cause
    expect([theirs.message, (shown as Error).message, (shown as Error).name]).toEqual([
      'SECRETtoken',
      '[redacted]',
      'TypeError',
    ])
    expect(textOf(shown)).not.toContain('SECRETtoken')
  })

  it('[T12] never throws', () => {
    const fail = () => {
      throw new Error('no')
    }
    const trap = new Proxy({}, { ownKeys: fail, get: fail })
    const getter = {
      get x() {
        return fail()
      },
    }
    const odd = [trap, getter, Object.create(null), Object.freeze(new Error('SECRETtoken')), Symbol('x'), 1n]
    for (const value of odd) expect(() => clean(value)).not.toThrow()
    expect(clean(Object.assign(Object.create(null), { a: 'SECRETtoken' }))).toEqual({ a: '[redacted]' })
    expect(clean(JSON.parse('{"__proto__":{"a":"SECRETtoken"}}'))).toEqual(
      JSON.parse('{"__proto__":{"a":"[redacted]"}}'),
    )
  })

  it('[T12] is free of any secret, in whatever it stands', () => {
    // Not one of the names that every object has.
    const text = fc.string({ unit: 'binary', minLength: 6, maxLength: 60 }).map((one) => `~${one}`)
    const spelled = (secret: string) => [
      secret,
      encodeURIComponent(secret),
      lower(encodeURIComponent(secret)),
    ]
    const echoed = text.chain((secret) => {
      const echo = fc.tuple(fc.string(), fc.constantFrom(...spelled(secret)), fc.string())
      const part = echo.map((parts) => parts.join(''))
      const values = [part, fc.integer(), part.map((message) => new LiveError('rejected', message))]
      return fc.tuple(
        fc.constant(secret),
        fc.anything({ values, key: part, withMap: true, withNullPrototype: true }),
      )
    })
    fc.assert(
      fc.property(echoed, ([secret, value]) => {
        const secrets = createSecrets()
        secrets.keepSecret(secret)
        const shown = textOf(secrets.clean(value))
        for (const form of spelled(secret)) expect(shown).not.toContain(form)
      }),
      { numRuns: 500 },
    )
  })
})
