/**
 * Schemas for what travels, small and quick: they check, keep the object as it is, and say what does not fit only when
 * something does not. They speak Standard Schema, so one of any library can stand in their place or be added to them.
 */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Reducer } from '../../../query/index.ts'
import { LiveError } from '../../../transport/index.ts'

type Path = readonly PropertyKey[]
type Explain = (value: unknown, path: Path) => readonly StandardSchemaV1.Issue[]

export interface Shape<T> extends StandardSchemaV1<unknown, T> {
  readonly is: (value: unknown) => boolean
  readonly explain: Explain
}

/** A field that may be missing. */
export interface Optional<T> extends Shape<T> {
  readonly optional: true
}

export type Fields = Readonly<Record<string, Shape<unknown>>>

type Out<S> = S extends Shape<infer T> ? T : never
type OptionalNames<F> = { [N in keyof F]: F[N] extends Optional<unknown> ? N : never }[keyof F]

/** The fields that are listed, and whatever else came with them. */
export type ShapeOf<F> = { [N in Exclude<keyof F, OptionalNames<F>>]: Out<F[N]> } & {
  [N in OptionalNames<F>]?: Out<F[N]>
} & { [field: string]: unknown }

export const text = leaf<string>('a string', (value) => typeof value === 'string')
export const number = leaf<number>('a number', (value) => typeof value === 'number')
export const flag = leaf<boolean>('true or false', (value) => typeof value === 'boolean')
export const id = leaf<string | number>(
  'an id (string or number)',
  (value) => typeof value === 'string' || typeof value === 'number',
)

/** A field that may be missing or `null`: many a server writes `null` for what it does not have. */
export function nullish<T>(inner: Shape<T>): Optional<T | null | undefined> {
  const is = (value: unknown) => value === undefined || value === null || inner.is(value)
  return { ...shape<T | null | undefined>(is, inner.explain), optional: true }
}

export function list<T>(item: Shape<T>): Shape<T[]> {
  return shape(
    (value) => Array.isArray(value) && value.every(item.is),
    (value, path) => {
      if (!Array.isArray(value)) return [{ message: `expected an array, got ${kindOf(value)}`, path }]
      return value.flatMap((each, at) => (item.is(each) ? [] : item.explain(each, [...path, at])))
    },
  )
}

/** Fields that are not listed pass through untouched. */
export function object<F extends Fields>(fields: F): Shape<ShapeOf<F>> {
  const names = Object.keys(fields)
  const checks = Object.values(fields)
  return shape(
    (value) => {
      if (!isRecord(value)) return false
      for (let at = 0; at < names.length; at++) {
        if (!checks[at]?.is(value[names[at] as string])) return false
      }
      return true
    },
    (value, path) => {
      if (!isRecord(value)) return [{ message: `expected an object, got ${kindOf(value)}`, path }]
      return Object.entries(fields).flatMap(([name, field]) =>
        field.is(value[name]) ? [] : field.explain(value[name], [...path, name]),
      )
    },
  )
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
export function extend<T, Extra>(
  base: Shape<T>,
  addition: StandardSchemaV1<unknown, Extra>,
): Shape<T & Extra> {
  const issuesOf = (value: unknown): readonly StandardSchemaV1.Issue[] => {
    const result = addition['~standard'].validate(value)
    if (result instanceof Promise) {
      throw new LiveError('misconfigured', 'A schema of chat data is asynchronous; use a synchronous one')
    }
    return result.issues ?? []
  }
  return shape(
    (value) => base.is(value) && issuesOf(value).length === 0,
    (value, path) => [
      ...(base.is(value) ? [] : base.explain(value, path)),
      ...issuesOf(value).map((issue) => ({ ...issue, path: [...path, ...(issue.path ?? [])].map(keyOf) })),
    ],
  )
}

/** The value as what the shape says it is. @throws LiveError `invalid_frame`, naming the field */
function read<T>(shape: Shape<T>, value: unknown, name: string): T {
  if (shape.is(value)) return value as T
  const [issue] = shape.explain(value, [])
  const where = issue?.path?.length ? ` at "${issue.path.map(String).join('.')}"` : ''
  throw new LiveError('invalid_frame', `"${name}" does not fit${where}: ${issue?.message}`)
}

/** Events that do not fit are reported and never reach the data. */
export function checked<T, Item>(shape: Shape<T>, reducer: Reducer<T, Item>): Reducer<unknown, Item> {
  return (payload, context) => reducer(read(shape, payload, context.type), context)
}

function leaf<T>(expected: string, is: (value: unknown) => boolean): Shape<T> {
  return shape(is, (value, path) => [{ message: `expected ${expected}, got ${kindOf(value)}`, path }])
}

function shape<T>(is: (value: unknown) => boolean, explain: Explain): Shape<T> {
  return {
    is,
    explain,
    '~standard': {
      version: 1,
      vendor: 'querywire',
      validate: (value) => (is(value) ? { value: value as T } : { issues: explain(value, []) }),
    },
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'an array' : typeof value
}

function keyOf(segment: PropertyKey | StandardSchemaV1.PathSegment): PropertyKey {
  return typeof segment === 'object' ? segment.key : segment
}
