/** Every rule that can be tried, in the order in which that is done. */
import { changingRules, versionRules } from './chat/changing.ts'
import { historyRules } from './chat/history.ts'
import { historyEdgeRules } from './chat/historyEdges.ts'
import { limitRules } from './chat/limits.ts'
import { membershipRules } from './chat/membership.ts'
import { newRoomRules } from './chat/newRooms.ts'
import { newsRules } from './chat/news.ts'
import { readStateRules } from './chat/readState.ts'
import { roomRules } from './chat/rooms.ts'
import { sendingRules } from './chat/sending.ts'
import { whoReactedRules } from './chat/whoReacted.ts'
import { endpointRules } from './connection/endpoints.ts'
import { frameRules, passiveNumberRules, shapeRules } from './connection/frames.ts'
import { heartbeatRules } from './connection/heartbeat.ts'
import { sizeRules } from './connection/size.ts'
import { tokenRules } from './connection/tokens.ts'
import { domainRules } from './domainRules.ts'
import { catchingUpRules } from './numbers/catchingUp.ts'
import { countingRules } from './numbers/counting.ts'
import { headRules } from './numbers/heads.ts'
import { placeRules } from './numbers/places.ts'
import { snapshotRules } from './numbers/snapshots.ts'
import { plainRules } from './plainRules.ts'
import { errorRules, replyRules } from './requests/replies.ts'
import { restartNumberRules, restartRules } from './restartRules.ts'
import type { Rule } from './rule.ts'

/** What is looked at in every frame, at the end: `frameRules` has more of those, with the rest in between. */
const PASSIVE = new Set(['P1', 'P2', 'P5'])

export const ALL_RULES: readonly Rule[] = [
  ...tokenRules,
  ...heartbeatRules,
  ...frameRules.filter(({ id }) => !PASSIVE.has(id)),
  ...replyRules,
  ...endpointRules,
  ...plainRules,
  ...domainRules,
  ...sendingRules,
  ...changingRules,
  ...versionRules,
  ...whoReactedRules,
  ...historyRules,
  ...historyEdgeRules,
  ...roomRules,
  ...membershipRules,
  ...newRoomRules,
  ...newsRules,
  ...readStateRules,
  ...errorRules,
  ...limitRules,
  ...countingRules,
  ...headRules,
  ...catchingUpRules,
  ...placeRules,
  ...snapshotRules,
  ...sizeRules,
  ...frameRules.filter(({ id }) => PASSIVE.has(id)),
  ...shapeRules,
  ...passiveNumberRules,
  ...restartRules,
  ...restartNumberRules,
]
