/** The conformance run's domain on the kit, and the client's own connection to it: only the network between is a fake. */
import * as z from 'zod'
import { createLiveServer } from '../../../src/server/createLiveServer.ts'
import type { ServerEnvironment } from '../../../src/server/environment.ts'
import type { Store, StoreLimits } from '../../../src/server/store.ts'
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

/** Where the model's state is kept beside the log. */
export interface KeptModel<Tx> {
  /** An empty one, for one schedule. */
  open(options: StoreLimits & { readonly environment: ServerEnvironment }): Store<Tx>
  read(tx: Tx): Promise<ConformanceState | undefined>
  write(tx: Tx, state: ConformanceState): Promise<unknown>
  /** What is under way of it, where that is real. */
  work?(): Promise<unknown> | undefined
  /** What threw what it should not. */
  fail?(error: unknown): void
}

const inMemory: KeptModel<MemoryTables> = {
  open: memoryStore,
  read: async (tx) => tx.get<ConformanceState>('model', 'state'),
  write: async (tx, state) => tx.set('model', 'state', state),
}

export const createKitBackEnd = (parts: ConformanceParts) => createBackEndOn(inMemory, parts)

export function createBackEndOn<Tx>(
  kept: KeptModel<Tx>,
  { clock, random }: ConformanceParts,
): ConformanceBackEnd {
  const environment = { ...clock, random }
  if (kept.work) clock.waitsFor(kept.work)
  const store = kept.open({ environment, tail: random() < 0.2 ? 5 : 1_000 })
  const model = createModelServer(random, Math.floor(random() * MAX_ITEMS))
  const perform = performing(kept, model)
  const stateOf = async (tx: Tx) => (await kept.read(tx)) ?? model.state
  let isExcluded = false
  const live = createLiveServer({
    protocol,
    store,
    environment,
    onEvent: (event) => event.type === 'failed' && kept.fail?.(event.error),
    authenticate: () => ({ id: USER, username: USER }),
    channels: { room_id: () => !isExcluded },
    requests: {
      page: ({ data, read }) =>
        read(async (tx) => {
          const cursors = ['before', 'after', 'around'].filter((name) => name in data)
          const page = Object.fromEntries([...cursors, 'limit'].map((name) => [name, Number(data[name])]))
          return { ...model.page(await stateOf(tx), { limit: 0, ...page }) }
        }, ROOM),
      list: ({ read }) => read(async (tx) => ({ items: (await stateOf(tx)).items }), ROOM),
      topic: ({ read }) => read(async (tx) => ({ ...(await stateOf(tx)).topic }), ROOM),
      send: ({ data, transaction, publish }) =>
        transaction(async (tx) => ({
          item: await perform({ tx, publish }, () => model.send(data.client_id, data.text)),
        })),
      edit: ({ data, transaction, publish }) =>
        transaction(async (tx) => ({
          item: await perform({ tx, publish }, () => model.edit(data.text, data.id)),
        })),
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

interface Parts<Tx> {
  readonly tx: Tx
  readonly publish: (type: EventType, payload: never, key: string) => void
}

/** Does it to the model, and stores its state with the events that tell of it. */
function performing<Tx>(kept: KeptModel<Tx>, model: ModelServer) {
  let happened: LiveEvent[] = []
  model.listen((event) => happened.push(event))
  return async <Result>({ tx, publish }: Parts<Tx>, act: () => Result): Promise<Result> => {
    happened = []
    const result = act()
    for (const { type, payload } of happened) publish(type as EventType, payload as never, ROOM)
    await kept.write(tx, model.state)
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
