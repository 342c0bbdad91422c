/** The members of a room, and how far each has read. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { MemberChange, ReadReceipt as Receipt } from '../../../frames/index.ts'
import { type AskOptions, type Op, remove, type, upsert } from '../../../query/index.ts'
import { checked } from '../data/fit.ts'
import { compareTimes } from '../data/time.ts'
import { type ChatMember, type ChatTypes, sameId } from '../data/types.ts'
import { type ChatContext, endpointOf, roomChannel } from '../session/context.ts'
import type { RoomParams } from '../session/roomParams.ts'

export const MEMBERS = 'chat.members'

export function defineMembers<T extends ChatTypes>(context: ChatContext<T>) {
  type B = T['member']
  const { live, level, schemas } = context
  return live.list(MEMBERS, {
    params: type<RoomParams>(),
    ...roomChannel(context),
    item: schemas.member,
    id: (member) => member.user.id,
    async snapshot({ params, request }) {
      const endpoint = endpointOf(context.endpoints, params.roomId)
      const ask = (how?: AskOptions) => request('get_members', { room_id: params.roomId }, how)
      return (await level.answer({ endpoint, ask })) ?? []
    },
    events: {
      member_joined: checked(
        MemberChange,
        upsert(({ member }) => member as B),
      ),
      member_left: checked(
        MemberChange,
        remove(({ member }) => member.user.id),
      ),
      read_receipt: checked(Receipt, (receipt) => moveRead<B>(receipt)),
    },
  })
}

type ReadReceipt = StandardSchemaV1.InferOutput<typeof Receipt>

function moveRead<B extends ChatMember>({ user_id, message_id, read_at }: ReadReceipt): Op<B> {
  const make = (member: B): B => {
    const isNews = !sameId(member.last_read_message_id, message_id)
    // Receipts can overtake each other; reading never goes backwards.
    const isLate = read_at != null && member.read_at != null && compareTimes(read_at, member.read_at) < 0
    return isNews && !isLate
      ? { ...member, last_read_message_id: message_id, ...(read_at != null && { read_at }) }
      : member
  }
  // By its id: of many members nobody else is looked at.
  return { kind: 'patch', fields: { user: { id: user_id } } as Partial<B>, make }
}
