/** Frames as the wire has them, and the types a user declares over them. Knows nothing of sockets or time. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { LiveError } from './errors.ts'
import type { Id } from './port.ts'

/** A frame from the server. Everything but `type` is optional; what is not listed is payload. */
export interface Frame {
  readonly type: string
  readonly id?: Id
  readonly timestamp?: string
  readonly reply_to?: Id
  readonly room_id?: Id
  readonly seq?: number
  readonly epoch?: string
  readonly data?: unknown
  readonly [key: string]: unknown
}

/** A validated event and the frame it came in. */
export interface DecodedEvent {
  readonly frame: Frame
  readonly payload: unknown
}

/** A frame from the client. */
export interface OutgoingFrame {
  readonly type: string
  readonly data: unknown
  /** ISO 8601. */
  readonly timestamp: string
  readonly id: string
}

/** Which frames carry the subscriptions of one kind of channel. */
export interface ChannelFrames {
  /** The field that names a channel, in keys, parameters and events. @default 'room_id' */
  readonly key: string
  /** @default 'subscribe_room' */
  readonly subscribe: string
  /** @default 'unsubscribe_room' */
  readonly unsubscribe: string
  /** Kinds that share it are caught up by one frame. @default 'sync' */
  readonly sync: string
  /** The field of a sync request and reply that maps channel to position. @default 'rooms' */
  readonly field: string
}

export type EventSchemas = Readonly<Record<string, StandardSchemaV1>>
export type RequestSchemas = Readonly<
  Record<string, { readonly params: StandardSchemaV1; readonly result: StandardSchemaV1 }>
>

export interface Protocol<
  Events extends EventSchemas = EventSchemas,
  Requests extends RequestSchemas = RequestSchemas,
> {
  readonly events: Events
  readonly requests: Requests
  /** The first kind of channel, which for most protocols is the only one. */
  readonly channels: ChannelFrames
  /** All kinds, in the order in which they were declared. */
  readonly kinds: readonly ChannelFrames[]
}

// biome-ignore lint/complexity/noBannedTypes: no names declared means no name is typed, which `Record<string, …>` would not say
type NoNames = {}
export type UntypedProtocol = Protocol<NoNames, NoNames>

export type EventName<P extends Protocol> = keyof P['events'] & string
export type RequestName<P extends Protocol> = keyof P['requests'] & string
export type EventPayload<P extends Protocol, T extends EventName<P>> = StandardSchemaV1.InferOutput<
  P['events'][T]
>
export type RequestParams<P extends Protocol, T extends RequestName<P>> = StandardSchemaV1.InferInput<
  P['requests'][T]['params']
>
export type RequestResult<P extends Protocol, T extends RequestName<P>> = StandardSchemaV1.InferOutput<
  P['requests'][T]['result']
>

/**
 * Declare it once, and the hooks know the payloads:
 * `declare module 'querywire' { interface Register { protocol: typeof protocol } }`
 */
// biome-ignore lint/suspicious/noEmptyInterface: filled by declaration merging in the user's program
export interface Register {}

export type RegisteredProtocol = Register extends { protocol: infer P extends Protocol } ? P : UntypedProtocol

const DEFAULT_CHANNELS: ChannelFrames = {
  key: 'room_id',
  subscribe: 'subscribe_room',
  unsubscribe: 'unsubscribe_room',
  sync: 'sync',
  field: 'rooms',
}

/**
 * Types and validates everything that travels. Schemas come from any library that speaks Standard Schema (Zod,
 * Valibot, ArkType). Frames of types that are not listed pass unchecked; a listed one that does not fit is reported
 * and dropped, the connection stays up. Schemas must be synchronous: frames keep their order.
 *
 * `channels`: an array where there are several kinds of channel, such as boards and users. Each needs a `key`, a `field` and
 * frames of its own; `sync` may be shared. What names channels of several kinds belongs to the first of them.
 *
 * @throws LiveError `misconfigured` where two kinds cannot be told apart
 *
 * @example
 * ```ts
 * const protocol = defineProtocol({
 *   events: { price_changed: z.object({ symbol: z.string(), price: z.number() }) },
 *   requests: { get_prices: { params: z.object({}), result: z.array(Price) } },
 * })
 * ```
 */
export function defineProtocol<
  Events extends EventSchemas = NoNames,
  Requests extends RequestSchemas = NoNames,
>(definition: {
  readonly events?: Events
  readonly requests?: Requests
  readonly channels?: Partial<ChannelFrames> | readonly Partial<ChannelFrames>[]
}): Protocol<Events, Requests> {
  const kinds = [definition.channels ?? {}].flat().map((kind) => ({ ...DEFAULT_CHANNELS, ...kind }))
  const [channels] = kinds
  if (!channels)
    throw new LiveError('misconfigured', 'No kind of channel: leave "channels" out for the default')
  if (kinds.length > 1) checkKinds(kinds)
  return {
    events: definition.events ?? ({} as Events),
    requests: definition.requests ?? ({} as Requests),
    channels,
    kinds,
  }
}

function checkKinds(kinds: readonly ChannelFrames[]): void {
  const taken = new Set(kinds.map(({ sync }) => `frame ${sync}`))
  for (const { key, field, subscribe, unsubscribe } of kinds) {
    const own = [`key ${key}`, `field ${field}`, `frame ${subscribe}`, `frame ${unsubscribe}`]
    for (const name of own) {
      if (taken.has(name) || key.includes('/'))
        throw new LiveError('misconfigured', `Kinds of channels are not told apart by the ${name}`)
      taken.add(name)
    }
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What is no record has no fields. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {}
}

/** A look-up by a name from the wire, which may be one that every object has, such as `constructor`. */
export function entryOf<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined
}

/** An id, or any other text that a frame should have: `String()` throws at `{"toString":1}`. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
}

export function isFrame(value: unknown): value is Frame {
  return isRecord(value) && typeof value.type === 'string'
}

/**
 * `data` if present; else the one object among the other fields; else the other fields. A flat payload keeps
 * `room_id`, which is envelope and payload at once: `{"type":"room_removed","room_id":7}`.
 */
export function payloadOf(frame: Frame): unknown {
  // Leaving fields out copies all others.
  if (frame.data !== undefined) return frame.data
  const { type, id, timestamp, reply_to, seq, epoch, room_id, data, ...fields } = frame
  const [only, ...others] = Object.values(fields)
  if (others.length === 0 && isRecord(only)) return only
  return room_id === undefined ? fields : { room_id, ...fields }
}

/** Returns what the schema makes of the value. @throws LiveError with `code` when it does not fit. */
export function validate(
  schema: StandardSchemaV1 | undefined,
  value: unknown,
  subject: { readonly code: 'invalid_frame' | 'invalid_params'; readonly name: string },
): unknown {
  if (!schema) return value
  const result = schema['~standard'].validate(value)
  if (result instanceof Promise) {
    throw new LiveError(
      'misconfigured',
      `The schema of ${subject.name} is asynchronous; use a synchronous one`,
    )
  }
  if (!result.issues) return result.value
  const [issue] = result.issues
  const path = issue?.path?.map((part) => String(isRecord(part) ? part.key : part)).join('.')
  const where = path ? ` at "${path}"` : ''
  throw new LiveError(subject.code, `${subject.name} does not fit its schema${where}: ${issue?.message}`, {
    cause: result.issues,
  })
}
