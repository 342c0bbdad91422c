/** Time, randomness, sockets and the browser are reached through the environment; the cache through one writer. */
import { describe, expect, it } from 'vitest'
import { memberNames, outsideReferences } from './references.ts'
import { readSources } from './sources.ts'

const sources = readSources('src/**/*.{ts,tsx}')

const outsideWorld = [
  'setTimeout',
  'setInterval',
  'clearTimeout',
  'clearInterval',
  'setImmediate',
  'requestAnimationFrame',
  'cancelAnimationFrame',
  'requestIdleCallback',
  'Date',
  'Date.now',
  'new Date',
  'performance',
  'Math.random',
  'crypto',
  'WebSocket',
  'window',
  'document',
  'navigator',
  'location',
  'localStorage',
  'sessionStorage',
  'globalThis',
  'addEventListener',
]

/** Pure uses of `Date`: reading and writing ISO timestamps of the wire. */
const pure = new Set(['Date'])

/** Whole folders and files whose job is the outside world. */
const gateways = ['src/transport/environment', 'src/tabs/browser', 'src/testing/', 'src/devtools/']

/** Single names that a React file needs and no environment offers. */
const exceptions: Readonly<Record<string, readonly string[]>> = {
  // A draft is kept where the page keeps it.
  'src/chat/model/session/drafts.ts': ['globalThis'],
  // Web Locks, where the browser has them; they come with the storage that an application passes.
  'src/outbox/indexedDbOutbox.ts': ['globalThis'],
  // Asks whether it renders on a server, where a layout effect would warn.
  'src/chat/react/scroll/useStickToBottom.ts': ['document'],
}

const writerMethods = [
  'setQueryData',
  'setQueriesData',
  'invalidateQueries',
  'refetchQueries',
  'setQueryDefaults',
]

describe('the outside world', () => {
  it('is reached in environment.ts, browser.ts of the tabs, the test kit and the devtools only', () => {
    const found = sources
      .filter(({ path }) => !gateways.some((gateway) => path.startsWith(gateway)))
      .flatMap((source) => {
        const references = outsideReferences(source)
        const allowed = exceptions[source.path] ?? []
        return outsideWorld
          .filter((name) => references.has(name) && !pure.has(name) && !allowed.includes(name))
          .map((name) => `${source.path}: ${name}`)
      })
    expect(found).toEqual([])
  })

  it('is what the environment does reach', () => {
    const environment = sources.filter(({ path }) => path.startsWith('src/transport/environment'))
    const reached = new Set(environment.flatMap((source) => [...outsideReferences(source)]))
    expect([...reached]).toEqual(expect.arrayContaining(['setTimeout', 'performance']))
  })

  it('has no exception for a file that no longer needs it', () => {
    const stale = Object.entries(exceptions).flatMap(([path, names]) => {
      const source = sources.find((candidate) => candidate.path === path)
      const references = source ? outsideReferences(source) : new Set<string>()
      return names.filter((name) => !references.has(name)).map((name) => `${path}: ${name}`)
    })
    expect(stale).toEqual([])
  })
})

describe('the query cache', () => {
  it('has one writer', () => {
    const writers = sources
      .filter(({ path }) => !path.startsWith('src/testing/'))
      .filter((source) => writerMethods.some((method) => memberNames(source).has(method)))
      .map(({ path }) => path)
    expect(writers).toEqual(['src/query/cache/writer.ts'])
  })
})
