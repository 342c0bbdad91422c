/** The chat server behind Mock Service Worker, which takes the place of the global `WebSocket`. */
import { ws } from 'msw'
import { setupServer } from 'msw/node'
import { nanoid } from 'nanoid'
import { type AcceptedConnection, type ChatServer, mountOnMsw } from '../../../src/testing/index.ts'
import { browserEnvironment } from '../../../src/transport/index.ts'
import type { Line, Mount } from './mount.ts'

const newUrl = () => `ws://${nanoid().replace(/\W/g, '').toLowerCase()}.chat.example`

export async function mswMount(server: ChatServer): Promise<Mount> {
  const url = newUrl()
  const worker = setupServer(...mountOnMsw(server, url))
  worker.listen({ onUnhandledFrame: 'error' })
  return {
    url,
    environment: browserEnvironment(),
    async line() {
      const { handlers, ...line } = createLine(server, newUrl())
      worker.use(...handlers)
      return line
    },
    async close() {
      // Before the worker: it does not close what is open.
      server.close()
      worker.close()
    },
  }
}

interface Open {
  /** As a network does it, without a goodbye. */
  end(): void
}

function createLine(server: ChatServer, url: string): Line & { handlers: ReturnType<typeof mountOnMsw> } {
  const open = new Set<Open>()
  let isCut = false
  let isSilent = false
  // Closed while the handler of its connection runs, a client never opens: a refused connection.
  const gate = ws.link(`${url}/*`).addEventListener('connection', ({ client }) => {
    if (isCut) client.close(1006)
  })
  const accept: ChatServer['accept'] = (connection) => {
    if (isCut) return REFUSED
    const accepted = server.accept({
      ...connection,
      send: (text) => isSilent || connection.send(text),
    })
    const entry = {
      end() {
        open.delete(entry)
        connection.close(1006, '')
        accepted.closed()
      },
    }
    open.add(entry)
    return accepted
  }
  const cut = () => {
    isCut = true
    for (const { end } of open) end()
  }
  return {
    url,
    handlers: [gate, ...mountOnMsw({ ...server, accept }, url)],
    cut,
    mend() {
      isCut = false
      isSilent = false
    },
    silence() {
      isSilent = true
    },
    close: async () => cut(),
  }
}

const REFUSED: AcceptedConnection = { receive: () => undefined, closed: () => undefined }
