/** How much a chat takes. What is over is refused with a code. */

export interface ChatLimits {
  /** Unicode code points of one message. More is `too_long`. @default 4000 */
  readonly messageLength: number
  /** Unicode code points of one message that is written piece by piece. More is `too_long`. @default 100000 */
  readonly answerLength: number
  /** Attachments of one message. More is `too_many`. @default 10 */
  readonly attachments: number
  /** Characters of `attachments`, and of `metadata`, as JSON. More is `too_large`. @default 16384 */
  readonly attachmentLength: number
  /** Different reactions to one message. More is `too_many`. @default 100 */
  readonly reactionNames: number
  /** All reactions to one message: how often somebody has reacted somehow. More is `too_many`. @default 1000 */
  readonly reactions: number
  /** Rooms that one user is in. More is `too_many`. @default 1000 */
  readonly roomsPerUser: number
  /** Members of one room. More is `too_many`. @default 10000 */
  readonly membersPerRoom: number
  /** Others whom somebody brings into a room that they make. More is `too_many`. @default 100 */
  readonly newRoomMembers: number
  /** Unicode code points of the name that somebody gives a room. More is `too_long`. @default 120 */
  readonly roomNameLength: number
}

export const CHAT_LIMITS: ChatLimits = {
  messageLength: 4_000,
  answerLength: 100_000,
  attachments: 10,
  attachmentLength: 16_384,
  reactionNames: 100,
  reactions: 1_000,
  roomsPerUser: 1_000,
  membersPerRoom: 10_000,
  newRoomMembers: 100,
  roomNameLength: 120,
}
