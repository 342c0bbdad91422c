/** `querywire/check`: any back end, told which rules of docs/PROTOCOL.md it keeps. The command is `npx querywire check`. */
export type { AuthWay as CheckAuth, CheckDomain, CheckOptions, DomainFrame } from './options.ts'
export type { CheckReport, Level as CheckLevel, Outcome as CheckOutcome, RuleReport } from './report.ts'
export { checkServer } from './run/checkServer.ts'
