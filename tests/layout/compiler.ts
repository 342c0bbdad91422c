/** Runs the TypeScript compiler and other programs of this repository. Knows nothing of the rules. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { root } from './sources.ts'

const execute = promisify(execFile)

/** What the program prints; how it ends is left to the reader of that. */
export const outputOf = async (file: string, args: readonly string[]): Promise<string> => {
  try {
    const { stdout, stderr } = await execute(file, args, { cwd: root, timeout: 60_000 })
    return stdout + stderr
  } catch (error) {
    const { stdout, stderr, message } = error as { stdout?: string; stderr?: string; message: string }
    return `${stdout ?? ''}${stderr ?? ''}` || message
  }
}

/** A folder beside node_modules, so that packages resolve in it as they do in the repository; removed afterwards. */
export const withFolder = async <Result>(use: (folder: string) => Promise<Result>): Promise<Result> => {
  const folder = await mkdtemp(join(root, 'node_modules', '.layout-'))
  try {
    return await use(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The compiler's complaints about these files under the repository's own options: '' when there are none. */
export const typeErrors = async (folder: string, files: readonly string[]): Promise<string> => {
  const config = join(folder, 'tsconfig.json')
  await writeFile(config, JSON.stringify({ extends: join(root, 'tsconfig.json'), include: [], files }))
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  return outputOf(process.execPath, [tsc, '-p', config, '--pretty', 'false'])
}
