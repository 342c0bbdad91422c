/** A reload with messages on their way: a real document, IndexedDB and TanStack's persister; the server is in the page around. */
import { del, get } from 'idb-keyval'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createFakeSocket, type FakeSocket } from '../../src/testing/fakeSocket.ts'
import { createChatServer, mountOnFakeSockets } from '../../src/testing/index.ts'
import { openChat, type PersistedPage, STORED } from './persistedPage.ts'

const OLD = 200

const server = createChatServer({
  level: 2,
  rooms: [
    {
      id: 'general',
      messages: Array.from({ length: OLD }, (_, at) => ({ sender: 'bob', content: `old ${at + 1}` })),
    },
  ],
})
const accept = mountOnFakeSockets(server)

/** The network of one user: `deaf` loses what the server says, and without `isUp` no socket opens. */
function createNetwork() {
  const sockets: FakeSocket[] = []
  const network = {
    isUp: true,
    isDeaf: false,
    createSocket(url: string, protocols: readonly string[]): FakeSocket {
      const socket = createFakeSocket(url, protocols)
      const { receive } = socket
      socket.receive = (message) => {
        if (!network.isDeaf) receive(message)
      }
      sockets.push(socket)
      queueMicrotask(() => (network.isUp ? accept(socket) : socket.drop()))
      return socket
    },
    /** As a browser does for a document that goes away: the server hears it, the page does not. */
    abandon() {
      for (const socket of sockets.splice(0)) socket.onClientClose?.(1001, '')
    },
    drop() {
      for (const socket of sockets) socket.drop()
    },
  }
  return network
}

const alice = createNetwork()
const bob = openChat(createNetwork().createSocket, 'bob')
let frame: HTMLIFrameElement | undefined

function openPage(): Promise<PersistedPage> {
  window.surroundings = { createSocket: alice.createSocket }
  frame = document.createElement('iframe')
  const source = new URL('./persistedPage.ts', import.meta.url).href
  frame.srcdoc = `<script type="module" src="${source}"></script>`
  document.body.append(frame)
  return new Promise((resolve) => {
    window.opened = resolve
  })
}

function leavePage(): void {
  frame?.remove()
  frame = undefined
  alice.abandon()
}

const contents = (rows: readonly { readonly content: string }[]) => rows.map(({ content }) => content)
const eventually = (check: () => unknown) => vi.waitFor(check, { timeout: 5_000 })
const old = (from: number) => Array.from({ length: OLD - from + 1 }, (_, at) => `old ${from + at}`)

beforeEach(() => del(STORED))
afterEach(leavePage)

it('[Q13] what waits and what is on its way survives a reload, and everybody sees it once', async () => {
  bob.chat.live.connect(bob.queryClient)
  bob.chat.start()
  const stop = bob.history.subscribe(() => undefined)
  const before = await openPage()
  await eventually(() => expect(contents(before.rows())).toEqual(old(OLD - 49)))
  await before.loadOlder()
  await before.loadOlder()
  expect(before.pageCount()).toBe(3)
  before.send('acknowledged')
  await eventually(() => expect(before.rows().at(-1)?.local?.status).toBeUndefined())
  alice.isDeaf = true
  before.send('on its way')
  await eventually(() => expect(contents(bob.rows()).at(-1)).toBe('on its way'))
  alice.isUp = false
  alice.drop()
  before.send('waits')
  const waiting = () => contents(before.rows().filter(({ local }) => local))
  await eventually(() => expect(waiting()).toEqual(['on its way', 'waits']))
  await eventually(async () => {
    expect((await get(STORED))?.clientState.mutations).toHaveLength(2)
  })

  leavePage()
  alice.isDeaf = false
  const after = await openPage()
  expect(contents(after.rows())).toEqual([...old(OLD - 49), 'acknowledged', 'on its way', 'waits'])
  expect(after.pageCount()).toBe(1)

  alice.isUp = true
  const all = [...old(1), 'acknowledged', 'on its way', 'waits']
  const newest = (rows: readonly unknown[]) => all.slice(all.length - rows.length)
  await eventually(() => expect(contents(bob.rows()).at(-1)).toBe('waits'))
  await eventually(() => expect(after.rows().filter(({ local }) => local)).toEqual([]))
  expect(contents(bob.rows())).toEqual(newest(bob.rows()))
  expect(contents(after.rows())).toEqual(newest(after.rows()))
  await after.loadOlder()
  expect(after.rows().length).toBeGreaterThan(100)
  expect(contents(after.rows())).toEqual(newest(after.rows()))
  stop()
})
