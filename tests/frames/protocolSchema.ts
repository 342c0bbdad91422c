/** docs/protocol.schema.json, made of src/frames. */
import * as z from 'zod'
import * as frames from '../../src/frames/index.ts'

const { EVENTS, REQUESTS, ErrorBody, Position, Attachment, Member, Message, Reaction, Room, User } = frames

type Json = Record<string, unknown>

const refTo = (name: string) => ({ $ref: `#/$defs/${name}` })

/** Everything that has a name, each with what it holds. */
function named(): Map<string, z.core.$ZodType> {
  const found = new Map<string, z.core.$ZodType>(
    Object.entries({ User, Message, Attachment, Reaction, Room, Member, Position, Error: ErrorBody }),
  )
  for (const [type, payload] of Object.entries(EVENTS)) found.set(`event.${type}`, payload)
  for (const [type, { params, result }] of Object.entries(REQUESTS)) {
    found.set(`request.${type}`, params)
    found.set(`reply.${type}`, result)
  }
  return found
}

/** Schemas that are used under two names are written out under the second. */
function definitions(): Record<string, Json> {
  const registry = z.registry<{ id: string }>()
  const names = named()
  const first = new Map<z.core.$ZodType, string>()
  for (const [name, schema] of names) {
    if (first.has(schema)) continue
    first.set(schema, name)
    registry.add(schema, { id: name })
  }
  const { schemas } = z.toJSONSchema(registry, { uri: (id) => `#/$defs/${id}`, io: 'input' })
  return Object.fromEntries(
    [...names].map(([name, schema]) => {
      const known = first.get(schema) ?? name
      if (known !== name) return [name, refTo(known)]
      const { $schema, $id, id, ...rest } = schemas[name] as Json
      return [name, rest]
    }),
  )
}

const id = { type: ['string', 'number'] }

const frameOf = (type: string, data: string, fields: Json = {}) => ({
  type: 'object',
  properties: { type: { const: type }, id, timestamp: { type: 'string' }, ...fields, data: refTo(data) },
  required: ['type', 'data'],
})

const envelope = { room_id: id, seq: { type: 'integer', minimum: 0 }, epoch: { type: 'string' } }

const replyOf = (type: string, fields: Json, required: readonly string[]) => ({
  type: 'object',
  properties: { type: { const: type }, reply_to: id, ...fields },
  required: ['type', ...required],
})

export function protocolSchema(): Json {
  const fromClient = Object.keys(REQUESTS).map((type) => frameOf(type, `request.${type}`))
  const fromServer = Object.keys(EVENTS).map((type) => frameOf(type, `event.${type}`, envelope))
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'The frames of a chat',
    description:
      'Generated from src/frames. A frame is written here with its payload in "data"; docs/PROTOCOL.md, "Frames", names the other places that a server may put it. "event.<type>" is a payload, "request.<type>" the data of a client\'s frame, "reply.<type>" that of the answer to it.',
    anyOf: [refTo('FromClient'), refTo('FromServer')],
    $defs: {
      FromClient: { anyOf: fromClient },
      FromServer: {
        anyOf: [
          ...fromServer,
          replyOf('response', { data: {} }, ['reply_to']),
          replyOf('error', { error: refTo('Error') }, ['error']),
        ],
      },
      ...definitions(),
    },
  }
}
