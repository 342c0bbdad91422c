/** `querywire/check`: any back end, told which rules of docs/PROTOCOL.md it keeps. The command is `npx querywire check`. */
export { main } from './command/main.ts'
export type { AuthWay, CheckDomain, CheckOptions, DomainFrame } from './options.ts'
export type { CheckReport, Level, Outcome, RuleReport } from './report.ts'
export { checkServer } from './run/checkServer.ts'
