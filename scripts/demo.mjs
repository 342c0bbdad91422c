// `npm run demo`: the chat server and the demo app, until Ctrl-C. WS_PORT (9000) and PORT (5173) are where the search
// for a free port starts. Restarts nothing: when one of the two ends, so does the other. `npm run demo:dev` serves the
// app from its sources, with hot module replacement.
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { start, stopAll, stopChildrenOnSignals } from './processes.mjs'

const STARTUP_TIMEOUT_MS = 30_000

const prefixed = (name, line) => `${name.padEnd(6)} | ${line}`

const readEvent = (line) => {
  if (!line.startsWith('{')) return undefined
  try {
    return JSON.parse(line)
  } catch {
    // A line of text that happens to begin with a brace: shown like any other.
    return undefined
  }
}

/** Shows the child's lines as they come; resolves with its `listening` event, rejects when it ends before that. */
const listening = (child, name) =>
  new Promise((resolve, reject) => {
    const onLine = (line) => {
      const event = readEvent(line)
      if (event?.event === 'listening') resolve(event)
      else console.log(prefixed(name, line))
    }
    createInterface({ input: child.stdout }).on('line', onLine)
    createInterface({ input: child.stderr }).on('line', onLine)
    child.once('error', reject)
    child.once('exit', (code, signal) =>
      reject(new Error(`The ${name} ended before it listened (${signal ?? `exit code ${code}`}).`)),
    )
    const timer = setTimeout(() => {
      reject(new Error(`The ${name} did not listen within ${STARTUP_TIMEOUT_MS / 1000} s.`))
    }, STARTUP_TIMEOUT_MS)
    timer.unref()
  })

const startServer = async () => {
  const child = start(['node', join('examples', 'server', 'main.ts'), '--demo'])
  // Heard from the start: it may end while the app is still being started.
  const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })))
  return { child, ended, ...(await listening(child, 'server')) }
}

const logger = async () => {
  const { createLogger } = await import('vite')
  const base = createLogger('info', { allowClearScreen: false })
  const show = (write) => (message, options) => {
    const plain = { ...options, timestamp: false }
    for (const line of message.split('\n').filter(Boolean)) write(prefixed('app', line), plain)
  }
  return { ...base, info: show(base.info), warn: show(base.warn), error: show(base.error) }
}

const isDeveloping = process.argv.includes('--dev')

const startApp = async (chatUrl) => {
  const { developDemo, serveDemo } = await import('./demoApp.mjs')
  const port = Number(process.env.PORT || 5173)
  return isDeveloping
    ? developDemo({ chatUrl, port, customLogger: await logger() })
    : serveDemo({ chatUrl, port })
}

const built = async () => {
  const { buildDemo } = await import('./demoApp.mjs')
  if (!isDeveloping) await buildDemo()
}

const announce = (appUrl, serverUrl) => {
  console.log(`
  querywire demo

    as Alice   ${appUrl}?user=alice
    as Bob     ${appUrl}?user=bob
    devtools   ${appUrl}?user=alice&devtools
    server     ${serverUrl}

  Open both in two windows. Ctrl-C stops the demo.
`)
}

const main = async () => {
  const signals = stopChildrenOnSignals()
  const startsServer = startServer()
  // Both at once: the server reads a database while the app is built.
  const [server] = await Promise.all([startsServer, built()])
  const app = await startApp(server.url)
  announce(app.url, server.url)
  const { code, signal } = await server.ended
  if (signals.received) return
  await app.close()
  throw new Error(`The server ended (${signal ?? `exit code ${code}`}), so the demo ends too.`)
}

main().catch(async (error) => {
  console.error(`\n${error.message}`)
  await stopAll()
  process.exit(1)
})
