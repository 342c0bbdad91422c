/** Reacting to a message: the tap shows at once, wherever the data stands. */
import { type } from '../../../query/index.ts'
import { type ChatMessage, type ChatReaction, type Id, sameId } from '../data/types.ts'
import { type ChatContext, roomChannel } from '../session/context.ts'
import { checkAble } from '../session/level.ts'
import { withName } from '../session/names.ts'
import type { RoomParams } from '../session/roomParams.ts'
import { createSendGate } from '../session/sendGate.ts'
import type { Messages } from './sendMessage.ts'

export interface ReactVariables {
  readonly message_id: Id
  readonly reaction: string
  /** @default false */
  readonly remove?: boolean
}

/** All reactions of the message, as the server has them now. */
export interface ReactResult {
  readonly reactions: readonly ChatReaction[]
  readonly version?: number | null
}

export function defineReact(context: ChatContext, messages: Messages) {
  const gate = createSendGate(context)
  return context.live.mutation<ReactVariables, ReactResult, RoomParams>('chat.react', {
    params: type<RoomParams>(),
    ...roomChannel(context),
    validate: () => checkAble(context.level, 'Reacting'),
    optimistic: (variables, { params, status }) =>
      status === 'failed'
        ? []
        : [messages.patch(params, { id: variables.message_id }, withTap(variables, meIn(context)))],
    async request(variables, sending) {
      checkAble(context.level, 'Reacting')
      const { params, request, signal } = sending
      const { message_id, reaction, remove } = await withName(context.names, variables, sending)
      const type = remove ? 'remove_reaction' : 'add_reaction'
      const data = { room_id: params.roomId, message_id, reaction }
      return gate.pass({ ...params, signal }, () => request(type, data)) as Promise<ReactResult>
    },
    settle: (result, variables, params) => [
      messages.patch(
        params,
        { id: variables.message_id },
        withAnswer(result ?? {}, withTap(variables, meIn(context))),
      ),
    ],
  })
}

const meIn = (context: ChatContext) => context.currentUser()?.id

/** Where a tap puts one's own reaction, wherever it was: so it may lie over data that has it already. */
function withTap({ reaction: name, remove = false }: ReactVariables, me: Id | undefined) {
  const named = ({ user_ids: all }: Pick<ChatReaction, 'user_ids'>) => {
    if (!all || me === undefined) return {}
    const others = all.filter((id) => !sameId(id, me))
    return { user_ids: remove ? others : [...others, me] }
  }
  return ({ reactions }: ChatMessage): Partial<ChatMessage> => {
    const all = reactions ?? []
    const before = all.find((one) => one.name === name)
    if ((before?.me === true) !== remove) return {}
    const count = (before?.count ?? 0) + (remove ? -1 : 1)
    // A server that names nobody says so with the answer.
    const after = { ...before, name, count, me: !remove, ...named(before ?? { user_ids: [] }) }
    const next = before ? all.map((one) => (one === before ? after : one)) : [...all, after]
    return { reactions: next.filter((one) => one.count > 0) }
  }
}

/**
 * The reply tells of reactions only. Where it skips a version, an edit may still be on its way: then the message keeps the
 * version that it has, so that the edit does not count as old.
 */
function withAnswer({ reactions, version }: Partial<ReactResult>, tap: ReturnType<typeof withTap>) {
  return (message: ChatMessage): Partial<ChatMessage> => {
    const known = message.version ?? undefined
    if (version != null && known !== undefined && version < known) return {}
    const told = reactions ? { reactions: [...reactions] } : tap(message)
    const isNext = version != null && (known === undefined || version === known + 1)
    return isNext ? { ...told, version } : told
  }
}
