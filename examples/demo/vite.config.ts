import { readFile } from 'node:fs/promises'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

/** Tells a page where the chat server is, when it is served: VITE_WS_URL, as it then is. */
const chatServer = (): Plugin => {
  const withAddress = (html: string) =>
    html.replace(
      'name="chat-server" content=""',
      `name="chat-server" content="${process.env.VITE_WS_URL ?? ''}"`,
    )
  return {
    name: 'chat-server',
    // Not of what is built: that is served at other addresses later.
    transformIndexHtml: { order: 'pre', handler: (html, { server }) => (server ? withAddress(html) : html) },
    configurePreviewServer: ({ middlewares, config }) => {
      middlewares.use(async ({ url = '' }, response, next) => {
        if (!/^\/(index\.html)?(\?|$)/.test(url)) return next()
        const page = await readFile(`${config.root}/${config.build.outDir}/index.html`, 'utf8')
        response.setHeader('content-type', 'text/html; charset=utf-8')
        response.setHeader('cache-control', 'no-store')
        response.end(withAddress(page))
      })
    },
  }
}

export default defineConfig({
  plugins: [react(), chatServer()],
  // The library and the components are used from their sources, two folders up.
  server: { fs: { allow: ['../..'] } },
  cacheDir: '../../node_modules/.vite/demo',
  // One request for the application; emoji and devtools come when somebody wants them.
  build: { chunkSizeWarningLimit: 4_000 },
})
