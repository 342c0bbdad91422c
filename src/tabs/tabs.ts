/** One connection for all tabs: what a manager takes for sockets are ways to those of one tab. */
import type { DialOrigin, Environment, EnvironmentSignal, ShareTabs } from '../transport/index.ts'
import { type TabsBrowser, tabsBrowser } from './browser.ts'
import { createGroup, type Group } from './group.ts'
import type { MembershipParts } from './membership.ts'
import { createParcelCodec } from './parcel.ts'
import { createTabSocket, dialAlone } from './tabSocket.ts'

export interface TabsOptions {
  /**
   * Who is signed in, where no JWT says it: for cookies and opaque tokens. Asked before every dial; where nobody says it, a
   * tab has its own connection.
   */
  readonly user?: (() => string | number | undefined) | undefined
  /** Tabs with another one do not share: for a release that reads the wire in another way. @default '' */
  readonly version?: string | undefined
  /** Locks, channels and visibility. @default those of the browser */
  readonly browser?: TabsBrowser | undefined
}

/** Of what tabs say to each other. */
const WIRE_VERSION = 1

/**
 * For `createWebSocketManager({ shareTabs: tabs() })`: of all tabs of one user, one has the sockets, and the others reach them
 * through it. Where that is not possible each tab has its own, as without it.
 */
export function tabs({ user, version = '', browser = tabsBrowser() }: TabsOptions = {}): ShareTabs {
  return (parts) => {
    const { environment, codec, protocol, report } = parts
    if (!browser) return { environment, codec }
    const groups = new Map<string, Group>()
    const listeners = new Set<(signal: EnvironmentSignal) => void>()
    const signal = (told: EnvironmentSignal) => {
      for (const listener of [...listeners]) listener(told)
    }
    const groupOf = (origin: DialOrigin, principal: string): Group => {
      const [, server] = /^([^/]*\/\/[^/]*)/.exec(origin.url) ?? []
      const name = `querywire ${JSON.stringify([WIRE_VERSION, version, server, principal, protocol.kinds])}`
      const keys = protocol.kinds.map(({ key }) => key)
      const tell: MembershipParts['report'] = (role, leader) =>
        report({ type: 'tabs', server, user: principal, role, leader })
      const known = groups.get(name)
      const group = known ?? createGroup({ environment, codec, browser, name, keys, report: tell, signal })
      groups.set(name, group)
      return group
    }
    browser.subscribe((told) => {
      for (const group of groups.values()) group.hear(told)
      // Thawing tells nobody else.
      if (told === 'wake') signal('pageshow')
    })
    const createSocket: Environment['createSocket'] = (url, protocols, origin) => {
      const named = origin && nameUser(origin, user)
      const group = origin && named !== undefined ? groupOf(origin, named) : undefined
      const { endpoint = '', url: address = url, hasAuthFrame = false } = origin ?? {}
      const wanted = { url, protocols, endpoint, address, hasAuthFrame }
      const tab = createTabSocket(environment.createId(), wanted, () => group?.release(tab))
      if (group) group.take(tab)
      else dialAlone(tab, environment)
      return tab.socket
    }
    const subscribe: Environment['subscribe'] = (listener) => {
      listeners.add(listener)
      const stop = environment.subscribe(listener)
      return () => {
        listeners.delete(listener)
        stop()
      }
    }
    return {
      codec: createParcelCodec(codec, protocol),
      // With whatever else an environment of the application's own has.
      environment: Object.assign(Object.create(environment), { createSocket, subscribe }),
    }
  }
}

/** Both, where both are known: a token of another user is not let in by a name. `null` or an empty text, as some say it, names nobody. */
function nameUser({ principal }: DialOrigin, user: TabsOptions['user']): string | undefined {
  const names = [user?.(), principal]
  return names.some((name) => name || name === 0) ? JSON.stringify(names) : undefined
}
