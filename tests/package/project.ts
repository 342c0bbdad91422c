/** A project that has the built package, what that requires, and of its optional peers only what a test links. */
import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'

const execute = promisify(execFile)
export const root = resolve(import.meta.dirname, '../..')
const folders: string[] = []

export async function removeProjects(): Promise<void> {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true })
}

interface Package {
  readonly dependencies: Readonly<Record<string, string>>
  readonly peerDependencies: Readonly<Record<string, string>>
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional: boolean }>>
}

function requiredBy({ dependencies, peerDependencies, peerDependenciesMeta }: Package): string[] {
  const peers = Object.keys(peerDependencies).filter((name) => !peerDependenciesMeta[name]?.optional)
  return [...Object.keys(dependencies), ...peers]
}

/** `name`, or `name=what it is called here`. Nothing but these resolves, as with a package manager that does not hoist. */
export async function projectWith(...peers: readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'querywire-package-'))
  folders.push(folder)
  const own = join(folder, 'node_modules/querywire')
  await mkdir(own, { recursive: true })
  await cp(join(root, 'package.json'), join(own, 'package.json'))
  for (const each of ['bin', 'dist', 'docs/protocol.schema.json']) {
    await cp(join(root, each), join(own, each), { recursive: true })
  }
  const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Package
  for (const peer of [...requiredBy(manifest), ...peers]) {
    const [name = peer, here = name] = peer.split('=')
    const link = join(folder, 'node_modules', name)
    await mkdir(dirname(link), { recursive: true })
    await symlink(join(root, 'node_modules', here), link)
  }
  return folder
}

/** What a module that is written there prints, as JSON. */
export async function run(folder: string, code: string): Promise<unknown> {
  await writeFile(join(folder, 'main.mjs'), code)
  const { stdout } = await execute(process.execPath, ['main.mjs'], { cwd: folder })
  return JSON.parse(stdout)
}

const STRICT = {
  module: 'nodenext',
  target: 'es2023',
  lib: ['es2023', 'esnext.disposable', 'dom', 'dom.iterable'],
  jsx: 'react-jsx',
  types: [],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noEmit: true,
  skipLibCheck: false,
}

/** Where a TypeScript is: the project's own, or an older one of `tools`, which is installed where it is not. */
async function compilerOf(version: string): Promise<string> {
  if (version === '7') return join(root, 'node_modules/typescript/bin/tsc')
  await execute(process.execPath, ['scripts/tools.mjs'], { cwd: root })
  return join(root, 'tools/node_modules', version === '6' ? 'typescript' : `typescript-${version}`, 'bin/tsc')
}

/** The compiler's complaints about these files: '' when there are none. */
export async function typeErrors(
  folder: string,
  files: Readonly<Record<string, string>>,
  { version = '7', ...options }: { readonly version?: string; readonly [option: string]: unknown } = {},
): Promise<string> {
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  const config = { compilerOptions: { ...STRICT, ...options }, files: Object.keys(files) }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config))
  const tsc = await compilerOf(version)
  const { stdout } = await execute(process.execPath, [tsc, '-p', folder]).catch((error) => error)
  return stdout
}
