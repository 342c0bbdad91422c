// One process of the server kit, from what is built: a chat over PostgreSQL and Redis, or over a SQLite file alone.
import { createServer } from 'node:http'
import process from 'node:process'

const { PORT, POSTGRES, REDIS, SQLITE } = process.env
const server = await import(new URL('../../../dist/server/index.js', import.meta.url))
const { chatServer, createLiveServer, postgresStore, redisBus, sqliteStore } = server

const openStore = async () => {
  if (SQLITE) return sqliteStore(SQLITE)
  const { Pool } = await import('pg')
  const pool = new Pool({ host: POSTGRES, user: 'postgres', database: 'postgres', max: 20 })
  // A database that goes away ends idle connections; the pool opens others when it is back.
  pool.on('error', (error) => console.error(String(error)))
  return postgresStore(pool)
}

const openBus = async () => {
  const { Redis } = await import('ioredis')
  const redis = new Redis(REDIS)
  redis.on('error', (error) => console.error(String(error)))
  return redisBus(redis)
}

const chat = chatServer()
const live = createLiveServer({
  plugins: [chat],
  // For a test: the token is the name.
  authenticate: (token) => (token ? { id: token, username: token } : null),
  store: await openStore(),
  ...(REDIS ? { bus: await openBus() } : {}),
  onEvent: (event) => event.type === 'failed' && console.error(event.error),
})

// What an application does from its own side.
const actions = {
  '/createRoom': ({ id, members }) => chat.createRoom({ id, name: id, members }),
  '/removeMember': ({ roomId, user }) => chat.removeMember(roomId, user),
}

const bodyOf = async (request) => {
  let text = ''
  for await (const chunk of request) text += chunk
  return JSON.parse(text || '{}')
}

const http = createServer(async (request, response) => {
  try {
    await actions[request.url](await bodyOf(request))
    response.end('{}')
  } catch (error) {
    response.writeHead(500).end(String(error?.stack ?? error))
  }
})
await live.attach(http)
http.listen(Number(PORT), '127.0.0.1')
process.on('SIGTERM', () => {
  // Nobody is sent here any more, so that those who are asked to move go elsewhere.
  http.close()
  void live.close().then(() => process.exit())
})
// Ends with the test run that has started it.
process.stdin.on('end', () => process.exit()).resume()
