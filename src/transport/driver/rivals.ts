/** Two managers for one address, as the same user: every frame travels twice, and neither knows what the other holds. */
import { LiveError } from '../errors.ts'
import { attemptOf, dialOf } from '../machine/connectionMachine.ts'
import type { DrivenConnection } from './drivenConnection.ts'

type Addresses = Map<string, WeakRef<DrivenConnection>>

/** By whose sockets they are: tests have many worlds in one page. */
const known = new WeakMap<object, Addresses>()

/** `address`: with all that tells users apart. Told once for each connection; the connections of one manager are no rivals. */
export function tellRival(connection: DrivenConnection, address: string, shown: string): void {
  const { world, identity } = connection
  const here: Addresses = known.get(world) ?? new Map()
  known.set(world, here)
  const rival = here.get(address)?.deref()
  const isOpen = rival && (attemptOf(rival.state) ?? dialOf(rival.state)) !== null
  if (isOpen && rival.identity !== identity && !connection.hasRival) {
    connection.hasRival = true
    const message = `Two managers are connected to ${shown}; make one, outside of components, and share it`
    connection.reportError(connection.name, new LiveError('misconfigured', message))
  }
  here.delete(connection.address)
  connection.address = address
  here.set(address, new WeakRef(connection))
}
