/** docs/exports.md names what the built package exports, and what each of it is for. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { root } from './project.ts'
import { builtEntries, type Entry, entriesOf, type Names, namesOf, pageOf } from './surface.ts'

const PAGE = join(root, 'docs/exports.md')
const UPDATE = 'UPDATE=1 npx vitest run --project package exports'

/** The root entry hands on these two; on the page it has what is its own. */
const HANDED_ON = ['querywire/query', 'querywire/transport']

let built: readonly Entry[]
let written: readonly Entry[]
let handedOn: ReadonlySet<string>

const without = (names: Names, others: ReadonlySet<string>): Names =>
  new Map([...names].filter(([name]) => !others.has(name)))

const told = (names: Names, before: Names): Names =>
  new Map([...names.keys()].map((name) => [name, before.get(name) ?? '']))

/** What is built, with what the page says of it. */
const merged = (): Entry[] =>
  built.map(({ name, values, types }) => {
    const isRoot = name === 'querywire'
    const others = isRoot ? handedOn : new Set<string>()
    const before = written.find((entry) => entry.name === name)
    const texts = new Map([...(before?.values ?? []), ...(before?.types ?? [])])
    return {
      name,
      handsOn: isRoot ? HANDED_ON : [],
      values: told(without(values, others), texts),
      types: told(without(types, others), texts),
    }
  })

const linesOf = (entries: readonly Entry[]): Set<string> =>
  new Set(
    entries.flatMap(({ name, values, types }) => [
      ...[...values.keys()].map((value) => `the value \`${value}\` of ${name}`),
      ...[...types.keys()].map((type) => `the type \`${type}\` of ${name}`),
    ]),
  )

beforeAll(async () => {
  built = await builtEntries()
  handedOn = new Set(built.filter(({ name }) => HANDED_ON.includes(name)).flatMap(namesOf))
  const page = await readFile(PAGE, 'utf8')
  written = entriesOf(page)
  if (process.env.UPDATE === undefined) return
  await writeFile(PAGE, pageOf(merged()))
  written = entriesOf(await readFile(PAGE, 'utf8'))
})

it('names what is exported, and nothing else', () => {
  const [now, before] = [linesOf(merged()), linesOf(written)]
  const added = [...now].filter((line) => !before.has(line))
  const gone = [...before].filter((line) => !now.has(line))
  expect([
    ...added.map(
      (line) =>
        `${line} is new: applications will depend on it. Do not export it, or run \`${UPDATE}\` and write in docs/exports.md what it is for.`,
    ),
    ...gone.map(
      (line) =>
        `${line} is gone: applications that use it break. Export it again, or record why in docs/decisions and run \`${UPDATE}\`.`,
    ),
  ]).toEqual([])
})

it('says what each is for', () => {
  const silent = written.flatMap(({ name, values, types }) =>
    [...values, ...types].filter(([, text]) => text === '').map(([each]) => `${each} of ${name}`),
  )
  expect(silent).toEqual([])
})

it('says all of it once: the root entry has everything of query and transport', () => {
  const [first] = built
  const own = new Set(first && namesOf(first))
  expect([...handedOn].filter((name) => !own.has(name))).toEqual([])
})
