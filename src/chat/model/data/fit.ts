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
  if (isRefined(def) || above.includes(schema)) return accepts(schema)
  return closureOf(def, (part) => compile(part as Zod, [...above, schema])) ?? accepts(schema)
}

const isRefined = (def: Def) =>
  Boolean(def.checks?.length || 'check' in def || ('coerce' in def && def.coerce))

function accepts(schema: Schema): Fits {
  return (value) => {
    const result = ask(schema, value)
    return !(result instanceof Promise) && !result.issues
  }
}

type Inner = (part: z.core.SomeType) => Fits

function closureOf(def: Def, inner: Inner): Fits | undefined {
  switch (def.type) {
    case 'string':
      return (value) => typeof value === 'string'
    case 'number':
      return Number.isFinite
    case 'boolean':
      return (value) => typeof value === 'boolean'
    case 'literal':
      return oneOf(def.values)
    case 'enum':
      return oneOf(Object.values(def.entries))
    case 'nullable':
      return nullableOf(inner(def.innerType))
    case 'array':
      return listOf(inner(def.element))
    case 'union':
      // One of a kind that takes exactly one is not for a quick yes.
      return def.inclusive === false ? undefined : anyOf(def.options.map(inner))
    case 'object':
      // Whatever else is there, a closed one has to look at.
      return def.catchall && def.catchall._zod.def.type !== 'unknown' ? undefined : recordOf(def.shape, inner)
    default:
      return undefined
  }
}

/** Words only: an enum of TypeScript has its names among its values. */
function oneOf(values: readonly unknown[]): Fits | undefined {
  const known = new Set(values)
  return values.every((value) => typeof value === 'string') ? (value) => known.has(value) : undefined
}

function nullableOf(fits: Fits): Fits {
  return (value) => value === null || fits(value)
}

function listOf(fits: Fits): Fits {
  return (value) => Array.isArray(value) && value.every(fits)
}

function anyOf([fits, ...others]: readonly Fits[]): Fits {
  if (!fits) return () => false
  const rest = anyOf(others)
  return (value) => fits(value) || rest(value)
}

function recordOf(shape: z.core.$ZodShape, inner: Inner): Fits {
  const names = Object.keys(shape)
  const fields = Object.values(shape).map((part) => fieldOf(part as Zod, inner))
  const checks = fields.map(({ fits }) => fits)
  const mayMiss = fields.map((field) => field.mayMiss)
  return (value) => {
    if (!isRecord(value)) return false
    for (let at = 0; at < names.length; at++) {
      const field = value[names[at] as string]
      if (field === undefined ? !mayMiss[at] : !checks[at]?.(field)) return false
    }
    return true
  }
}

/** `fits`: of what is there. Of what is not, only an optional one has something certain to say. */
function fieldOf(part: Zod, inner: Inner): { readonly fits: Fits; readonly mayMiss: boolean } {
  const { def } = part._zod
  if (def.type !== 'optional' || isRefined(def)) return { fits: inner(part), mayMiss: false }
  return { fits: inner(def.innerType), mayMiss: accepts(part)(undefined) }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
