/** The built package in a project that has what it requires and, of its optional peers, only what a test links. */
import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, expect, it } from 'vitest'

const execute = promisify(execFile)
const root = resolve(import.meta.dirname, '../..')
const folders: string[] = []
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
})

interface Package {
  readonly dependencies: Readonly<Record<string, string>>
  readonly peerDependencies: Readonly<Record<string, string>>
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional: boolean }>>
}

function requiredBy({ dependencies, peerDependencies, peerDependenciesMeta }: Package): string[] {
  const peers = Object.keys(peerDependencies).filter((name) => !peerDependenciesMeta[name]?.optional)
  return [...Object.keys(dependencies), ...peers]
}

async function projectWith(...peers: string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'querywire-package-'))
  folders.push(folder)
  const own = join(folder, 'node_modules/querywire')
  await mkdir(own, { recursive: true })
  await cp(join(root, 'package.json'), join(own, 'package.json'))
  await cp(join(root, 'dist'), join(own, 'dist'), { recursive: true })
  const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Package
  for (const name of [...requiredBy(manifest), ...peers]) {
    const link = join(folder, 'node_modules', name)
    await mkdir(dirname(link), { recursive: true })
    await symlink(join(root, 'node_modules', name), link)
  }
  return folder
}

/** What a module that is written there prints, as JSON. */
async function run(folder: string, code: string): Promise<unknown> {
  await writeFile(join(folder, 'main.mjs'), code)
  const { stdout } = await execute(process.execPath, ['main.mjs'], { cwd: folder })
  return JSON.parse(stdout)
}

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
  const folder = await projectWith()
  await writeFile(
    join(folder, 'main.ts'),
    `import { createChatServer, createFakeEnvironment, mountOnMsw } from 'querywire/testing'
     export const now: number = createFakeEnvironment().clock.now()
     export const handlers: unknown[] = mountOnMsw(createChatServer(), 'ws://chat.example')`,
  )
  const compilerOptions = {
    module: 'nodenext',
    target: 'es2023',
    lib: ['es2023', 'esnext.disposable', 'dom'],
    types: [],
    strict: true,
    noEmit: true,
    skipLibCheck: false,
  }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['main.ts'] }))
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  const { stdout } = await execute(process.execPath, [tsc, '-p', folder]).catch((error) => error)
  expect(stdout).toBe('')
})
