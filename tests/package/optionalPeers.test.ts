/** The built package without, and with, its optional peers. */
import { afterEach, expect, it } from 'vitest'
import { projectWith, removeProjects, run, typeErrors } from './project.ts'

afterEach(removeProjects)

const chatOverFakeSockets = `
  import { createChatServer, createFakeEnvironment, mountOnFakeSockets } from 'querywire/testing'
  import { createWebSocketManager } from 'querywire/transport'
  const server = createChatServer()
  const fake = createFakeEnvironment({ onSocket: mountOnFakeSockets(server) })
  const manager = createWebSocketManager({
    url: 'ws://chat.example', endpoint: '/ws/', environment: fake.environment, debug: false,
    tokenManager: { getAccessToken: () => 'alice' },
  })
  const asking = manager.request('get_rooms', {})
  await fake.flush()
  console.log(JSON.stringify((await asking).rooms.map(({ id }) => id)))`

it('runs the chat server on fake sockets without msw, ws, React or TanStack Query', async () => {
  expect(await run(await projectWith(), chatOverFakeSockets)).toEqual(['general'])
})

const mounts = `
  import { createChatServer, mountOnMsw, mountOnNode } from 'querywire/testing'
  const server = createChatServer()
  const outcome = (run) => Promise.resolve().then(run).then((value) => Object.keys(value).length > 0, String)
  const onMsw = await outcome(() => mountOnMsw(server, 'ws://chat.example'))
  const onNode = await outcome(async () => {
    const mount = await mountOnNode(server)
    await mount.close()
    return mount
  })
  console.log(JSON.stringify({ onMsw, onNode }))`

it('names the package that a mount lacks', async () => {
  expect(await run(await projectWith(), mounts)).toEqual({
    onMsw: expect.stringContaining('npm install --save-dev msw@3'),
    onNode: expect.stringContaining('npm install --save-dev ws@8'),
  })
})

it('mounts on what is installed', async () => {
  expect(await run(await projectWith('msw', 'ws'), mounts)).toEqual({ onMsw: true, onNode: true })
})

it('has types that need none of them either', async () => {
  const main = `import { createChatServer, createFakeEnvironment, mountOnMsw } from 'querywire/testing'
     export const now: number = createFakeEnvironment().clock.now()
     export const handlers: unknown[] = mountOnMsw(createChatServer(), 'ws://chat.example')`
  expect(await typeErrors(await projectWith(), { 'main.ts': main })).toBe('')
})

const server = `
  import { createLiveServer, memoryStore, sqliteStore } from 'querywire/server'
  import { defineProtocol } from 'querywire/transport'
  export const stores = [memoryStore(), sqliteStore('app.sqlite')]
  export const live = createLiveServer({
    protocol: defineProtocol({}),
    authenticate: (token) => ({ id: String(token), username: String(token) }),
    store: memoryStore(), channels: { room_id: () => true }, requests: {},
  })
  const request = { url: '/ws/?token=alice', headers: { get: () => null } }
  const found = []
  live.accept({ send: (text) => found.push(text), close: () => undefined }, request)`

it('runs a server in memory without any of them, and names what attaching it lacks', async () => {
  const main = `${server}
    import { createServer } from 'node:http'
    await new Promise((resolve) => setTimeout(resolve, 20))
    const attached = await live.attach(createServer()).catch(String)
    console.log(JSON.stringify({ type: JSON.parse(found[0]).type, attached }))
    await live.close({ graceMs: 0 })`
  expect(await run(await projectWith(), main)).toEqual({
    type: 'welcome',
    attached: expect.stringContaining('npm install ws@8'),
  })
})

it('has types of a server that need none of them, nor those of Node', async () => {
  const main = server.replace('found = []', 'found: string[] = []')
  expect(await typeErrors(await projectWith(), { 'main.ts': main })).toBe('')
})

const QUERY = ['react', '@types/react', '@tanstack/react-query']

const imports = `
  const outcome = (name) => import(name).then((value) => Object.keys(value).length > 0, (error) => error.message)
  console.log(JSON.stringify({ root: await outcome('querywire'), chat: await outcome('querywire/chat') }))`

it('needs zod for a chat, and for nothing else', async () => {
  expect(await run(await projectWith(...QUERY), imports)).toEqual({
    root: true,
    chat: expect.stringContaining("Cannot find package 'zod'"),
  })
  expect(await run(await projectWith(...QUERY, 'zod'), imports)).toEqual({ root: true, chat: true })
})

it('has types that need zod for a chat, and for nothing else', async () => {
  const main = `import { createLive, createWebSocketManager, type } from 'querywire'
     export const live = createLive({ manager: createWebSocketManager({ url: 'ws://chat.example' }) })
     export const prices = live.value('price', { schema: type<number>(), snapshot: 'get_price', events: {} })`
  expect(await typeErrors(await projectWith(...QUERY), { 'main.ts': main }, { skipLibCheck: true })).toBe('')
  const chat = `import { createChat, Message } from 'querywire/chat'
     export const chat = createChat({ url: 'ws://chat.example', schemas: { message: Message } })
     export const options = chat.messages('general')`
  const withZod = await projectWith(...QUERY, 'zod')
  expect(await typeErrors(withZod, { 'main.ts': chat }, { skipLibCheck: true })).toBe('')
})

const checking = `
  import { checkServer } from 'querywire/check'
  const options = { url: 'ws://127.0.0.1:1/' }
  const words = await checkServer(options).then(({ summary }) => summary, (error) => error.message)
  console.log(JSON.stringify(words))`

it('checks a server with ws alone, and names it where it is missing', async () => {
  expect(await run(await projectWith(), checking)).toContain('npm install --save-dev ws@8')
  expect(await run(await projectWith('ws'), checking)).toContain('nobody listens')
})

const command = `
  import { execFileSync } from 'node:child_process'
  const file = 'node_modules/querywire/bin/querywire.js'
  console.log(JSON.stringify(execFileSync(process.execPath, [file, '--help'], { encoding: 'utf8' })))`

it('has the command check', async () => {
  expect(await run(await projectWith('ws'), command)).toContain('npx querywire check <url>')
})
