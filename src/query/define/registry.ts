/** What `list`, `timeline`, `value` and `mutation` share: the registry of definitions and the engine per QueryClient. */

import { LiveError } from '../../transport/errors.ts'
import type { Id, LivePort } from '../../transport/port.ts'
import type { Op } from '../fold/op.ts'
import { keyName, type Params } from '../keys.ts'
import { createLiveClient, setMutationDefaults } from '../live/client.ts'
import type { Definition } from '../live/definition.ts'
import type { Listeners, LiveClient, Registry } from '../live/state.ts'
import { createAuthors } from '../optimistic/author.ts'
import type { Change, MutationDefinition } from '../optimistic/pendingMutation.ts'
import { isServer, type QueryClient } from '../tanstack.ts'

export interface LiveCore extends Registry {
  readonly definitions: Map<string, Definition>
  readonly mutations: Map<string, MutationDefinition>
  /** For what is to reach all of them. Each lives as long as its QueryClient, which is not ours to keep. */
  readonly clients: Set<WeakRef<LiveClient>>
  /** There before an engine, and after it. */
  readonly listeners: WeakMap<QueryClient, Listeners>
  /** Grows with each that is made. */
  readonly number: number
}

interface Held {
  readonly core: LiveCore
  readonly client: LiveClient
  /** Who called `connect`. */
  holders: number
  end(): void
}

let made = 0

export function createLiveCore(
  port: LivePort,
  {
    scope,
    user = () => undefined,
  }: { readonly scope?: string | undefined; readonly user?: (() => Id | undefined) | undefined },
): LiveCore {
  return {
    port,
    authors: createAuthors(port, user),
    scope,
    definitions: new Map(),
    mutations: new Map(),
    clients: new Set(),
    listeners: new WeakMap(),
    number: ++made,
  }
}

const connected = new WeakMap<QueryClient, Set<Held>>()

export function connect(core: LiveCore, queryClient: QueryClient): () => void {
  const rivals = rivalsOf(core, queryClient)
  if (rivals.some(({ holders }) => holders > 0)) {
    throw new LiveError(
      'misconfigured',
      'Another live with these names is connected to this QueryClient; give one of them a `scope`, or end the other connect() first',
    )
  }
  // What nobody has connected on purpose gives way.
  for (const { end } of rivals) end()
  const held = heldBy(core, queryClient) ?? hold(core, queryClient)
  held.holders++
  let isHeld = true
  return () => {
    if (!isHeld) return
    isHeld = false
    held.holders--
    // Not at once: StrictMode, and a provider that is moved, connect again in the same turn.
    queueMicrotask(() => held.holders === 0 && held.end())
  }
}

export function findClient(core: LiveCore, queryClient: QueryClient): LiveClient | undefined {
  return heldBy(core, queryClient)?.client
}

export function clientsOf({ clients }: LiveCore): LiveClient[] {
  return [...clients].flatMap((reference) => {
    const client = reference.deref()
    if (!client) clients.delete(reference)
    return client ?? []
  })
}

export function listenersOf({ listeners }: LiveCore, queryClient: QueryClient): Listeners {
  const known = listeners.get(queryClient) ?? new Map()
  listeners.set(queryClient, known)
  return known
}

/**
 * In a browser the first use connects, until somebody who has connected on purpose lets go; on a server a snapshot is all
 * that a request may cost. So it is where the names belong to another one, unless that is only used too, and was made
 * earlier: then its module has been evaluated again.
 */
export function clientOf(core: LiveCore, queryClient: QueryClient): LiveClient | undefined {
  const known = findClient(core, queryClient)
  if (known || isServer) return known
  const rivals = rivalsOf(core, queryClient)
  if (rivals.some((other) => other.holders > 0 || other.core.number > core.number)) return undefined
  for (const { end } of rivals) end()
  return hold(core, queryClient).client
}

function heldBy(core: LiveCore, queryClient: QueryClient): Held | undefined {
  for (const held of connected.get(queryClient) ?? []) if (held.core === core) return held
  return undefined
}

function hold(core: LiveCore, queryClient: QueryClient): Held {
  const here = connected.get(queryClient) ?? new Set()
  const client = createLiveClient(queryClient, core, listenersOf(core, queryClient))
  const reference = new WeakRef(client)
  const held: Held = {
    core,
    client,
    holders: 0,
    end() {
      if (!here.delete(held)) return
      core.clients.delete(reference)
      client.stop()
    },
  }
  core.clients.add(reference)
  connected.set(queryClient, here.add(held))
  return held
}

/** A name is a query key, so only one of those that are connected to a QueryClient may have it. */
function rivalsOf(core: LiveCore, queryClient: QueryClient): Held[] {
  const names = [...core.definitions.keys(), ...core.mutations.keys()]
  return [...(connected.get(queryClient) ?? [])].filter(
    ({ core: other }) =>
      other !== core && names.some((name) => other.definitions.has(name) || other.mutations.has(name)),
  )
}

export function defineQuery(core: LiveCore, definition: Definition): Definition {
  register(core, core.definitions, definition)
  return definition
}

export function defineWrite(core: LiveCore, definition: MutationDefinition): void {
  register(core, core.mutations, definition)
  for (const client of clientsOf(core)) setMutationDefaults(client, definition)
}

function register<T extends { readonly name: string }>(
  core: LiveCore,
  known: Map<string, T>,
  definition: T,
): void {
  const key = keyName(core, definition.name)
  if (known.has(key)) {
    throw new LiveError(
      'misconfigured',
      `"${definition.name}" is defined twice; each name is a query key, so give one of them another`,
    )
  }
  known.set(key, definition)
}

/** Ops for the data of one definition, for use in mutations. */
export interface Changes<P, Item> {
  insert(params: P, item: Item): Change
  upsert(params: P, item: Item): Change
  /** `by`: further fields, which follow from the item as it is. */
  patch(params: P, fields: Partial<Item>, by?: (item: Item) => Partial<Item>): Change
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
    patch: (params, fields, by) => {
      const make = by && ((item: Item) => ({ ...item, ...fields, ...by(item) }))
      return change(params, { kind: 'patch', fields, ...(make && { make }) })
    },
    remove: (params, id) => change(params, { kind: 'remove', id }),
  }
}
