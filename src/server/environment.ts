/** What the server needs of the outside world: time, timers, ids and chance. The real one is that of the transport. */
import type { Environment } from '../transport/environment.ts'

/** `browserEnvironment()` of `querywire/transport`, a virtual clock, or anything else that has these. */
export type ServerEnvironment = Pick<Environment, 'now' | 'wallNow' | 'setTimer' | 'random' | 'createId'>

export { browserEnvironment as realEnvironment } from '../transport/environment.ts'
