import type { StandardSchemaV1 } from '@standard-schema/spec'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as classic from 'zod'
import * as z from 'zod/mini'
import { checked, extend, fitsOf, quick } from '../../src/chat/model/data/fit.ts'
import { Member, Message, Reaction, Room, User } from '../../src/frames/index.ts'
import { reduce } from '../../src/query/index.ts'

const message = {
  id: 'm1',
  room_id: 7,
  sender: { id: 'bob', username: 'bob' },
  content: 'hi',
  timestamp: '2024-01-15T10:30:00.000Z',
}

function check(schema: StandardSchemaV1<unknown, unknown>, value: unknown) {
  const result = schema['~standard'].validate(value)
  if (result instanceof Promise) throw new Error('synchronous')
  return result
}

const issueOf = (schema: StandardSchemaV1<unknown, unknown>, value: unknown) => {
  const [issue] = check(schema, value).issues ?? []
  return issue && `${issue.path?.join('.')}: ${issue.message}`
}

describe('chat schemas', () => {
  it('[C30] hand on the object itself, with fields that nobody listed', () => {
    const value = { ...message, priority: 3 }
    const result = check(quick(Message), value)
    expect(result.issues).toBeUndefined()
    expect('value' in result && result.value).toBe(value)
  })

  it.each([
    [Message, { ...message, id: null }, 'id: expected an id (string or number), got null'],
    [Message, { ...message, content: 5 }, 'content: expected a string, got number'],
    [Message, { ...message, sender: { id: 1 } }, 'sender.username: expected a string, got undefined'],
    [Message, { ...message, seq: '8' }, 'seq: expected a number, got string'],
    [
      Message,
      { ...message, reactions: [{ name: 'a', count: 1 }, { name: 'b' }] },
      'reactions.1.count: expected a number, got undefined',
    ],
    [Message, { ...message, reactions: {} }, 'reactions: expected an array, got object'],
    [Message, [message], ': expected an object, got an array'],
    [Room, { id: 1 }, 'name: expected a string, got undefined'],
    [
      Room,
      { id: 1, name: 'a', last_message: { id: 1 } },
      'last_message.content: expected a string, got undefined',
    ],
    [Member, { user: null }, 'user: expected an object, got null'],
    [Reaction, { name: 'a', count: 1, me: 'yes' }, 'me: expected true or false, got string'],
    [User, 'bob', ': expected an object, got string'],
  ] as const)('[C30] say which field does not fit, and why (%#)', (schema, value, issue) => {
    expect(issueOf(schema, value)).toBe(issue)
  })

  it.each([
    ['missing', {}],
    [
      'null where servers send null',
      { client_id: null, edited_at: null, deleted_at: null, reply_to_id: null, seq: null, version: null },
    ],
  ])('[C30] take optional fields that are %s', (_name, fields) => {
    expect(issueOf(Message, { ...message, ...fields })).toBeUndefined()
  })

  it('[C31] are extended by a schema of any library, which is checked as well and copies nothing', () => {
    const Urgent = extend(Message, z.object({ priority: z.number() }))
    const urgent = { ...message, priority: 3, other: true }
    const result = check(Urgent, urgent)
    expect('value' in result && result.value).toBe(urgent)
    expect(issueOf(Urgent, message)).toMatch(/^priority: /)
    expect(issueOf(Urgent, { ...urgent, content: 1 })).toBe('content: expected a string, got number')
  })

  it('[C31] refuse an asynchronous addition, with what to do', () => {
    const later: StandardSchemaV1<unknown, object> = {
      '~standard': { version: 1, vendor: 'test', validate: async (value) => ({ value: value as object }) },
    }
    expect(() => check(extend(User, later), { id: 1, username: 'a' })).toThrow(/synchronous/)
  })

  it('[C32] an event that does not fit never gets as far as the data', () => {
    const reducer = checked(
      User,
      reduce((names: readonly string[], { username }) => [...names, username]),
    )
    const context = { type: 'joined', params: {}, seq: undefined }
    expect(reducer({ id: 1, username: 'bob' }, context)).toMatchObject({ kind: 'reduce' })
    expect(() => reducer({ id: 1 }, context)).toThrow(
      '"joined" does not fit at "username": expected a string, got undefined',
    )
  })
})

/** One of everything that there is a closure for, and of what there is none for. */
const PARTS: readonly z.core.$ZodType[] = [
  z.string(),
  z.number(),
  z.boolean(),
  z.nullish(z.string()),
  z.optional(z.number()),
  z.exactOptional(z.string()),
  z.optional(z._default(z.string(), 'none')),
  z.nullable(z.optional(z.string())),
  z.union([z.string(), z.number()]),
  z.union([z.undefined(), z.string()]),
  z.xor([z.string(), z.union([z.string(), z.number()])]),
  z.union([]),
  z.array(z.nullable(z.number())),
  z.array(z.string()).check(z.maxLength(1)),
  z.looseObject({ a: z.string(), b: z.optional(z.number()) }),
  z.strictObject({ a: z.string() }),
  z.object({ a: z.looseObject({ a: z.optional(z.string()) }) }),
  z.catchall(z.object({ a: z.string() }), z.number()),
  z.discriminatedUnion('a', [
    z.object({ a: z.literal('x') }),
    z.object({ a: z.literal('y'), b: z.number() }),
  ]),
  z.enum(['x', 'y']),
  z.unknown(),
  z.undefined(),
  z.string().check(z.minLength(2)),
  z.email(),
  z.int(),
  z.coerce.number(),
  z.record(z.string(), z.number()),
  z.pipe(
    z.string(),
    z.transform((text) => text.length),
  ),
  z.lazy(() => z.array(z.string())),
  classic.string(),
  classic.string().optional().nullable(),
  classic.number().int().positive().optional(),
  classic.object({ a: classic.string().trim() }).refine(({ a }) => a !== 'x'),
]

/** Values that are near to fitting, the few fields by the few names. */
const values = fc.letrec((tie) => ({
  leaf: fc.constantFrom(undefined, null, '', 'x', 'yy', 0, 1.5, Number.NaN, Number.POSITIVE_INFINITY, true),
  list: fc.array(tie('value'), { maxLength: 2 }),
  record: fc.dictionary(fc.constantFrom('a', 'b', '__proto__'), tie('value'), { maxKeys: 2 }),
  value: fc.oneof({ maxDepth: 3 }, tie('leaf'), tie('list'), tie('record')),
})).value

const zodTakes = (schema: StandardSchemaV1, value: unknown) => {
  const result = schema['~standard'].validate(value)
  return !(result instanceof Promise) && !result.issues
}

describe('the quick check', () => {
  it('[C30] says yes to nothing that zod refuses, and has its verdict in the end', () => {
    const schemas = fc.constantFrom(...PARTS)
    const fields = fc.dictionary(fc.constantFrom('a', 'b'), schemas, { maxKeys: 2 })
    const any = fc.oneof(schemas, fields.map(z.looseObject), fields.map(z.object), fields.map(classic.object))
    const property = fc.property(any, values, (schema, value) => {
      const verdict = zodTakes(schema, value)
      if (fitsOf(schema)(value)) expect(verdict).toBe(true)
      const result = check(quick(schema), value)
      expect(result.issues === undefined).toBe(verdict)
      if (verdict) expect('value' in result && result.value).toBe(value)
    })
    fc.assert(property, { numRuns: 3_000 })
  })

  it('[C30] knows what a chat is made of without asking zod', () => {
    const full = { ...message, seq: 1, reactions: [{ name: 'a', count: 1 }], reply_to_id: null }
    expect(fitsOf(Message)(full)).toBe(true)
    expect(fitsOf(z.extend(Message, { topic: z.string() }))({ ...full, topic: 'a' })).toBe(true)
    expect(fitsOf(Member)({ user: { id: 1, username: 'bob' }, role: null })).toBe(true)
  })

  it('[C30] follows what describes itself, and lets zod follow it further', () => {
    const Reply = z.looseObject({
      text: z.string(),
      get replies() {
        return z.optional(z.array(Reply))
      },
    })
    const Thread = quick(z.extend(Message, { replies: z.array(Reply) }))
    const replies = [{ text: 'a', replies: [{ text: 'b', replies: [{ text: 'c' }] }] }]
    expect(check(Thread, { ...message, replies }).issues).toBeUndefined()
    expect(issueOf(Thread, { ...message, replies: [{ text: 'a', replies: [{ text: 1 }] }] })).toMatch(
      /^replies.0.replies.0.text: /,
    )
  })

  it('[C30] is made once of each part, however many others name it', () => {
    const part = z.string()
    const { def } = part._zod
    let looks = 0
    Object.defineProperty(part._zod, 'def', { get: () => looks++ < Number.POSITIVE_INFINITY && def })
    let twice: z.core.SomeType = part
    for (let level = 0; level < 10; level++) twice = z.looseObject({ left: twice, right: twice })
    const kinds: z.ZodMiniType[] = Array.from({ length: 6 }, () =>
      z.looseObject({
        part,
        get inner() {
          return z.optional(z.array(z.union(kinds)))
        },
      }),
    )
    expect(
      fitsOf(z.looseObject({ any: z.optional(twice), kind: z.union(kinds) }))({ kind: { part: 'a' } }),
    ).toBe(true)
    expect(looks).toBeLessThan(50)
  })

  it('[C30] leaves to zod what never ends', () => {
    const endless = (): z.ZodMiniType =>
      z.looseObject({
        get inner() {
          return z.optional(endless())
        },
      })
    const schema = quick(z.extend(User, { tree: endless() }))
    expect(check(schema, { id: 1, username: 'a', tree: { inner: { inner: {} } } }).issues).toBeUndefined()
    expect(issueOf(schema, { id: 1, username: 'a', tree: { inner: 1 } })).toMatch(/^tree.inner: /)
  })

  it('[C31] may name a schema that a module describes further down', () => {
    const Post = z.object({
      get author() {
        return Author
      },
    })
    const schemas = [extend(Message, Post), quick(Post)]
    const Author = z.object({ name: z.string() })
    for (const schema of schemas) {
      expect(check(schema, { ...message, author: { name: 'a' } }).issues).toBeUndefined()
      expect(issueOf(schema, { ...message, author: { name: 1 } })).toMatch(/^author.name: /)
    }
  })

  it('[C30] leaves prototypes alone, whatever a message says', () => {
    const value = JSON.parse(`{ "__proto__": { "isAdmin": true }, ${JSON.stringify(message).slice(1)}`)
    const result = check(quick(Message), value)
    expect('value' in result && result.value).toBe(value)
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
    expect({}).not.toHaveProperty('isAdmin')
    expect(issueOf(quick(Message), JSON.parse('{ "__proto__": { "id": 1 } }'))).toMatch(/^id: /)
  })

  it('[C31] refuses a schema of which a part is asynchronous, with what to do', () => {
    const later = z.string().check(z.refine(async () => true))
    expect(() => check(quick(z.extend(User, { name: later })), { id: 1, username: 'a', name: 'b' })).toThrow(
      /synchronous/,
    )
  })
})
