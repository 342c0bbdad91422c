/** docs/protocol.schema.json is what src/frames says, and says what src/frames does. */
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { problemOf } from '../../src/check/schema/fits.ts'
import { createComplaints, readProtocolSchema } from '../../src/check/schema/protocolSchema.ts'
import { EVENTS, REQUESTS } from '../../src/frames/index.ts'
import { protocolSchema } from './protocolSchema.ts'

const PATH = fileURLToPath(new URL('../../docs/protocol.schema.json', import.meta.url))
const UPDATE = 'UPDATE=1 npx vitest run --project unit tests/frames'

describe('docs/protocol.schema.json', () => {
  it('[K19] is generated from the schemas of the frames', async () => {
    const text = `${JSON.stringify(protocolSchema(), null, 2)}\n`
    if (process.env.UPDATE !== undefined) await writeFile(PATH, text)
    const committed = await readFile(PATH, 'utf8')
    expect(JSON.parse(committed), `run ${UPDATE}`).toEqual(JSON.parse(text))
  })

  const KNOWN = [
    '$ref',
    'additionalProperties',
    'anyOf',
    'const',
    'items',
    'maximum',
    'minimum',
    'properties',
    'required',
    'type',
  ]
  /** What says nothing about values: titles, and names that are any text. */
  const SILENT = ['$defs', '$schema', 'description', 'propertyNames', 'title']

  it('[K17] has no keyword that the checker does not know', () => {
    const found = new Set<string>()
    const look = (value: unknown, isNames: boolean): void => {
      if (Array.isArray(value)) for (const each of value) look(each, false)
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return
      for (const [name, part] of Object.entries(value)) {
        if (!isNames) found.add(name)
        if (name === 'propertyNames') expect(part).toEqual({ type: 'string' })
        look(part, !isNames && (name === 'properties' || name === '$defs'))
      }
    }
    look(protocolSchema(), false)
    expect([...found].filter((name) => !KNOWN.includes(name) && !SILENT.includes(name))).toEqual([])
  })

  const user = { id: 7, username: 'a' }
  const message = { id: 'm', room_id: 'r', sender: user, content: 'x', timestamp: 't' }
  const values: readonly unknown[] = [
    user,
    message,
    { message },
    { ...message, sender: { id: 'u' } },
    { ...message, reactions: [{ name: '+', count: '1' }] },
    { ...message, seq: null, extra: [1] },
    { room_id: 'r', member: { user } },
    { member: user },
    { rooms: [{ id: 1, name: 'r' }], next_cursor: null },
    { rooms: { r: { events: [{ type: 'x' }], complete: true, seq: 1, epoch: 'e' } } },
    { rooms: { r: { events: [{}], complete: 'yes' } } },
    { messages: [message], has_older: false, has_newer: true },
    { room_id: 'r', limit: 0 },
    { room_id: 'r', limit: 1.5 },
    { room_id: 'r', message_id: 'm', message: 'x' },
    { timestamp: 1, heads: { r: { seq: 1, epoch: 'e' } } },
    { timestamp: 1, heads: { r: { seq: '1' } } },
    {},
    null,
    [],
    'text',
    undefined,
  ]

  it('[K17] is read as the schemas that it was made of say', async () => {
    const complaints = createComplaints(await readProtocolSchema())
    const schemas = [
      ...Object.entries(EVENTS).map(([type, schema]) => [`event.${type}`, schema] as const),
      ...Object.entries(REQUESTS).flatMap(([type, { params, result }]) => [
        [`request.${type}`, params] as const,
        [`reply.${type}`, result] as const,
      ]),
    ]
    let count = 0
    for (const [name, schema] of schemas) {
      for (const value of values.filter((each) => each !== undefined)) {
        count += 1
        const [ours, theirs] = [complaints(name, value) === '', schema.safeParse(value).success]
        expect(ours, `${name}: ${JSON.stringify(value)}`).toBe(theirs)
      }
    }
    expect(count).toBeGreaterThan(500)
    expect(complaints('event.nothing', {})).toBeUndefined()
  })

  it('[K17] says what is wrong, and where', () => {
    const { $defs } = protocolSchema() as { readonly $defs: Parameters<typeof problemOf>[2]['definitions'] }
    const problem = (name: string, value: unknown) =>
      problemOf({ $ref: `#/$defs/${name}` }, value, { definitions: $defs, path: '', depth: 0 })
    expect(problem('event.chat_message', { ...message, sender: { id: 'u' } })).toBe(
      'sender.username is missing',
    )
    expect(problem('reply.get_history', { messages: [message, { ...message, content: 7 }] })).toMatch(
      /is missing|messages\[1\]/,
    )
    expect(problem('request.get_history', { room_id: 'r', limit: 0 })).toBe('limit should be at least 1')
    expect(problem('User', [])).toBe('it should be object, and is array')
  })
})
