/**
 * Whether a value is what a schema says. Of what zod describes, closures are made once: they check, and keep the object
 * as it is. What they do not know, and what does not fit, is for the schema itself to judge.
 */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type * as z from 'zod/mini'
import type { Reducer } from '../../../query/index.ts'
import { LiveError } from '../../../transport/index.ts'

type Schema<T = unknown> = StandardSchemaV1<unknown, T>
type Fits = (value: unknown) => boolean
/** What zod documents for libraries: the same in every copy and edition of zod 4. */
type Zod = z.core.$ZodTypes
type Def = Zod['_zod']['def']

/** A quick yes: `true` is certain, `false` says that the schema is to be asked. */
export function fitsOf<T>(schema: Schema<T>): (value: unknown) => value is T {
  return compile(schema as Zod, []) as (value: unknown) => value is T
}

/** The same schema, quick where it is zod's. */
export function quick<T>(schema: Schema<T>): Schema<T> {
  if (!('_zod' in schema)) return schema
  const fits = fitsOf(schema)
  return schemaOf((value) => (fits(value) ? { value } : ask(schema, value)))
}

/**
 * More fields, in the schema library of your choice. What both accept is kept as it came: defaults and transformations
 * of the addition do not apply.
 *
 * @example
 * ```ts
 * const chat = createChat({ schemas: { message: extend(Message, z.object({ priority: z.number() })) } })
 * ```
 */
export function extend<T, Extra>(base: Schema<T>, addition: Schema<Extra>): Schema<T & Extra> {
  const both = [quick(base), quick(addition)]
  return schemaOf((value) => {
    const issues = both.flatMap((schema) => issuesOf(schema, value))
    return issues.length > 0 ? { issues } : { value: value as T & Extra }
  })
}

/** Events that do not fit are reported and never reach the data. */
export function checked<T, Item>(schema: Schema<T>, reducer: Reducer<T, Item>): Reducer<unknown, Item> {
  const fits = fitsOf(schema)
  return (payload, context) => {
    const [issue] = fits(payload) ? [] : issuesOf(schema, payload)
    if (issue) {
      const where = issue.path?.length ? ` at "${issue.path.map(String).join('.')}"` : ''
      throw new LiveError('invalid_frame', `"${context.type}" does not fit${where}: ${issue.message}`)
    }
    return reducer(payload as T, context)
  }
}

function ask<T>(schema: Schema<T>, value: unknown) {
  const result = schema['~standard'].validate(value)
  // Zod asks a second time, and later, where a check throws.
  if (result instanceof Promise) result.catch(() => undefined)
  return result
}

function issuesOf(schema: Schema, value: unknown): readonly StandardSchemaV1.Issue[] {
  const result = ask(schema, value)
  if (result instanceof Promise) {
    throw new LiveError('misconfigured', 'A schema of chat data is asynchronous; use a synchronous one')
  }
  return result.issues ?? []
}

function schemaOf<T>(validate: Schema<T>['~standard']['validate']): Schema<T> {
  return { '~standard': { version: 1, vendor: 'querywire', validate } }
}

/** `above`: what describes itself by itself is zod's to follow. */
function compile(schema: Zod, above: readonly Zod[]): Fits {
  const { def } = schema._zod
  const isRefined = def.checks?.length || 'check' in def || ('coerce' in def && def.coerce)
  if (isRefined || above.includes(schema)) return accepts(schema)
  const inner = (part: z.core.SomeType) => compile(part as Zod, [...above, schema])
  return closureOf(def, inner, schema) ?? accepts(schema)
}

function accepts(schema: Schema): Fits {
  return (value) => {
    const result = ask(schema, value)
    return !(result instanceof Promise) && !result.issues
  }
}

function closureOf(def: Def, inner: (part: z.core.SomeType) => Fits, schema: Schema): Fits | undefined {
  switch (def.type) {
    case 'string':
    case 'boolean':
      return (value) => typeof value === def.type
    case 'number':
      return Number.isFinite
    case 'literal':
      return oneOf(def.values)
    case 'enum':
      return oneOf(Object.values(def.entries))
    case 'nullable':
      return orElse(null, true, inner(def.innerType))
    case 'optional':
      return orElse(undefined, accepts(schema)(undefined), inner(def.innerType))
    case 'array':
      return listOf(inner(def.element))
    case 'union':
      // One of a kind that takes exactly one is not for a quick yes.
      return def.inclusive === false ? undefined : anyOf(def.options.map(inner))
    case 'object':
      // What else it has, a closed one has to look at.
      if (def.catchall && def.catchall._zod.def.type !== 'unknown') return undefined
      return recordOf(
        Object.entries(def.shape).map(([name, part]) => [
          name,
          inner(part),
          part._zod.def.type === 'optional',
        ]),
      )
    default:
      return undefined
  }
}

function orElse(nothing: null | undefined, isFine: boolean, inner: Fits): Fits {
  return (value) => (value === nothing ? isFine : inner(value))
}

/** Words only: an enum of TypeScript has its names among its values. */
function oneOf(values: readonly unknown[]): Fits | undefined {
  const known = new Set(values)
  return values.every((value) => typeof value === 'string') ? (value) => known.has(value) : undefined
}

function anyOf(options: readonly Fits[]): Fits {
  return (value) => {
    for (const fits of options) if (fits(value)) return true
    return false
  }
}

function listOf(item: Fits): Fits {
  return (value) => Array.isArray(value) && value.every(item)
}

/** Whether a field that is missing may be only an optional one says for certain. */
function recordOf(fields: readonly (readonly [name: string, fits: Fits, isOptional: boolean])[]): Fits {
  return (value) => {
    if (!isRecord(value)) return false
    for (const [name, fits, isOptional] of fields) {
      const field = value[name]
      if (!fits(field) || (field === undefined && !isOptional)) return false
    }
    return true
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
