/** `live.mutation`: a write that is on screen at once, survives reconnects, and is undone by forgetting it. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { inWords, LiveError } from '../../transport/errors.ts'
import type { Id } from '../../transport/port.ts'
import { keyName, LIVE_KEY } from '../keys.ts'
import { doubtChange, tellChanges } from '../live/client.ts'
import { channelSpec } from '../live/definition.ts'
import type { LiveClient } from '../live/records.ts'
import { beginSend, type Requests, type SendContext } from '../optimistic/beginSend.ts'
import { deliver } from '../optimistic/deliver.ts'
import {
  type OptimisticContext,
  type PendingMutation,
  pendingBehind,
  renewSignature,
} from '../optimistic/pendingMutation.ts'
import { advancePending } from '../optimistic/pendingMutations.ts'
import type { AnyChange, Change } from '../optimistic/targetedOp.ts'
import { channelHash } from '../stream/channelHash.ts'
import { type ChannelMember, leaveChannel } from '../stream/channelHub.ts'
import {
  type Mutation,
  type MutationFunctionContext,
  type MutationOptions,
  mutationOptions,
  type QueryClient,
} from '../tanstack.ts'
import { type MutationControls, mutationControls } from './mutationControls.ts'
import type { LiveMutationOptions } from './queryOptions.ts'
import { clientOf, type Registry, registerMutation } from './registry.ts'
import type { Given } from './sound.ts'

export interface MutationDefinitionOptions<P, Variables, Result, R extends Requests = Requests> {
  readonly params?: StandardSchemaV1<P>
  readonly endpoint?: string | ((params: P) => string)
  readonly channel?: (params: P) => Readonly<Record<string, Id>>
  /** Sends it and returns what the mutation resolves with. Runs once the channel is live, in the order of the calls. */
  readonly request: (variables: Variables, context: SendContext<P, Variables, R>) => Promise<Result>
  /**
   * What it needs before it can be sent: files that are uploaded, say. Called once for each run, at once and in the order of the
   * calls; resolves with the variables to go on with. `undefined`: nothing, and nothing waits. Meanwhile it is `queued`: whoever leaves
   * the page leaves it unsent. `whenLive` resolves once its author is here, and the channel live.
   */
  readonly prepare?: (
    variables: Variables,
    context: SendContext<P, Variables, R>,
    whenLive: () => Promise<void>,
  ) => Promise<Variables> | undefined
  /** What to show until the server has confirmed it; called again whenever `status` changes. Pure. */
  readonly optimistic?: (variables: Variables, context: OptimisticContext<P>) => readonly AnyChange[]
  /**
   * What the reply says about cached data. Applied together with the end of `optimistic`, in one write. @default what was
   * shown is taken over, and asked for anew; items that a timeline was to get are shown until their events come
   */
  readonly settle?: (result: Result, variables: Variables, params: P) => readonly Change[]
  /** Refuses bad input before anything is shown or sent. @throws LiveError */
  readonly validate?: (variables: Variables, params: P) => void
  /**
   * Runs before anything waits for the connection. `true`: it is done, without the server, and resolves with nothing.
   *
   * @throws LiveError for what must not wait
   */
  readonly atOnce?: (variables: Variables, params: P, queryClient: QueryClient) => boolean
}

/** `(params?) => mutationOptions`, and what can be done with one that was begun. */
export interface LiveMutation<P, Variables, Result> extends MutationControls<P, Variables, Result> {
  (...params: Given<P>): LiveMutationOptions<Result, Variables>
}

/** A definition, where it was made. */
interface Defined<P, Variables, Result> {
  readonly registry: Registry
  readonly name: string
  readonly options: MutationDefinitionOptions<P, Variables, Result>
}

export function defineMutation<P, Variables, Result>(
  registry: Registry,
  name: string,
  options: MutationDefinitionOptions<P, Variables, Result>,
): LiveMutation<P, Variables, Result> {
  const defined = { registry, name, options }
  const common = {
    mutationFn: (variables: Variables, context: MutationFunctionContext) => run(defined, variables, context),
    onMutate: (_variables: Variables, { client, mutationKey }: MutationFunctionContext) => {
      // Connected from here on: who watches the cache must see the mutation.
      clientOf(registry, client)
      return { clientId: pendingBehind(mutationKey)?.clientId ?? registry.port.clock.createId() }
    },
    networkMode: 'always' as const,
    // A failed one that is on screen stays until it is retried or discarded.
    gcTime: Infinity,
  }
  registerMutation(registry, {
    name,
    options: common as unknown as MutationOptions,
    optimistic: (variables, context) =>
      optimisticChanges(defined, variables as Variables, context as OptimisticContext<P>),
  })
  const factory = (params?: P): LiveMutationOptions<Result, Variables> =>
    mutationOptions({ ...common, mutationKey: [LIVE_KEY, keyName(registry, name), params ?? {}] })
  return Object.assign(factory, mutationControls(registry, name, factory))
}

async function run<P, Variables, Result>(
  { registry, name, options }: Defined<P, Variables, Result>,
  given: Variables,
  context: MutationFunctionContext,
): Promise<Result> {
  const client = clientOf(registry, context.client)
  const params = (context.mutationKey?.[2] ?? {}) as P
  options.validate?.(given, params)
  if (!client) {
    throw new LiveError(
      'misconfigured',
      `"${name}" needs a connected QueryClient; call live.connect(queryClient) or render <LiveProvider>`,
    )
  }
  const pending = pendingBehind(context.mutationKey)
  if (options.atOnce?.(given, params, context.client)) {
    if (pending) advancePending(client.pendingMutations, pending, 'sure')
    return undefined as Result
  }
  // It may have been amended since it began.
  let own = given
  const variables = () => (pending ? (pending.mutation.state.variables as Variables) : own)
  const spec = channelSpec(params, options)
  const sendFromHere = async (mark?: () => Promise<void>) => {
    const send = beginSend<P, Variables>(client, pending, { params, endpoint: spec.endpoint, mark })
    const member: ChannelMember = {}
    const channel = client.hub.join(spec, member)
    try {
      const prepare = (whenOwn: () => Promise<void>) =>
        options.prepare?.(variables(), send.context, whenOwn)?.then((prepared) => {
          own = prepared
        })
      const request = () => options.request(variables(), send.context)
      const { result, isNews } = await deliver(channel, { ...send, prepare }, request)
      if (!send.guard())
        conclude(client, pending, { told: options.settle?.(result, variables(), params), isNews })
      return { result }
    } finally {
      leaveChannel(channel, member)
    }
  }
  const { outbox } = client
  if (!outbox || !pending) return (await sendFromHere()).result
  const sent = await outbox.carry({ pending, channel: channelHash(spec), send: sendFromHere })
  // Nobody here has heard the reply; its event tells, or a snapshot.
  if (!sent) conclude(client, pending, { told: undefined, isNews: false })
  return sent?.result as Result
}

/** `told`: what the reply says. */
function conclude(
  client: LiveClient,
  pending: PendingMutation | undefined,
  { told = [], isNews }: { readonly told: readonly AnyChange[] | undefined; readonly isNews: boolean },
): void {
  const changes = told.length > 0 ? told : unechoed(client, pending)
  // Nothing comes after it: it would be kept, and looked at, for ever.
  const isAll = changes.length > 0 || !pending?.optimistic?.changes.length
  if (isAll && pending) advancePending(client.pendingMutations, pending, 'sure')
  const isTold = isNews && told.length > 0
  tellChanges(client, changes, isTold)
  // Else it may have been done long ago, and more may have happened to it since: only a snapshot can tell.
  for (const change of isTold ? [] : changes) doubtChange(client, change)
}

/**
 * What it anticipated, where no event is known for its echo: that it is done is all that the server will say of it. A row
 * that only the client has named goes with the snapshot that is asked for.
 */
function unechoed({ declarations }: LiveClient, pending: PendingMutation | undefined): readonly AnyChange[] {
  const changes = pending?.optimistic?.changes ?? []
  const isEchoed = ({ definition, op }: AnyChange) =>
    'item' in op &&
    declarations.definitions.get(keyName(declarations, definition))?.kind.confirms !== undefined
  return changes.some(isEchoed) ? [] : changes
}

function optimisticChanges<P, Variables, Result>(
  { registry, name, options }: Defined<P, Variables, Result>,
  variables: Variables,
  context: OptimisticContext<P>,
): readonly AnyChange[] {
  try {
    options.validate?.(variables, context.params)
  } catch {
    // The mutation itself reports it; there is nothing to show for what is never sent.
    return []
  }
  try {
    const changes = options.optimistic?.(variables, context) ?? []
    if (Array.isArray(changes)) return changes
    throw new TypeError('It returns no array of changes')
  } catch (cause) {
    const error = new LiveError('misconfigured', `"${name}" threw at "optimistic": ${inWords(() => cause)}`, {
      cause,
    })
    registry.port.report({ type: 'optimistic-error', definition: name, error })
    return []
  }
}

/**
 * For `dehydrate`, where one page alone has the cache, and no outbox (`live.persistOutbox`): keeps live mutations that are
 * not done, also those on their way, beside what TanStack keeps (the paused ones). They resume in order once their
 * QueryClient is connected. What an outbox keeps is left out.
 */
export function shouldDehydrateMutation(mutation: Mutation): boolean {
  const pending = renewSignature(mutation)
  // An event has said that it is done, and only its reply is still to come; or it is kept where no tab overwrites another's.
  if (pending?.state.proof === 'sure' || pending?.isKept) return false
  const { status, isPaused } = mutation.state
  return (
    isPaused ||
    (mutation.options.mutationKey?.[0] === LIVE_KEY && (status === 'pending' || status === 'error'))
  )
}
