/** The built-in back end: a server and a network in memory, with the faults that the level survives. */
import type { ConformanceBackEnd, ConformanceItem, ConformanceParts, ConformanceState } from '../backEnd.ts'
import { createModelNetwork } from './modelNetwork.ts'
import { createModelServer, type ModelServer } from './modelServer.ts'

const MAX_ITEMS = 40
/** How often, and by how many events, a replica lags behind. */
const LAG = { odds: 0.2, events: 6 }

/** How often an answer has a row that does not fit. */
const ODD = 0.1

type Data = Readonly<Record<string, unknown>>

export function createModelBackEnd(parts: ConformanceParts): ConformanceBackEnd {
  const { random, level } = parts
  const server = createModelServer(random, level === 0 ? 0 : Math.floor(random() * MAX_ITEMS))
  const snapshot = (type: string, data: Data) => {
    const lag = level === 3 && random() < LAG.odds ? Math.floor(random() * LAG.events) : 0
    const at = Math.max(0, server.seq - lag)
    const position = level === 3 ? { as_of: at, epoch: server.epoch } : {}
    return { ...snapshotOf(server, server.stateAt(at), { type, data }), ...position }
  }
  const answer = (type: string, data: Data) => {
    if (type === 'send') return { item: server.send(String(data.client_id), String(data.text)) }
    if (type === 'edit') return { item: server.edit(String(data.text), Number(data.id)) }
    return snapshot(type, data)
  }
  return { server, network: createModelNetwork({ ...parts, server, answer }), hasManyChannels: true }
}

function snapshotOf(
  server: ModelServer,
  state: ConformanceState,
  { type, data }: { readonly type: string; readonly data: Data },
): object {
  if (type === 'topic') return state.topic
  if (type === 'list') return { items: withOddRows(server, state.items) }
  const cursors = ['before', 'after', 'around'].flatMap((name) =>
    name in data ? [[name, Number(data[name])]] : [],
  )
  const page = server.page(state, { ...Object.fromEntries(cursors), limit: Number(data.limit) })
  return { ...page, items: withOddRows(server, page.items) }
}

/** Beside a row, another one of the same id that does not fit: at either end as well as in the middle. */
function withOddRows({ random }: ModelServer, items: readonly ConformanceItem[]): readonly object[] {
  if (items.length === 0 || random() >= ODD) return items
  const at = Math.floor(random() * items.length)
  const odd: object = { ...items[at], text: null }
  const before = random() < 0.5 ? at : at + 1
  return [...items.slice(0, before), odd, ...items.slice(before)]
}
