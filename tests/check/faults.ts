/** Planted faults, one per family of rules. Each breaks the rule that it names, and no other. */
import { asked, type Fault, type Loose } from './bentServer.ts'

export const FAULTS: readonly Fault[] = [
  {
    rule: 'P1',
    what: 'a log line among the frames',
    plant: () => ({
      fromServer: (frame, link) => {
        if (frame.type === 'pong') link.tell('hello')
        return frame
      },
    }),
  },
  {
    rule: 'P2',
    what: 'times without a zone',
    plant: () => ({
      fromServer: (frame) =>
        frame.type === 'chat_message'
          ? { ...frame, message: { ...frame.message, timestamp: frame.message.timestamp.replace('Z', '') } }
          : frame,
    }),
  },
  {
    rule: 'P3',
    what: 'an unknown frame is "invalid"',
    plant: () => ({
      fromServer: (frame) =>
        frame.error?.code === 'unsupported'
          ? { ...frame, error: { ...frame.error, code: 'invalid' } }
          : frame,
    }),
  },
  {
    rule: 'P4',
    what: 'unknown fields are refused',
    plant: () => ({
      fromClient: (frame) =>
        frame.data?.querywire_check ? { ...frame, data: { ...frame.data, limit: 'no' } } : frame,
    }),
  },
  {
    rule: 'P6',
    what: "events carry the id of the client's frame",
    plant: () => ({
      fromClient: (frame, link) => {
        if (frame.type === 'chat_message') link.notes.id = frame.id
        return frame
      },
      fromServer: (frame, link) => (frame.type === 'chat_message' ? { ...frame, id: link.notes.id } : frame),
    }),
  },
  {
    rule: 'P7',
    what: 'of an array, only the first frame is served',
    plant: () => ({ onMessages: (frames) => frames.slice(0, 1) }),
  },
  { rule: 'P12', what: 'the handshake is refused with 403', plant: () => ({ refusal: 403 }) },
  {
    rule: 'P14',
    what: 'a bad token is closed with 1008',
    plant: () => ({
      closeCode: (code, url) => ([4001, 4004].includes(code) && url.includes('token=') ? 1008 : code),
    }),
  },
  {
    rule: 'P15',
    what: 'a renewed token is greeted again',
    plant: () => ({
      fromServer: (frame, link) => {
        if (frame.type === 'welcome') link.notes.welcome = frame
        return asked(frame, link, 'auth') ? [frame, link.notes.welcome as Loose] : frame
      },
    }),
  },
  {
    rule: 'P18',
    what: 'a pong without its timestamp',
    plant: () => ({ fromServer: (frame) => (frame.type === 'pong' ? { type: 'pong', data: {} } : frame) }),
  },
  {
    rule: 'P19',
    what: 'a ping with an id is answered as well',
    plant: () => ({
      fromClient: (frame, link) => {
        if (frame.type === 'ping' && frame.id) link.tell({ type: 'response', reply_to: frame.id, data: {} })
        return frame
      },
    }),
  },
  {
    rule: 'P20',
    what: 'server_time in seconds',
    plant: () => ({
      fromServer: (frame) =>
        frame.data?.server_time
          ? { ...frame, data: { ...frame.data, server_time: Math.round(frame.data.server_time / 1000) } }
          : frame,
    }),
  },
  {
    rule: 'P21',
    what: 'every connection hears every room',
    plant: () => ({
      fromServer: (frame, link) => {
        if (frame.type === 'welcome') {
          link.hand({ type: 'subscribe_room', id: 'planted', data: { room_id: 'general' } })
        }
        return frame.reply_to === 'planted' ? undefined : frame
      },
    }),
  },
  {
    rule: 'P30',
    what: 'a page of history comes twice',
    plant: () => ({
      fromServer: (frame, link) =>
        asked(frame, link, 'get_history')?.data.limit === 5 ? [frame, frame] : frame,
    }),
  },
  {
    rule: 'P32',
    what: 'what is no JSON ends the connection',
    plant: () => ({ fromClientText: (_text, link) => void link.close(1007) }),
  },
  {
    rule: 'P33',
    what: 'the event comes before the reply',
    plant: () => ({
      fromServer: (frame, link) => {
        if (asked(frame, link, 'chat_message')) {
          link.notes.held = frame
          return undefined
        }
        const { held } = link.notes
        if (!held) return frame
        link.notes.held = undefined
        return [frame, held]
      },
    }),
  },
  {
    rule: 'P34',
    what: 'errors do not name their frame',
    plant: () => ({
      fromServer: ({ reply_to, ...frame }) => (frame.type === 'error' ? frame : { reply_to, ...frame }),
    }),
  },
  {
    rule: 'P37',
    what: 'a refused subscription ends the connection',
    plant: () => ({
      fromServer: (frame, link) => {
        if (frame.type === 'error' && link.asked.get(frame.reply_to)?.type === 'subscribe_room') {
          link.tell(frame)
          link.close(1008)
          return undefined
        }
        return frame
      },
    }),
  },
  {
    rule: 'P50',
    what: 'the sender does not hear its own message',
    plant: () => {
      const senders = new Map<string, number>()
      return {
        fromClient: (frame, link) => {
          // Only that of one rule: all others stand on it.
          if (frame.type === 'chat_message') senders.set(frame.data.message, link.number)
          return frame
        },
        fromServer: (frame, link) => {
          const isOwn = frame.type === 'chat_message' && senders.get(frame.message.content) === link.number
          return isOwn ? undefined : frame
        },
      }
    },
  },
  {
    rule: 'P51',
    what: 'the history has no client ids',
    plant: () => ({
      fromServer: (frame, link) =>
        asked(frame, link, 'get_history')
          ? {
              ...frame,
              data: {
                ...frame.data,
                messages: frame.data.messages.map(({ client_id: _, ...rest }: Loose) => rest),
              },
            }
          : frame,
    }),
  },
  {
    rule: 'P53',
    what: 'a repetition is known on the same connection only',
    plant: () => ({
      fromClient: (frame, link) =>
        frame.type === 'chat_message' && frame.data?.client_id
          ? { ...frame, data: { ...frame.data, client_id: `${link.number}~${frame.data.client_id}` } }
          : frame,
      fromServer: (frame) =>
        JSON.parse(JSON.stringify(frame).replaceAll(/"client_id":"\d+~/g, '"client_id":"')),
    }),
  },
  {
    rule: 'P54',
    what: 'a repetition is answered with the message as it was',
    plant: () => {
      const first = new Map<string, Loose>()
      return {
        fromServer: (frame, link) => {
          const request = asked(frame, link, 'chat_message')
          const name = request?.data.client_id
          if (!name) return frame
          const known = first.get(name)
          if (!known) first.set(name, frame.data)
          return known ? { ...frame, data: known } : frame
        },
      }
    },
  },
  {
    rule: 'P56',
    what: 'edits are not told',
    plant: () => ({ fromServer: (frame) => (frame.type === 'message_updated' ? undefined : frame) }),
  },
  {
    rule: 'P57',
    what: 'an edit that changes nothing is told',
    plant: () => ({
      fromServer: (frame, link) => {
        const { seq, epoch } = frame
        if (seq !== undefined) link.notes.position = { seq, epoch, room_id: 'general' }
        const isIdle = asked(frame, link, 'edit_message') && frame.data.message.version === 1
        return isIdle ? [frame, { type: 'message_updated', ...link.notes.position, data: frame.data }] : frame
      },
    }),
  },
  {
    rule: 'P58',
    what: 'a deleted message keeps its content',
    plant: () => ({
      fromServer: (frame, link) =>
        asked(frame, link, 'delete_message')
          ? { ...frame, data: { message: { ...frame.data.message, content: 'still here' } } }
          : frame,
    }),
  },
  {
    rule: 'P59',
    what: 'the newest page has deleted messages',
    plant: () => {
      const deleted: Loose[] = []
      return {
        fromServer: (frame, link) => {
          if (asked(frame, link, 'delete_message')) deleted.push(frame.data.message)
          const isPage = asked(frame, link, 'get_history')?.data.limit === 50
          return isPage
            ? { ...frame, data: { ...frame.data, messages: [...frame.data.messages, ...deleted] } }
            : frame
        },
      }
    },
  },
  {
    rule: 'P62',
    what: 'reacting twice is told twice',
    plant: () => ({
      fromServer: (frame, link) => {
        if (frame.type === 'reaction_updated') link.notes.event = frame
        const isAgain =
          asked(frame, link, 'add_reaction') && frame.data.version === link.notes.event?.data.version
        return isAgain ? [frame, link.notes.event] : frame
      },
    }),
  },
  {
    rule: 'P63',
    what: '"me" is that of whoever reacted, for everybody',
    plant: () => ({
      fromServer: (frame) =>
        frame.type === 'reaction_updated'
          ? {
              ...frame,
              data: {
                ...frame.data,
                reactions: frame.data.reactions.map((each: Loose) => ({ ...each, me: true })),
              },
            }
          : frame,
    }),
  },
  {
    rule: 'P166',
    what: 'the peer of both is the same one',
    plant: () => ({
      fromServer: (frame, link) => {
        if (!asked(frame, link, 'get_rooms')) return frame
        const rooms = frame.data.rooms.map((room: Loose) =>
          room.peer ? { ...room, peer: { id: 'bob', username: 'bob' } } : room,
        )
        return { ...frame, data: { ...frame.data, rooms } }
      },
    }),
  },
  {
    rule: 'P167',
    what: 'a room that is asked for again is another one',
    plant: () => ({
      fromClient: (frame) =>
        frame.type === 'create_room' && frame.data.client_id
          ? { ...frame, data: { ...frame.data, client_id: `${Math.random()}` } }
          : frame,
    }),
  },
  {
    rule: 'P168',
    what: 'each of two has a conversation of their own',
    plant: () => ({
      fromServer: (frame, link) =>
        asked(frame, link, 'create_room')?.data.members[0] === 'alice'
          ? { ...frame, data: { room: { ...frame.data.room, id: 'another' } } }
          : frame,
    }),
  },
  {
    rule: 'P169',
    what: 'somebody is named twice',
    plant: () => ({
      fromServer: (frame, link) => {
        if (!asked(frame, link, 'add_reaction')) return frame
        const reactions = frame.data.reactions.map((each: Loose) => ({
          ...each,
          user_ids: ['alice', 'alice'],
        }))
        return { ...frame, data: { ...frame.data, reactions } }
      },
    }),
  },
  {
    rule: 'P66',
    what: 'around: too little before the message',
    plant: () => ({
      fromServer: (frame, link) => {
        const isPage = asked(frame, link, 'get_history')?.data.around && frame.data.messages.length === 4
        return isPage ? { ...frame, data: { ...frame.data, messages: frame.data.messages.slice(1) } } : frame
      },
    }),
  },
  {
    rule: 'P68',
    what: 'has_newer is always true after a message',
    plant: () => ({
      fromServer: (frame, link) =>
        asked(frame, link, 'get_history')?.data.after
          ? { ...frame, data: { ...frame.data, has_newer: true } }
          : frame,
    }),
  },
  {
    rule: 'P71',
    what: 'the cursor of the rooms counts',
    plant: () => ({
      fromServer: (frame, link) => {
        const isNext = asked(frame, link, 'get_rooms')?.data.cursor !== undefined
        if (asked(frame, link, 'get_rooms')) link.notes.rooms ??= frame.data.rooms
        return isNext
          ? { ...frame, data: { ...frame.data, rooms: [link.notes.rooms[0], ...frame.data.rooms.slice(1)] } }
          : frame
      },
    }),
  },
  {
    rule: 'P73',
    what: 'unsubscribing is answered, and not done',
    plant: () => ({
      fromClient: (frame, link) => {
        if (frame.type !== 'unsubscribe_room') return frame
        link.tell({ type: 'response', reply_to: frame.id, data: {} })
        return undefined
      },
    }),
  },
  {
    rule: 'P80',
    what: 'room_updated is not told',
    plant: () => ({ fromServer: (frame) => (frame.type === 'room_updated' ? undefined : frame) }),
  },
  {
    rule: 'P88',
    what: 'typing comes back',
    plant: () => ({
      fromClient: (frame, link) => {
        if (frame.type === 'typing_indicator') {
          link.tell({
            ...frame,
            id: undefined,
            room_id: 'general',
            data: { ...frame.data, user_id: 'alice' },
          })
        }
        return frame
      },
    }),
  },
  {
    rule: 'P110',
    what: 'a read pointer goes back',
    plant: () => ({
      fromServer: (frame, link) => {
        const request = asked(frame, link, 'read_receipt')
        return request
          ? { ...frame, data: { ...frame.data, last_read_message_id: request.data.message_id } }
          : frame
      },
    }),
  },
  {
    rule: 'P113',
    what: 'one unread message too many',
    plant: () => ({
      fromServer: (frame, link) =>
        asked(frame, link, 'read_receipt') && frame.data.unread_count > 0
          ? { ...frame, data: { ...frame.data, unread_count: frame.data.unread_count + 1 } }
          : frame,
    }),
  },
  {
    rule: 'P116',
    what: 'unread counts have no version',
    plant: () => ({
      fromServer: (frame) =>
        frame.type === 'unread_update' ? { ...frame, data: { ...frame.data, version: undefined } } : frame,
    }),
  },
  {
    rule: 'P120',
    what: 'a sender without a name',
    plant: () => ({
      fromServer: (frame) =>
        frame.type === 'message_updated'
          ? { ...frame, data: { message: { ...frame.data.message, sender: { id: 'alice' } } } }
          : frame,
    }),
  },
  {
    rule: 'P130',
    what: 'what is not there is to be tried again',
    plant: () => ({
      fromServer: (frame) =>
        frame.error?.code === 'not_found' ? { ...frame, error: { ...frame.error, retryable: true } } : frame,
    }),
  },
  {
    rule: 'P131',
    what: 'empty messages are taken',
    plant: () => ({
      fromClient: (frame) =>
        frame.type === 'chat_message' && frame.data.message?.trim?.() === ''
          ? { ...frame, data: { ...frame.data, message: '-' } }
          : frame,
    }),
  },
  {
    rule: 'P134',
    what: 'everybody may read',
    plant: () => ({
      fromServer: (frame, link) =>
        frame.error?.code === 'not_member' && link.asked.get(frame.reply_to)?.type === 'get_history'
          ? {
              type: 'response',
              reply_to: frame.reply_to,
              data: { messages: [], has_older: false, has_newer: false },
            }
          : frame,
    }),
  },
  {
    rule: 'P90',
    what: 'a number is left out, when many write',
    plant: () => {
      let hole = Number.POSITIVE_INFINITY
      let last = 0
      const sent = new Map<number, number>()
      const move = (by: 1 | -1) => (value: unknown, name: string) =>
        (name === 'seq' || name === 'as_of') && typeof value === 'number' && value >= hole
          ? value + by
          : value
      const bend = (frame: Loose, change: (value: unknown, name: string) => unknown): Loose =>
        JSON.parse(JSON.stringify(frame), (name, value) => change(value, name))
      return {
        fromClient: (frame, link) => {
          if (frame.type === 'chat_message') sent.set(link.number, (sent.get(link.number) ?? 0) + 1)
          if (sent.get(link.number) === 20 && hole > last) hole = last + 2
          return bend(frame, move(-1))
        },
        fromServer: (frame) => {
          last = Math.max(last, frame.seq ?? 0)
          return bend(frame, move(1))
        },
      }
    },
  },
  {
    rule: 'P92',
    what: 'Message.seq is another count',
    plant: () => ({
      fromServer: (frame) =>
        JSON.parse(JSON.stringify(frame), (name, value) =>
          name === 'message' && value?.seq ? { ...value, seq: value.seq + 1 } : value,
        ),
    }),
  },
  {
    rule: 'P93',
    what: 'a subscription does not say where the room stands',
    plant: () => ({
      fromServer: (frame, link) => (asked(frame, link, 'subscribe_room') ? { ...frame, data: {} } : frame),
    }),
  },
  {
    rule: 'P95',
    what: 'a subscription replays the last event',
    plant: () => {
      let last: Loose | undefined
      return {
        fromServer: (frame, link) => {
          if (frame.type === 'chat_message') last = frame
          return asked(frame, link, 'subscribe_room') && last ? [frame, last] : frame
        },
      }
    },
  },
  {
    rule: 'P104',
    what: 'only the first pong has heads',
    plant: () => ({
      fromServer: (frame, link) => {
        if (frame.type !== 'pong') return frame
        const isFirst = !link.notes.isTold
        link.notes.isTold ||= Object.keys(frame.data.heads ?? {}).length > 0
        return isFirst ? frame : { ...frame, data: { ...frame.data, heads: {} } }
      },
    }),
  },
  {
    rule: 'P97',
    what: 'sync leaves out the last event',
    plant: () => ({
      fromServer: (frame, link) => {
        const cursor = asked(frame, link, 'sync')?.data.rooms.general
        const room = cursor?.seq === undefined ? undefined : frame.data.rooms.general
        return room
          ? {
              ...frame,
              data: {
                rooms: { ...frame.data.rooms, general: { ...room, events: room.events.slice(0, -1) } },
              },
            }
          : frame
      },
    }),
  },
  {
    rule: 'P98',
    what: 'the events of sync have no epoch',
    plant: () => ({
      fromServer: (frame, link) =>
        asked(frame, link, 'sync')
          ? JSON.parse(JSON.stringify(frame), (name, value) =>
              name === 'events' ? value.map(({ epoch: _, ...rest }: Loose) => rest) : value,
            )
          : frame,
    }),
  },
  {
    rule: 'P99',
    what: 'sync does not look at the epoch',
    plant: () => ({
      fromClient: (frame) =>
        frame.type === 'sync'
          ? JSON.parse(JSON.stringify(frame), (name, value) =>
              name === 'epoch' && value.startsWith('other') ? 'e1' : value,
            )
          : frame,
    }),
  },
  {
    rule: 'P101',
    what: 'nothing is missing for who has nothing',
    plant: () => ({
      fromServer: (frame, link) => {
        const cursor = asked(frame, link, 'sync')?.data.rooms.general
        const isEmpty = cursor && Object.keys(cursor).length === 0
        return isEmpty
          ? {
              ...frame,
              data: {
                rooms: { ...frame.data.rooms, general: { ...frame.data.rooms.general, complete: true } },
              },
            }
          : frame
      },
    }),
  },
  {
    rule: 'P102',
    what: 'sync does not subscribe',
    plant: () => ({
      fromServer: (frame, link) => {
        if (asked(frame, link, 'sync'))
          link.hand({ type: 'unsubscribe_room', id: 'planted', data: { room_id: 'general' } })
        return frame.reply_to === 'planted' ? undefined : frame
      },
    }),
  },
  {
    rule: 'P118',
    what: 'the number is read after the page',
    plant: () => ({
      fromServer: (frame, link) =>
        asked(frame, link, 'get_history')
          ? { ...frame, data: { ...frame.data, as_of: frame.data.as_of + 1 } }
          : frame,
    }),
  },
  {
    rule: 'P140',
    what: 'a message that is too large is an ordinary close',
    plant: () => ({ closeCode: (code) => (code === 1009 ? 1000 : code) }),
  },
]

export const PLAIN_FAULTS: readonly Fault[] = [
  {
    rule: 'P40',
    what: 'the sender is missing',
    level: 0,
    plant: () => ({
      fromServer: (frame) =>
        frame.type === 'chat_message' ? { ...frame, message: { ...frame.message, sender: {} } } : frame,
    }),
  },
  {
    rule: 'P41',
    what: 'messages overtake each other',
    level: 0,
    plant: () => ({
      fromServer: (frame, link) => {
        if (frame.type !== 'chat_message') return frame
        const { held } = link.notes
        link.notes.held = held ? undefined : frame
        // The second of a burst comes first; what comes alone is not kept waiting.
        if (held) return [frame, held]
        setTimeout(() => {
          if (link.notes.held !== frame) return
          link.notes.held = undefined
          link.tell(frame)
        }, 20)
        return undefined
      },
    }),
  },
  {
    rule: 'P42',
    what: 'some frames are answered',
    level: 0,
    plant: () => ({
      fromClient: (frame, link) => {
        if (frame.type === 'chat_message' && frame.id)
          link.tell({ type: 'response', reply_to: frame.id, data: {} })
        return frame
      },
    }),
  },
]
