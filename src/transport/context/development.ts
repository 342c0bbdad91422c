/** What a developer is told unasked: each mistake once, on the console. Production builds leave it out. */
import type { LiveError } from '../errors.ts'
import { fromEnv } from './settings.ts'

/** More of them would hide the first. */
const MAX_TOLD = 50

/** What another line of code, a token or another address helps against. */
const isMistake = ({ recovery, code }: LiveError) =>
  recovery === 'fix' || code === 'unauthorized' || code === 'connection_failed'

/** `told`: what has been told already. The same with another number is the same. */
export function tellDeveloper(told: Set<string>, error: LiveError): void {
  fromEnv(() => process.env.NODE_ENV === 'development' && warn(told, error))
}

function warn(told: Set<string>, error: LiveError): void {
  const what = error.message.replace(/\d+/g, '')
  if (!isMistake(error) || told.has(what) || told.size >= MAX_TOLD) return
  told.add(what)
  console.warn(`[querywire] ${error.message}`, error)
}
