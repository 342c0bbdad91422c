/** Pages of one browser, and a server of sockets that they share. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { BrowserContext, Page } from 'playwright-core'
import { build, type Rolldown } from 'vite'
import { WebSocketServer } from 'ws'
import { createNumberServer, type ServerSocket } from '../tabs/numberServer.ts'
import type { Reader } from '../tabs/reader.ts'

export interface TabsStage {
  readonly server: ReturnType<typeof createNumberServer>
  /** Messages of the sockets, in both directions. */
  readonly messages: { up: number; down: number }
  openTab(context: BrowserContext, search?: string): Promise<Page>
  close(): Promise<void>
}

export async function startTabsStage(): Promise<TabsStage> {
  const server = createNumberServer()
  const messages = { up: 0, down: 0 }
  const script = await bundle()
  const http = createServer((request, response) => {
    const isScript = request.url === '/page.js'
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
    response.end(
      isScript ? script : '<!doctype html><title>Tab</title><script type="module" src="/page.js"></script>',
    )
  })
  const sockets = new WebSocketServer({ server: http })
  sockets.on('connection', (socket, { url = '' }) => {
    const shown: ServerSocket = {
      url: `ws://localhost${url}`,
      accept: () => undefined,
      receive(message) {
        messages.down++
        socket.send(JSON.stringify(message))
      },
      drop: (code) => socket.close(code),
      onClientMessage: undefined,
      onClientClose: undefined,
    }
    socket.on('message', (data) => {
      messages.up++
      shown.onClientMessage?.(String(data))
    })
    socket.on('close', () => shown.onClientClose?.(undefined, undefined))
    server.accept(shown)
  })
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
  const { port } = http.address() as AddressInfo
  return {
    server,
    messages,
    async openTab(context, search = '') {
      const page = await context.newPage()
      await page.goto(`http://127.0.0.1:${port}/?url=ws://127.0.0.1:${port}${search}`)
      await page.waitForFunction('reader.manager.store.getState().state === "CONNECTED"')
      return page
    },
    async close() {
      for (const client of sockets.clients) client.terminate()
      await new Promise((resolve) => (http as Server).close(resolve))
    },
  }
}

async function bundle(): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    define: { 'process.env.NEXT_PUBLIC_WS_URL': 'undefined', 'process.env.NODE_ENV': '"production"' },
    build: {
      write: false,
      lib: { entry: fileURLToPath(new URL('tabsPage.ts', import.meta.url)), formats: ['es'] },
    },
  })
  const [first] = [built].flat() as Rolldown.RolldownOutput[]
  return first?.output[0].code ?? ''
}

declare const reader: Reader

export const roleOf = (page: Page) => page.evaluate(() => reader.role())
export const rowsOf = (page: Page) => page.evaluate(() => [...reader.rows])
export const send = (page: Page, text: string) => page.evaluate((said) => reader.send(said, true), text)
