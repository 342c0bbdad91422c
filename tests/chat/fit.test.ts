import type { StandardSchemaV1 } from '@standard-schema/spec'
import { describe, expect, it } from 'vitest'
import * as z from 'zod/mini'
import { checked, extend } from '../../src/chat/model/data/fit.ts'
import { Member, Message, Reaction, Room, User } from '../../src/chat/model/data/schemas.ts'
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
    const result = check(Message, value)
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
