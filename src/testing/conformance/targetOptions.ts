/** The options of what is looked at in a run. */
import type { QueryObserverOptions } from '../../query/tanstack.ts'
import { type defineLiveData, PART } from './liveDefinitions.ts'
import type { Target } from './subject.ts'

export const ROOM = { roomId: 1 }

const TARGETS: readonly Target[] = ['newest', 'around', 'list', 'filtered', 'part', 'topic']
/** A value that is one of several items needs to be told which of them an event is about. */
const ENTITY_TARGETS: readonly Target[] = [...TARGETS, 'detail']

/** What a back end of this level can be asked for. */
export function targetsOf({
  level,
  sharing,
}: {
  readonly level: number
  readonly sharing: { readonly isEntity: boolean }
}) {
  if (level === 0) return ['newest'] as const
  return sharing.isEntity ? ENTITY_TARGETS : TARGETS
}

export const isPaged = (target: Target): target is 'newest' | 'around' =>
  target === 'newest' || target === 'around'

export function wholeOptions(
  {
    data,
    options: { around },
  }: { readonly data: ReturnType<typeof defineLiveData>; readonly options: { readonly around: number } },
  target: Exclude<Target, 'newest' | 'around'>,
) {
  const given = {
    list: () => data.list(ROOM),
    filtered: () => data.filtered({ ...ROOM, isDown: true }),
    part: () => data.part(ROOM, { offset: PART.offset }),
    detail: () => data.detail({ ...ROOM, id: around }),
    topic: () => data.topic(ROOM),
  }
  return given[target]() as QueryObserverOptions & { readonly queryKey: readonly unknown[] }
}
