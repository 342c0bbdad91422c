// @vitest-environment node
/** What the tests of the stores stand on: a database that is found, installed, run and removed, whatever is in the way. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import { afterEach, describe, expect, it } from 'vitest'
import { startRedis } from '../../scripts/databases.mjs'

const { PATH = '' } = process.env
const folders: string[] = []
afterEach(() => {
  process.env.PATH = PATH
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

const placeOf = (name: string) =>
  PATH.split(delimiter)
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path))
const redis = placeOf('redis-server')
const isRoot = process.getuid?.() === 0

/** A PATH without Redis, and with an apt-get that does what this shell script says. */
function withApt(script: string) {
  const folder = mkdtempSync(join(tmpdir(), 'querywire-apt-'))
  folders.push(folder)
  for (const name of ['sh', 'cat', 'ln', 'id']) symlinkSync(placeOf(name) ?? '', join(folder, name))
  const log = join(folder, 'log')
  writeFileSync(
    join(folder, 'apt-get'),
    `#!/bin/sh\necho "$@" >> ${log}\n${script.replaceAll('FOLDER', folder)}\n`,
  )
  chmodSync(join(folder, 'apt-get'), 0o755)
  process.env.PATH = folder
  return folder
}

const putInPlace = `ln -s ${redis} FOLDER/redis-server`

describe.skipIf(!(redis && isRoot))('a database that is not installed', { timeout: 30_000 }, () => {
  it('[S58] is installed with the lists that are there', async () => {
    withApt(`case "$*" in *install*redis-server*) ${putInPlace};; *) exit 1;; esac`)
    const server = await startRedis()
    const client = new Redis(server.path)
    expect(await client.ping()).toBe('PONG')
    client.disconnect()
    await server.stop()
  })

  it('[S58] is installed with new lists, where the old ones do not know it', async () => {
    const unknown = 'echo "E: Unable to locate package redis-server"; exit 100'
    withApt(`case "$*" in
      *update*) : > FOLDER/lists;;
      *) if [ -e FOLDER/lists ]; then ${putInPlace}; else ${unknown}; fi;;
    esac`)
    await (await startRedis()).stop()
  })

  it('[S58] is waited for while somebody else holds a lock of apt', async () => {
    const locked = 'echo "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 1"; exit 100'
    withApt(`if [ -e FOLDER/once ]; then ${putInPlace}; else : > FOLDER/once; ${locked}; fi`)
    await (await startRedis()).stop()
  })

  it('[S58] and cannot be, says why and what helps', async () => {
    withApt('echo "E: Temporary failure resolving deb.debian.org"; exit 100')
    await expect(startRedis()).rejects.toThrow(/Temporary failure resolving.*apt-get install.*brew install/s)
  })
})

describe.skipIf(!redis)('a database', { timeout: 30_000 }, () => {
  it('[S58] that ends at once is not waited for', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'querywire-apt-'))
    folders.push(folder)
    writeFileSync(join(folder, 'redis-server'), '#!/bin/sh\necho "Illegal setting"; exit 1\n')
    chmodSync(join(folder, 'redis-server'), 0o755)
    process.env.PATH = `${folder}${delimiter}${PATH}`
    await expect(startRedis()).rejects.toThrow(/ended before it was ready:\nIllegal setting/)
  })

  it('[S58] ends with a process that is killed, and the next one removes what it has left, in time', async () => {
    const script = fileURLToPath(new URL('../../scripts/databases.mjs', import.meta.url))
    const program = `const { startRedis } = await import(${JSON.stringify(script)}); console.log((await startRedis()).path)`
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program])
    const [path] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
    child.kill('SIGKILL')
    await once(child, 'exit')
    // Redis removes its socket when it ends.
    for (let look = 0; existsSync(path) && look < 500; look++) await new Promise((go) => setTimeout(go, 20))
    expect(existsSync(path)).toBe(false)
    const left = join(path, '..')
    expect(existsSync(left)).toBe(true)
    await (await startRedis()).stop()
    expect(existsSync(left)).toBe(true)
    const longAgo = new Date(Date.now() - 2 * 3_600_000)
    utimesSync(left, longAgo, longAgo)
    const living = join(tmpdir(), `querywire-db-${process.pid}-living`)
    folders.push(living)
    mkdirSync(living)
    utimesSync(living, longAgo, longAgo)
    await (await startRedis()).stop()
    expect(existsSync(left)).toBe(false)
    expect(readdirSync(tmpdir())).toContain(`querywire-db-${process.pid}-living`)
  })
})
