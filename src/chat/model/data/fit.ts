/**
 * Whether a value is what a schema says. Of what zod describes, closures are made once: they check, and keep the object
 * as it is. What they do not know, and what does not fit, is for the schema itself to judge.
 */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type * as z from 'zod/mini'
import type { Reducer } from '../../../query/index.ts'
import { LiveError } from '../../../transport/index.ts'

type Schema<T = unknown> = StandardSchemaV1<unknown, T>
type Judge = (value: unknown) => readonly StandardSchemaV1.Issue[]
type Fits = (value: unknown) => boolean

/** The same schema, quick where it is zod's, and nothing is copied. */
export function quick<T>(schema: Schema<T>): Schema<T> {
  return schemaOf(judgeOf(schema))
}

/**
 * More fields, in the schema library of your choice. What both accept is kept as it came: defaults and transformations
 * do not apply.
 *
 * @example
 * ```ts
 * const chat = createChat({ schemas: { message: extend(Message, z.object({ priority: z.number() })) } })
 * ```
 */
export function extend<T, Extra>(base: Schema<T>, addition: Schema<Extra>): Schema<T & Extra> {
  const judges = [judgeOf(base), judgeOf(addition)]
  return schemaOf((value) => judges.flatMap((judge) => judge(value)))
}

/** Events that do not fit are reported and never reach the data. */
export function checked<T, Item, P, Data, Has>(
  schema: Schema<T>,
  reducer: Reducer<T, Item, P, Data, Has>,
): Reducer<unknown, Item, P, Data, Has> {
  const judge = judgeOf(schema)
  const safe: Reducer<unknown, Item, P, Data, Has> = (payload, context, kind) => {
    const [issue] = judge(payload)
    if (!issue) return reducer(payload as T, context, kind)
    const where = issue.path?.length ? ` at "${issue.path.map(String).join('.')}"` : ''
    throw new LiveError('invalid_frame', `"${context.type}" does not fit${where}: ${issue.message}`)
  }
  return Object.assign(safe, reducer)
}

function schemaOf<T>(judge: Judge): Schema<T> {
  const validate = (value: unknown) => {
    const issues = judge(value)
    return issues.length > 0 ? { issues } : { value: value as T }
  }
  return { '~standard': { version: 1, vendor: 'querywire', validate } }
}

const FINE: readonly StandardSchemaV1.Issue[] = []

function judgeOf(schema: Schema): Judge {
  const fits = '_zod' in schema ? fitsOf(schema) : undefined
  return (value) => (fits?.(value) ? FINE : issuesOf(schema, value))
}

/** @throws LiveError `misconfigured` where that cannot be said at once */
function issuesOf(schema: Schema, value: unknown): readonly StandardSchemaV1.Issue[] {
  const result = schema['~standard'].validate(value)
  if (!(result instanceof Promise)) return result.issues ?? FINE
  // What it may have to say later is of no use to anybody.
  result.catch(() => undefined)
  throw new LiveError('misconfigured', 'A schema of chat data is asynchronous; use a synchronous one')
}

/** What zod documents for libraries: the same in every copy and edition of zod 4. */
type Zod = z.core.$ZodTypes
type Def = Zod['_zod']['def']
type Part = (part: z.core.SomeType) => Fits

/** More parts than this are zod's to look at: a schema can go on for ever. */
const MAX_PARTS = 500

/** A quick yes: `true` is certain, `false` says that the schema is to be asked. */
export function fitsOf<T>(schema: Schema<T>): (value: unknown) => value is T {
  let fits: Fits | undefined
  // With the first value: a schema may name others that are not there yet.
  const check: Fits = (value) => {
    fits ??= compile(schema as Zod, new Map())
    return fits(value)
  }
  return check as (value: unknown) => value is T
}

/** `made`: of each part by now; what describes itself by itself is zod's to follow. */
function compile(schema: Zod, made: Map<Zod, Fits>): Fits {
  const before = made.get(schema)
  if (before) return before
  const asked = accepts(schema)
  made.set(schema, asked)
  if (isRefined(schema) || made.size > MAX_PARTS) return asked
  const fits = closureOf(schema._zod.def, (part) => compile(part as Zod, made)) ?? asked
  made.set(schema, fits)
  return fits
}

const accepts =
  (schema: Schema): Fits =>
  (value) =>
    issuesOf(schema, value).length === 0

function isRefined({ _zod: { def } }: Zod): boolean {
  return Boolean(def.checks?.length) || 'check' in def
}

function closureOf(def: Def, part: Part): Fits | undefined {
  switch (def.type) {
    case 'string':
      return (value) => typeof value === 'string'
    case 'number':
      return Number.isFinite
    case 'boolean':
      return (value) => typeof value === 'boolean'
    case 'nullable':
      return nullableOf(part(def.innerType))
    case 'array':
      return listOf(part(def.element))
    case 'union':
      // One of a kind that takes exactly one is not for a quick yes.
      return def.inclusive === false ? undefined : anyOf(def.options.map(part))
    case 'object':
      // Whatever else is there, a closed one has to look at.
      return (def.catchall?._zod.def.type ?? 'unknown') === 'unknown' ? recordOf(def.shape, part) : undefined
    default:
      return undefined
  }
}

const nullableOf =
  (fits: Fits): Fits =>
  (value) =>
    value === null || fits(value)

const listOf =
  (fits: Fits): Fits =>
  (value) =>
    Array.isArray(value) && value.every(fits)

const anyOf =
  (options: readonly Fits[]): Fits =>
  (value) =>
    options.some((fits) => fits(value))

function recordOf(shape: z.core.$ZodShape, part: Part): Fits {
  const names = Object.keys(shape)
  const fields = Object.values(shape) as Zod[]
  /** Of what is there. */
  const checks = fields.map((field) => part(innerOf(field) ?? field))
  /** Of what is not, only an optional one has something certain to say. */
  const mayMiss = fields.map((field) => innerOf(field) && accepts(field)(undefined))
  return (value) => {
    if (!isRecord(value)) return false
    for (let at = 0; at < names.length; at++) {
      const field = value[names[at] as string]
      if (field === undefined ? !mayMiss[at] : !checks[at]?.(field)) return false
    }
    return true
  }
}

/** What an optional one says of what is there. */
function innerOf(field: Zod): z.core.SomeType | undefined {
  const { def } = field._zod
  return def.type === 'optional' && !isRefined(field) ? def.innerType : undefined
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
