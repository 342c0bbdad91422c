/** The variables of a process whose clock is a minute ahead: the library of the program `faketime`, loaded before it. */
import { globSync } from 'node:fs'
import { findOrInstall } from '../../../scripts/databases.mjs'

export async function clockAhead(): Promise<Readonly<Record<string, string>>> {
  const look = () => globSync('/usr/lib/*/faketime/libfaketime.so.1')[0]
  const library = await findOrInstall('libfaketime', look, (line: string) => console.log(line))
  // Only the time of day: what measures how long something takes goes as fast as ever.
  return {
    LD_PRELOAD: library,
    FAKETIME: '+60s',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    DONT_FAKE_MONOTONIC: '1',
  }
}
