/** The codec of a manager that shares: what it encodes carries what the tab that has the socket needs to know of it. */
import type { ChannelFrames, Codec, Protocol, SocketData } from '../transport/index.ts'
import type { Held, Told, Written } from './wire.ts'

/** Goes where a manager puts what its codec has made. */
interface Parcel {
  readonly byteLength: number
  readonly messages: readonly Written[]
}

export const messagesIn = (data: SocketData): readonly Written[] => (data as unknown as Parcel).messages

export function createParcelCodec(codec: Codec, { kinds }: Protocol): Codec {
  const pack = (value: unknown): Written => {
    const frames = listOf(value)
    const held = frames.flatMap((frame) => heldBy(kinds, frame) ?? [])
    return {
      data: codec.encode(value),
      ids: frames.flatMap(({ id }) => (id === undefined ? [] : String(id))),
      isPing: frames.some(({ type }) => type === 'ping'),
      held,
    }
  }
  return {
    encode(value) {
      const whole = pack(value)
      // What others still want is not ended, and must not take along what it travels with.
      const isSplit = Array.isArray(value) && whole.held.some(({ isEnd }) => isEnd)
      const messages = isSplit ? value.map(pack) : [whole]
      const parcel: Parcel = {
        messages,
        byteLength: messages.reduce((sum, { data }) => sum + sizeOf(data), 0),
      }
      return parcel as unknown as SocketData
    },
    decode: (data, onRounded) => (isDecoded(data) ? data.frames : codec.decode(data, onRounded)),
  }
}

type Fields = Readonly<Record<string, unknown>>

export const listOf = (value: unknown): readonly Fields[] =>
  [value].flat().map((part) => (typeof part === 'object' && part ? (part as Fields) : {}))

const sizeOf = (data: SocketData) => (typeof data === 'string' ? data.length : data.byteLength)

const isDecoded = (data: unknown): data is Extract<Told, { type: 'frames' }> =>
  typeof data === 'object' && data !== null && 'frames' in data

function heldBy(kinds: readonly ChannelFrames[], { type, data }: Fields): Held | undefined {
  for (const { subscribe, unsubscribe } of kinds) {
    if (type !== subscribe && type !== unsubscribe) continue
    // Ids are the same if their texts are, in whatever order the fields come.
    const fields = Object.entries(Object(data)).map((field) => field.map(String))
    const name = JSON.stringify([unsubscribe, ...fields.map(String).sort()])
    return { name, isEnd: type === unsubscribe, unsubscribe, key: data }
  }
  return undefined
}
