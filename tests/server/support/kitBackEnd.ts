/** The conformance run's domain on the kit, and the client's own connection to it: only the network between is a fake. */
import * as z from 'zod'
import { createLiveServer } from '../../../src/server/createLiveServer.ts'
import { memoryStore } from '../../../src/server/stores/memoryStore.ts'
import type { MemoryTables } from '../../../src/server/stores/memoryTables.ts'
import type {
  ConformanceBackEnd,
  ConformanceParts,
  ConformanceServer,
  ConformanceState,
} from '../../../src/testing/conformance/backEnd.ts'
import { createModelServer, type ModelServer } from '../../../src/testing/conformance/model/modelServer.ts'
import { createWebSocketManager } from '../../../src/transport/index.ts'
import type { LiveEvent } from '../../../src/transport/port.ts'
import { defineProtocol } from '../../../src/transport/protocol.ts'
import { createLine } from './line.ts'

const anything = z.unknown()
const fields = z.looseObject({})
const Item = z.looseObject({ id: z.number() })

const protocol = defineProtocol({
  events: { created: Item, edited: Item, ranked: Item, deleted: Item, topic: fields },
  requests: {
    page: { params: fields, result: fields },
    list: { params: fields, result: fields },
    topic: { params: fields, result: fields },
    send: { params: z.object({ client_id: z.string(), text: z.string() }), result: anything },
    edit: { params: z.object({ id: z.number(), text: z.string() }), result: anything },
  },
})

type EventType = keyof (typeof protocol)['events']

const ROOM = '1'
const USER = 'alice'
const MAX_ITEMS = 40

export function createKitBackEnd({ clock, random }: ConformanceParts): ConformanceBackEnd {
  const environment = { ...clock, random }
  const store = memoryStore({ environment, tail: random() < 0.2 ? 5 : 1_000 })
  const model = createModelServer(random, Math.floor(random() * MAX_ITEMS))
  const perform = performing(model)
  const stateOf = (tx: MemoryTables) => tx.get<ConformanceState>('model', 'state') ?? model.state
  let isExcluded = false
  const live = createLiveServer({
    protocol,
    store,
    environment,
    authenticate: () => ({ id: USER, username: USER }),
    channels: { room_id: () => !isExcluded },
    requests: {
      page: ({ data, read }) =>
        read((tx) => {
          const cursors = ['before', 'after', 'around'].filter((name) => name in data)
          const page = Object.fromEntries([...cursors, 'limit'].map((name) => [name, Number(data[name])]))
          return { ...model.page(stateOf(tx), { limit: 0, ...page }) }
        }, ROOM),
      list: ({ read }) => read((tx) => ({ items: stateOf(tx).items }), ROOM),
      topic: ({ read }) => read((tx) => ({ ...stateOf(tx).topic }), ROOM),
      send: ({ data, transaction, publish }) =>
        transaction((tx) => ({
          item: perform({ tx, publish }, () => model.send(data.client_id, data.text)),
        })),
      edit: ({ data, transaction, publish }) =>
        transaction((tx) => ({ item: perform({ tx, publish }, () => model.edit(data.text, data.id)) })),
    },
  })
  const change = (act: () => unknown) => live.transaction((parts) => perform(parts, act))
  void change(() => undefined)
  const line = createLine({ clock, random, accept: live.accept })
  const { port } = createWebSocketManager({
    url: 'ws://kit.example',
    endpoint: '/ws/',
    protocol,
    environment: line.environment,
    tokenManager: { getAccessToken: () => USER },
    reconnect: { intervalMs: 20, maxIntervalMs: 200 },
    debug: false,
  })
  const include = () => {
    if (!isExcluded) return
    isExcluded = false
    port.renew({ key: { room_id: 1 }, subscribe: true })
  }
  return {
    server: serverOf(model, change, store.renewEpoch),
    network: {
      port,
      heard: [],
      disconnect: line.disconnect,
      connect: line.connect,
      forget: line.deafen,
      exclude: () => {
        isExcluded = true
        live.revoke(USER, ROOM)
      },
      include,
      calm: () => {
        line.calm()
        include()
      },
    },
  }
}

interface Parts {
  readonly tx: MemoryTables
  readonly publish: (type: EventType, payload: never, key: string) => void
}

/** Does it to the model, and stores its state with the events that tell of it. */
function performing(model: ModelServer) {
  let happened: LiveEvent[] = []
  model.listen((event) => happened.push(event))
  return <Result>({ tx, publish }: Parts, act: () => Result): Result => {
    happened = []
    const result = act()
    tx.set('model', 'state', model.state)
    for (const { type, payload } of happened) publish(type as EventType, payload as never, ROOM)
    return result
  }
}

const serverOf = (
  model: ModelServer,
  change: (act: () => unknown) => Promise<unknown>,
  renewEpoch: () => Promise<void>,
): ConformanceServer => ({
  get state() {
    return model.state
  },
  insert: () => void change(model.insert),
  insertBetween: () => void change(model.insertBetween),
  edit: (text) => void change(() => model.edit(text)),
  rerank: () => void change(model.rerank),
  remove: () => void change(model.remove),
  setTopic: (text) => void change(() => model.setTopic(text)),
  restart: () => void renewEpoch(),
})
