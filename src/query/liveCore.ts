/** What `list`, `timeline`, `value` and `mutation` share: the registry of definitions and the engine per QueryClient. */
import { isServer, type QueryClient } from '@tanstack/react-query'
import { LiveError } from '../transport/errors.ts'
import type { Id, LivePort } from '../transport/port.ts'
import { createAuthors } from './author.ts'
import { type Definition, keyName, type Params } from './definition.ts'
import type { LiveClient, Registry } from './entryState.ts'
import { createLiveClient, setMutationDefaults } from './liveClient.ts'
import type { Op } from './ops.ts'
import type { Change, MutationDefinition } from './outboxRow.ts'

export interface LiveCore extends Registry {
  readonly definitions: Map<string, Definition>
  readonly mutations: Map<string, MutationDefinition>
  /** By QueryClient; strong ones, for what is to reach all of them. */
  readonly clients: Map<QueryClient, Held>
}

interface Held {
  readonly core: LiveCore
  readonly client: LiveClient
  /** Who called `connect`. */
  holders: number
  /** Used without that, and therefore connected for good. */
  isKept: boolean
  end(): void
}

export function createLiveCore(
  port: LivePort,
  {
    scope,
    user = () => undefined,
  }: { readonly scope?: string | undefined; readonly user?: (() => Id | undefined) | undefined },
): LiveCore {
  const authors = createAuthors(port, user)
  return { port, authors, scope, definitions: new Map(), mutations: new Map(), clients: new Map() }
}

const connected = new WeakMap<QueryClient, Set<Held>>()

export function connect(core: LiveCore, queryClient: QueryClient): () => void {
  const other = rivalOf(core, queryClient)
  if (other?.holders) {
    throw new LiveError(
      'misconfigured',
      'Another live with these names is connected to this QueryClient; give one of them a `scope`, or end the other connect() first',
    )
  }
  // What nobody has connected on purpose gives way.
  other?.end()
  const held = hold(core, queryClient)
  held.holders++
  let isHeld = true
  return () => {
    if (!isHeld) return
    isHeld = false
    if (--held.holders === 0 && !held.isKept) held.end()
  }
}

/**
 * In a browser the first use connects, for good; on a server a snapshot is all that a request may cost. So it is where
 * the names belong to another one.
 */
export function clientOf(core: LiveCore, queryClient: QueryClient): LiveClient | undefined {
  const { clients } = core
  if (!isServer && !clients.has(queryClient) && !rivalOf(core, queryClient)) {
    hold(core, queryClient).isKept = true
  }
  return clients.get(queryClient)?.client
}

function hold(core: LiveCore, queryClient: QueryClient): Held {
  const { clients } = core
  const known = clients.get(queryClient)
  if (known) return known
  const here = connected.get(queryClient) ?? new Set()
  const held: Held = {
    core,
    client: createLiveClient(queryClient, core),
    holders: 0,
    isKept: false,
    end() {
      clients.delete(queryClient)
      here.delete(held)
      held.client.stop()
    },
  }
  clients.set(queryClient, held)
  connected.set(queryClient, here.add(held))
  return held
}

/** A name is a query key, so only one of those that are connected to a QueryClient may have it. */
function rivalOf(core: LiveCore, queryClient: QueryClient): Held | undefined {
  const names = [...core.definitions.keys(), ...core.mutations.keys()]
  return [...(connected.get(queryClient) ?? [])].find(
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
  for (const { client } of core.clients.values()) setMutationDefaults(client, definition)
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
    patch: (params, fields, by) => change(params, { kind: 'patch', fields, ...(by && { by }) }),
    remove: (params, id) => change(params, { kind: 'remove', id }),
  }
}
