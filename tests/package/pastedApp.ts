/** README and the page that goes on from it as their reader pastes them: the blocks, under the names they have, in an empty app with what it says to install. */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { EMPTY_APP, EMPTY_APP_PACKAGES } from './emptyApp.ts'
import { root } from './project.ts'

const execute = promisify(execFile)

export interface Block {
  readonly name: string
  readonly code: string
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>
}

export const readme = () => readFile(join(root, 'README.md'), 'utf8')

/** In the order in which one reads them: the prices, then the chat on the same server. */
const firstPages = async () =>
  (await readme()) + (await readFile(join(root, 'docs/learn/start/chat.md'), 'utf8'))

const FENCE = /^```(?:js|tsx?)\n(.*?)^```$/gms
/** One of its first two lines names the file; the very first may have to be an instruction to a tool. */
const NAME = /^(?:\/\/ @.*\n)?\/\/ ([\w./]+\.(?:mjs|tsx?))\b/

export async function readBlocks(): Promise<Block[]> {
  return [...(await firstPages()).matchAll(FENCE)].map(([, code = '']) => {
    const name = NAME.exec(code)?.[1]
    if (name === undefined) throw new Error(`A block of the first pages names no file:\n${code}`)
    return { name, code }
  })
}

/** Up to where a block takes the place of an earlier one: what the folder holds at one time. */
export function inStages(blocks: readonly Block[]): Block[][] {
  const stages: Block[][] = [[]]
  for (const block of blocks) {
    const taken = stages.flat().some(({ name }) => name === block.name)
    if (taken) stages.push([])
    stages.at(-1)?.push(block)
  }
  return stages
}

/** The packages of all `npm install` lines. */
export async function installed(): Promise<Set<string>> {
  const lines = (await firstPages()).matchAll(/npm install (?:--save-dev )?([^#)`\n]+)/g)
  return new Set([...lines].flatMap(([, names = '']) => names.trim().split(/\s+/)))
}

const packageOf = (path: string) => /^(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? path

/** What the blocks import, what that requires beside it, and what a comment for Vitest names. Without what an empty app has. */
export async function needed(blocks: readonly Block[]): Promise<Set<string>> {
  const code = blocks.map((block) => block.code).join('\n')
  const imports = [...code.matchAll(/ from '((?!\.|node:)[^']*)'/g)].map(([, path = '']) => packageOf(path))
  const environments = [...code.matchAll(/^\/\/ @vitest-environment (\S+)/gm)].map(([, name = '']) => name)
  const peers = await Promise.all(imports.map(async (name) => requiredPeers(await manifestOf(name))))
  const all = [...imports, ...environments, ...peers.flat()]
  return new Set(all.filter((name) => !EMPTY_APP_PACKAGES.has(name)))
}

const manifestOf = async (name: string): Promise<Manifest> => {
  const folder = name === 'querywire' ? root : join(root, 'node_modules', name)
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
}

const requiredPeers = ({ peerDependencies = {}, peerDependenciesMeta = {} }: Manifest) =>
  Object.keys(peerDependencies).filter((name) => !peerDependenciesMeta[name]?.optional)

export interface PastedApp {
  readonly folder: string
  paste(blocks: readonly Block[]): Promise<void>
  remove(): Promise<void>
}

/** The package as it would be published, the others linked from here: nothing is fetched. */
export async function createEmptyApp(packages: Iterable<string>): Promise<PastedApp> {
  const folder = await mkdtemp(join(tmpdir(), 'querywire-readme-'))
  const write = async (name: string, text: string) => {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), text)
  }
  for (const [name, text] of Object.entries(EMPTY_APP)) await write(name, text)
  await unpack(folder)
  const own = Object.keys((await manifestOf('querywire')).dependencies ?? {})
  for (const name of new Set([...EMPTY_APP_PACKAGES, ...packages, ...own])) {
    const link = join(folder, 'node_modules', name)
    await mkdir(dirname(link), { recursive: true })
    if (name !== 'querywire') await symlink(join(root, 'node_modules', name), link)
  }
  const port = await portFor()
  return {
    folder,
    paste: async (blocks) => {
      for (const { name, code } of blocks) await write(name, code.replaceAll(String(PORT), String(port)))
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

async function unpack(folder: string): Promise<void> {
  const arguments_ = ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder]
  const { stdout } = await execute('npm', arguments_, { cwd: root })
  const own = join(folder, 'node_modules/querywire')
  await mkdir(own, { recursive: true })
  await execute('tar', ['-xzf', join(folder, stdout.trim()), '-C', own, '--strip-components=1'])
}

/** The one of the blocks. */
const PORT = 9000

/** The blocks stay as they are, unless some other program has their port. */
async function portFor(): Promise<number> {
  return (await listens(PORT)) ?? (await listens(0)) ?? PORT
}

function listens(port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const probe = createServer().once('error', () => resolve(undefined))
    probe.listen(port, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' ? address?.port : undefined))
    })
  })
}

/** This environment without what a test run says to its own children, and with the tools of the app. */
export function readersEnvironment(): NodeJS.ProcessEnv {
  const mine = Object.entries(process.env).filter(
    ([name]) => !/^(VITEST|NODE_ENV|TEST|DEV|PROD|MODE)/.test(name),
  )
  return Object.fromEntries(mine)
}
