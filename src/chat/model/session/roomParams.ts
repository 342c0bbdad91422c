/** One room, one set of parameters, however its id is written. */
import type { Live, MutationControls } from '../../../query/index.ts'
import type { Id } from '../data/types.ts'

/** What a query or mutation of one room is told. */
export interface RoomParams {
  readonly roomId: Id
}

/** `7` and `'7'` are the same room and must be the same cache entry: the form that came first is used for both. */
export function createRoomParams(): (roomId: Id) => RoomParams {
  const known = new Map<string, RoomParams>()
  return (roomId) => {
    const key = String(roomId)
    // JSON, which cache keys are made of, knows no such numbers.
    const isNumber = typeof roomId === 'number' && Number.isFinite(roomId)
    const params = known.get(key) ?? { roomId: isNumber ? roomId : key }
    known.set(key, params)
    return params
  }
}

declare const live: Live
type RoomMutation<Variables, Result> = ReturnType<typeof live.mutation<Variables, Result, RoomParams>>

/** A mutation by room id, its `start` included. */
export function perRoom<Variables, Result>(
  mutation: RoomMutation<Variables, Result>,
  paramsOf: (roomId: Id) => RoomParams,
) {
  const start: typeof mutation.start = (queryClient, variables, params) =>
    mutation.start(queryClient, variables, params && paramsOf(params.roomId))
  const controls: MutationControls<RoomParams, Variables, Result> = { ...mutation, start }
  return Object.assign((roomId: Id) => mutation(paramsOf(roomId)), controls)
}
