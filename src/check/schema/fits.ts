/**
 * Whether a value is what a JSON Schema says, in words. It knows the keywords that docs/protocol.schema.json has, and a
 * test says that these are all: a library for the rest of JSON Schema would be the only dependency of the checker.
 */
import { isRecord } from '../frames.ts'

export interface JsonSchema {
  readonly $ref?: string
  readonly type?: string | readonly string[]
  readonly const?: unknown
  readonly anyOf?: readonly JsonSchema[]
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly required?: readonly string[]
  readonly items?: JsonSchema
  readonly additionalProperties?: JsonSchema
  readonly minimum?: number
  readonly maximum?: number
}

export type Definitions = Readonly<Record<string, JsonSchema>>

const REF = /^#\/\$defs\/(.*)$/
/** A frame that goes deeper is somebody's joke. */
const MAX_DEPTH = 60

const kindOf = (value: unknown): string => {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (Number.isInteger(value)) return 'integer'
  return typeof value
}

interface Place {
  readonly definitions: Definitions
  readonly path: string
  readonly depth: number
}

/** The first thing that is wrong; `undefined` where nothing is. */
export function problemOf(schema: JsonSchema, value: unknown, place: Place): string | undefined {
  const { definitions, path, depth } = place
  if (depth > MAX_DEPTH) return `${path || 'it'} is nested too deeply`
  const name = REF.exec(schema.$ref ?? '')?.[1]
  if (name !== undefined) return problemOf(definitions[name] ?? {}, value, { ...place, depth: depth + 1 })
  if (schema.anyOf) return problemOfAny(schema.anyOf, value, place)
  return problemOfKind(schema, value, place) ?? problemOfParts(schema, value, place)
}

/** Of several that do not fit, what is wrong with the one that came furthest. */
function problemOfAny(choices: readonly JsonSchema[], value: unknown, place: Place): string | undefined {
  let deepest: string | undefined
  for (const choice of choices) {
    const problem = problemOf(choice, value, { ...place, depth: place.depth + 1 })
    if (problem === undefined) return undefined
    if (deepest === undefined || problem.split('.').length > deepest.split('.').length) deepest = problem
  }
  return deepest
}

function problemOfKind({ type, minimum, maximum, ...schema }: JsonSchema, value: unknown, { path }: Place) {
  const where = path || 'it'
  if ('const' in schema && schema.const !== value) return `${where} should be ${JSON.stringify(schema.const)}`
  const kinds = type === undefined ? [] : [type].flat()
  const kind = kindOf(value)
  const fits = kinds.length === 0 || kinds.includes(kind) || (kind === 'integer' && kinds.includes('number'))
  if (!fits)
    return `${where} should be ${kinds.join(' or ')}, and is ${kind === 'integer' ? 'a number' : kind}`
  if (typeof value !== 'number') return undefined
  if (minimum !== undefined && value < minimum) return `${where} should be at least ${minimum}`
  if (maximum !== undefined && value > maximum) return `${where} should be at most ${maximum}`
  return undefined
}

function problemOfParts(schema: JsonSchema, value: unknown, place: Place): string | undefined {
  if (Array.isArray(value)) return problemOfItems(schema.items, value, place)
  if (!isRecord(value)) return undefined
  const within = (name: string) => (place.path === '' ? name : `${place.path}.${name}`)
  const missing = schema.required?.find((name) => value[name] === undefined)
  if (missing !== undefined) return `${within(missing)} is missing`
  for (const [name, field] of Object.entries(value)) {
    const part = Object.hasOwn(schema.properties ?? {}, name)
      ? schema.properties?.[name]
      : schema.additionalProperties
    const problem = part && problemOf(part, field, { ...place, path: within(name), depth: place.depth + 1 })
    if (problem) return problem
  }
  return undefined
}

function problemOfItems(items: JsonSchema | undefined, values: readonly unknown[], place: Place) {
  if (!items) return undefined
  for (const [index, value] of values.entries()) {
    const problem = problemOf(items, value, {
      ...place,
      path: `${place.path}[${index}]`,
      depth: place.depth + 1,
    })
    if (problem) return problem
  }
  return undefined
}
