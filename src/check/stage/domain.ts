/** What is read and written during a check: messages of a chat, or what `--domain` says. */
import { createId } from '../environment.ts'
import { type Fields, type Frame, fieldsOf, isSame, messageIn, payloadOf } from '../frames.ts'
import type { CheckDomain, DomainFrame } from '../options.ts'
import type { Answer } from '../wire/line.ts'

export interface Names {
  readonly key: string
  readonly subscribe: string
  readonly unsubscribe: string
  readonly sync: string
  readonly field: string
}

export interface Writing {
  readonly frame: DomainFrame
  /** Whether this is the event that it caused. */
  causes(event: Frame, answer: Answer | undefined): boolean
}

export interface Domain {
  readonly isChat: boolean
  readonly names: Names
  read(channel: unknown): DomainFrame
  write(channel: unknown): Writing
}

const CHAT_NAMES: Names = {
  key: 'room_id',
  subscribe: 'subscribe_room',
  unsubscribe: 'unsubscribe_room',
  sync: 'sync',
  field: 'rooms',
}

const MARK = 'querywire check'

export function chatDomain(): Domain {
  const run = createId().slice(0, 6)
  let count = 0
  return {
    isChat: true,
    names: CHAT_NAMES,
    read: (channel) => ({ type: 'get_history', data: { ...roomOf(channel), limit: 5 } }),
    write: (channel) => {
      count += 1
      const message = `${MARK} ${run} ${count}`
      return {
        frame: { type: 'chat_message', data: { ...roomOf(channel), message, client_id: createId() } },
        causes: (event, answer) => isMessageEvent(event, { message, answer }),
      }
    },
  }
}

/** A frame without `room_id` means the room of the endpoint. */
const roomOf = (channel: unknown) => (channel === undefined ? {} : { room_id: channel })

function isMessageEvent(
  event: Frame,
  of: { readonly message: string; readonly answer: Answer | undefined },
): boolean {
  if (event.type !== 'chat_message' || event.reply_to !== undefined) return false
  const told = messageIn(payloadOf(event))
  const id = of.answer?.ok ? messageIn(of.answer.data).id : undefined
  return id === undefined ? told.content === of.message : isSame(told.id, id)
}

export function ownDomain(domain: CheckDomain): Domain {
  const names = { ...CHAT_NAMES, ...domain.channels }
  const writes = [domain.write].flat()
  const run = createId().slice(0, 6)
  let count = 0
  return {
    isChat: false,
    names,
    read: () => fill(domain.read, run),
    write: () => {
      count += 1
      const template = writes[(count - 1) % writes.length] ?? domain.read
      const mark = `${run}${count}n`
      const frame = fill(template, mark)
      const isMarked = JSON.stringify(frame).includes(mark)
      return {
        frame,
        causes: (event) =>
          event.type === domain.event &&
          isSame(
            event[names.key] ?? fieldsOf(payloadOf(event))[names.key] ?? domain.channel,
            domain.channel,
          ) &&
          (!isMarked || JSON.stringify(event).includes(mark)),
      }
    },
  }
}

/** A client id beside `{n}`: a write that comes again is another one. */
const fill = ({ type, data }: DomainFrame, mark: string): DomainFrame => ({
  type,
  data: JSON.parse(JSON.stringify(data ?? {}).replaceAll('{n}', mark)) as Fields,
})
