/** What `list`, `timeline`, `value` and `mutation` share: the registry of definitions and the engine per QueryClient. */
import { isServer, type QueryClient } from '@tanstack/react-query'
import { LiveError } from '../transport/errors.ts'
import type { Id, LivePort } from '../transport/port.ts'
import { type Authors, createAuthors } from './author.ts'
import type { Definition, Params } from './definition.ts'
import type { LiveClient } from './entryState.ts'
import { createLiveClient, setMutationDefaults } from './liveClient.ts'
import type { Op } from './ops.ts'
import type { Change, MutationDefinition } from './outboxRow.ts'

export interface LiveCore {
  readonly port: LivePort
  readonly authors: Authors
  readonly definitions: Map<string, Definition>
  readonly mutations: Map<string, MutationDefinition>
  /** By QueryClient; strong ones, for what is to reach all of them. */
  readonly clients: Map<QueryClient, { readonly client: LiveClient; holders: number }>
}

export function createLiveCore(port: LivePort, user: () => Id | undefined): LiveCore {
  const authors = createAuthors(port, user)
  return { port, authors, definitions: new Map(), mutations: new Map(), clients: new Map() }
}

export function connect(core: LiveCore, queryClient: QueryClient): () => void {
  const { clients } = core
  const held = clients.get(queryClient) ?? { client: createLiveClient(queryClient, core), holders: 0 }
  clients.set(queryClient, held)
  held.holders++
  let isHeld = true
  return () => {
    if (!isHeld) return
    isHeld = false
    if (--held.holders > 0) return
    clients.delete(queryClient)
    held.client.stop()
  }
}

/** In a browser the first use connects, for good; on a server a snapshot is all that a request may cost. */
export function clientOf(core: LiveCore, queryClient: QueryClient): LiveClient | undefined {
  if (!core.clients.has(queryClient) && !isServer) connect(core, queryClient)
  return core.clients.get(queryClient)?.client
}

export function defineQuery(core: LiveCore, definition: Definition): Definition {
  register(core.definitions, definition)
  return definition
}

export function defineWrite(core: LiveCore, definition: MutationDefinition): void {
  register(core.mutations, definition)
  for (const { client } of core.clients.values()) setMutationDefaults(client, definition)
}

function register<T extends { readonly name: string }>(known: Map<string, T>, definition: T): void {
  if (known.has(definition.name)) {
    throw new LiveError(
      'misconfigured',
      `"${definition.name}" is defined twice; each name is a query key, so give one of them another`,
    )
  }
  known.set(definition.name, definition)
}

/** Ops for the data of one definition, for use in mutations. */
export interface Changes<P, Item> {
  insert(params: P, item: Item): Change
  upsert(params: P, item: Item): Change
  patch(params: P, fields: Partial<Item>): Change
  remove(params: P, id: string | number): Change
}

export function changesFor<P, Item>(definition: string): Changes<P, Item> {
  const change = (params: P, op: Op<Item>): Change => ({
    definition,
    params: params as Params,
    op: op as Op<unknown>,
  })
  return {
    insert: (params, item) => change(params, { kind: 'insert', item }),
    upsert: (params, item) => change(params, { kind: 'upsert', item }),
    patch: (params, fields) => change(params, { kind: 'patch', fields }),
    remove: (params, id) => change(params, { kind: 'remove', id }),
  }
}
