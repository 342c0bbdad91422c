/** A browser with a server behind it. */
import { createRandom } from '../../src/testing/server/random.ts'
import { createVirtualClock } from '../../src/testing/virtualClock.ts'
import { createNumberServer } from './numberServer.ts'
import { createReader, type Reader, type ReaderOptions } from './reader.ts'
import { type BrowserOptions, createVirtualBrowser } from './virtualBrowser.ts'

export function createStage(options: Partial<BrowserOptions> = {}) {
  const clock = createVirtualClock(1_700_000_000_000)
  const server = createNumberServer()
  const browser = createVirtualBrowser({
    clock,
    random: createRandom(1),
    maxDelayMs: 2,
    onSocket: server.accept,
    ...options,
  })
  return {
    clock,
    server,
    browser,
    open: (given: ReaderOptions = {}) => createReader(browser.openPage(), given),
    /** One after the other, so that it is known which one leads. */
    async openAll(count: number, given: ReaderOptions = {}) {
      const readers: Reader[] = []
      for (let at = 0; at < count; at++) {
        readers.push(createReader(browser.openPage(), given))
        await clock.advance(100)
      }
      return readers
    },
  }
}

export const rolesOf = (readers: readonly Reader[]) => readers.map(({ role }) => role())
export const socketsOf = ({ page }: Reader) => page.sockets.filter(({ readyState }) => readyState <= 1)
