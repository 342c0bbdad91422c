// `npm run release:prepare`: takes what waits in .changeset/ into CHANGELOG.md and sets the next version wherever one stands.
import { glob, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { root, run } from './processes.mjs'

const must = async (command) => {
  const { code, output } = await run(command)
  process.stdout.write(output)
  if (code !== 0) throw new Error(`${command.join(' ')} failed`)
}

const inFile = async (path, pattern, version) => {
  const text = await readFile(join(root, path), 'utf8')
  if (!pattern.test(text)) throw new Error(`${path} has no version`)
  await writeFile(join(root, path), text.replace(pattern, `$1${version}$2`))
}

await must(['changeset', 'version'])
const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
for await (const path of glob('skills/*/SKILL.md', { cwd: root }))
  await inFile(path, /(library_version: ')[^']*(')/, version)
await inFile('integrations/django/pyproject.toml', /(\nversion = ")[^"]*(")/, version)
// Its own two lines: nothing else of the lock is to move with a release.
await inFile('package-lock.json', /("name": "querywire",\s+"version": ")[^"]*(")/g, version)
