/** What a client says until it is there, and what it makes of what it hears: the frames of the kit, or those of Socket.IO. */

export interface Connect {
  readonly type: 'connect'
  readonly speaks: 'frames' | 'socket.io'
  readonly count: number
  readonly url: string
  readonly frame: string
  /** Has to be in the answer to the `frame`. */
  readonly answer?: string
  /** Socket.IO: goes on where the one before it was, and is there when so many events have come. */
  readonly missed?: number
}

/** `there`: it has all that it came for. `event`: one of the room. Else what is to be said in reply. */
type Heard = 'there' | 'event' | { readonly reply: string } | undefined

export interface Speech {
  readonly url: string
  /** What is said when the socket is open. */
  readonly opening?: string
  hear(text: string): Heard
}

export const speechOf = (command: Connect, user: number): Speech =>
  command.speaks === 'frames' ? frames(command, user) : socketIo(command, user)

function frames({ url, frame, answer = '' }: Connect, user: number): Speech {
  return {
    url: `${url}?token=u${user}`,
    opening: frame,
    hear: (text) => {
      if (!text.includes('"reply_to"')) return 'event'
      if (!text.includes(answer)) throw new Error(`not the answer: ${text}`)
      return 'there'
    },
  }
}

/** Where each user's connection was: its session, and the last event of it. */
const places = new Map<number, { pid: string; last: string }>()
const offsetIn = (event: string): string => JSON.parse(event.slice(event.indexOf('['))).at(-1)

/** Engine.IO 4 over one WebSocket: a digit for the packet, another one for what is in it. */
function socketIo({ url, frame, missed }: Connect, user: number): Speech {
  const before = missed === undefined ? undefined : places.get(user)
  const place = { pid: '', last: '' }
  places.set(user, place)
  const resume = before && { pid: before.pid, offset: offsetIn(before.last) }
  let left = missed ?? 0
  const resumed = (text: string) => {
    place.pid = JSON.parse(text.slice(2)).pid
    if (!before) return { reply: frame }
    if (place.pid !== before.pid) throw new Error('its session was not resumed')
    return undefined
  }
  const heard: Readonly<Record<string, (text: string) => Heard>> = {
    0: () => ({ reply: `40${JSON.stringify({ token: `u${user}`, ...resume })}` }),
    2: () => ({ reply: '3' }),
    40: resumed,
    42: (text) => {
      place.last = text
      return --left === 0 ? 'there' : 'event'
    },
    43: () => 'there',
  }
  const hear = (text: string) => {
    const kind = text.slice(0, text.startsWith('4') ? 2 : 1)
    const take = heard[kind]
    if (!take) throw new Error(`not expected: ${text}`)
    return take(text)
  }
  return { url: `${url}?EIO=4&transport=websocket`, hear }
}
