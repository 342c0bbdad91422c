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
