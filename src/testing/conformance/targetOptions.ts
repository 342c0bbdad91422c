/** The options of what is looked at in a run. */
import type { QueryObserverOptions } from '../../query/tanstack.ts'
import { type defineLiveData, PART } from './liveDefinitions.ts'
import type { Target } from './subject.ts'

export const ROOM = { roomId: 1 }

export const isPaged = (target: Target): target is 'newest' | 'around' =>
  target === 'newest' || target === 'around'

export function wholeOptions(
  data: ReturnType<typeof defineLiveData>,
  target: Exclude<Target, 'newest' | 'around'>,
  around: number,
) {
  const options = {
    list: () => data.list(ROOM),
    filtered: () => data.filtered({ ...ROOM, isDown: true }),
    part: () => data.part(ROOM, { offset: PART.offset }),
    detail: () => data.detail({ ...ROOM, id: around }),
    topic: () => data.topic(ROOM),
  }
  return options[target]() as QueryObserverOptions & { readonly queryKey: readonly unknown[] }
}
