/** What is said in the stories. */
import type { ChatMessage } from '../../src/chat/index.ts'
import type { MessageSeed, RoomSeed } from '../../src/testing/index.ts'

const MINUTE_MS = 60_000

export const USERS = ['alice', 'bob', 'carol']

const ago = (minutes: number) => new Date(Date.now() - minutes * MINUTE_MS).toISOString()

export const morning = (): MessageSeed[] => [
  { id: 'm1', sender: 'bob', content: 'Good morning! Has the 7:40 to Old Pier left?', timestamp: ago(1_500) },
  { id: 'm2', sender: 'alice', content: 'Two minutes late, but yes.', timestamp: ago(1_499) },
  { id: 'm3', sender: 'alice', content: 'The tide was low, so they had to wait.', timestamp: ago(1_498) },
  { id: 'm4', sender: 'carol', content: 'The board said “on time” the whole while.', timestamp: ago(42) },
  {
    id: 'm5',
    sender: 'carol',
    content: 'I have a picture of it, if it helps. It shows the board and the empty pier behind it.',
    timestamp: ago(41),
    reactions: { '👍': ['alice', 'bob'], '👀': ['bob'] },
  },
  { id: 'm6', sender: 'bob', content: 'It does. Send it over?', timestamp: ago(12) },
  { id: 'm7', sender: 'alice', content: 'I will look at the board after lunch.', timestamp: ago(11) },
]

export const harbour = (overrides: Partial<RoomSeed> = {}): RoomSeed => ({
  id: 'harbour',
  name: 'Harbour',
  members: USERS,
  messages: morning(),
  ...overrides,
})

/** What else goes on, for a list of rooms that looks like one. */
export const elsewhere = (): RoomSeed[] => [
  {
    id: 'lunch',
    name: 'Lunch',
    members: USERS,
    messages: [{ sender: 'carol', content: 'Soup or sandwiches?', timestamp: ago(95) }],
    unread: { alice: 1 },
  },
  {
    id: 'alice-bob',
    name: 'bob',
    kind: 'direct',
    members: ['alice', 'bob'],
    messages: [{ sender: 'bob', content: 'Tickets are at the gate', timestamp: ago(2_900) }],
  },
]

const WORDS = 'the ferry leaves at nine from the old pier and nobody knows why it is late again today'.split(
  ' ',
)

/** A long talk. The same number gives the same words. */
export const talk = (count: number): MessageSeed[] =>
  Array.from({ length: count }, (_, index) => ({
    id: `t${index + 1}`,
    sender: USERS[Math.floor(index / 3) % USERS.length] ?? 'bob',
    content: `${index + 1}: ${WORDS.slice(index % 7, (index % 7) + 2 + ((index * 5) % 11)).join(' ')}`,
  }))

/** A message as it is in the cache, for stories of components that know no hook. */
export const message = (fields: Partial<ChatMessage> & Pick<ChatMessage, 'id' | 'content'>): ChatMessage => ({
  room_id: 'harbour',
  sender: { id: 'bob', username: 'bob' },
  timestamp: ago(5),
  ...fields,
})

export const messagesOf = (seeds: readonly MessageSeed[]): ChatMessage[] =>
  seeds.map(({ id = '', sender, content, timestamp = ago(1) }) =>
    message({ id, content, timestamp, sender: { id: sender, username: String(sender) } }),
  )
