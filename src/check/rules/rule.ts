/** A rule of docs/PROTOCOL.md, and how it is tried. */
import type { Level } from '../report.ts'
import type { Trial } from '../stage/trial.ts'

/** What a trial cannot do without; where it is missing, the rule is not tried, and the report says why. */
export const NEEDS = {
  chat: 'it is about chats, and this is a check of another domain',
  channel: 'no room is known: name one with --room',
  'second user': 'it takes a second user: --as <token>',
  token: 'it takes a token: --token <token>',
  'room endpoint': "it is about a room's own endpoint",
  'endpoint for everything': 'it is about an endpoint for everything',
  restart: 'it takes --restart "<command that restarts the server>"',
} as const

export type Need = keyof typeof NEEDS

export interface Rule {
  readonly id: string
  /** What must hold, in a few words. */
  readonly title: string
  readonly level: Level
  /** The last level it applies to, where it is not the highest. */
  readonly until?: Level
  /** The heading it stands under, as its anchor. */
  readonly section: string
  /** @default 'must' */
  readonly strength?: 'must' | 'should'
  readonly needs?: readonly Need[]
  /** Without it there is no such level: "not offered" costs it. */
  readonly essential?: boolean
  /** Holds where it returns. @throws BrokenError, NotOfferedError, NotTriedError */
  readonly trial: (trial: Trial) => Promise<void>
}

type Placed = Omit<Rule, 'section'> & Partial<Pick<Rule, 'section'>>

/** Rules of one part of the document, but for those that say of themselves where they are. */
export const rulesOf = (section: string, rules: readonly Placed[]): readonly Rule[] =>
  rules.map((rule) => ({ section, ...rule }))
