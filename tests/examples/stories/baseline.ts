/**
 * How the stories looked when somebody last looked: pictures for each major version of Chromium and each system, and, for all of
 * them, where the parts were. `UPDATE=1` writes both anew.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pixelmatch from 'pixelmatch'
import { PNG } from 'pngjs'
import type { Geometry, Taken } from './pictures.ts'

const folder = fileURLToPath(new URL('baseline', import.meta.url))
const geometryFile = join(folder, 'geometry.json')
/** What was taken now, for whoever looks. */
export const recorded = join(tmpdir(), 'querywire-pictures')

const UPDATES = process.env.UPDATE === '1'
/** Pixels. Rounding may go the other way on another machine. */
const NEAR = 2
/** Pixels of a picture that may be others. */
const MOST_OTHERS = 60

interface Looked {
  readonly version: string
  readonly fingerprint: Buffer
  readonly pictures: readonly Taken[]
}

/** What is not as it was, in words; and whether the pictures themselves could be compared. */
export function compare({ version, fingerprint, pictures }: Looked) {
  const pictureFolder = join(folder, `chromium-${version.split('.')[0]}-${process.platform}`)
  for (const path of UPDATES ? [recorded, pictureFolder] : [recorded]) mkdirSync(path, { recursive: true })
  const keep = (name: string, png: Buffer) => {
    for (const path of UPDATES ? [recorded, pictureFolder] : [recorded])
      writeFileSync(join(path, `${name}.png`), png)
  }
  keep('fingerprint', fingerprint)
  for (const { name, png } of pictures) keep(name, png)
  if (UPDATES) writeGeometry(pictures)
  const isComparable = differenceFrom(join(pictureFolder, 'fingerprint.png'), fingerprint) === 0
  const known = JSON.parse(readFileSync(geometryFile, 'utf8')) as Record<string, Geometry>
  const changes = pictures.flatMap(({ name, png, geometry }) => {
    const moved = movedParts(known[name] ?? {}, geometry).map((change) => `${name}: ${change}`)
    const others = isComparable ? (differenceFrom(join(pictureFolder, `${name}.png`), png) ?? 0) : 0
    return others > MOST_OTHERS ? [...moved, `${name}: ${others} pixels are others`] : moved
  })
  return { changes, isComparable }
}

/** `undefined`: there is none to compare with. Leaves a picture of the differences beside what was taken. */
function differenceFrom(path: string, png: Buffer): number | undefined {
  if (!existsSync(path)) return undefined
  const [before, after] = [PNG.sync.read(readFileSync(path)), PNG.sync.read(png)]
  const { width, height } = after
  if (before.width !== width || before.height !== height) return width * height
  const difference = new PNG({ width, height })
  const others = pixelmatch(before.data, after.data, difference.data, width, height, { threshold: 0.1 })
  if (others > 0) {
    const name = path.split(/[\\/]/).at(-1)?.replace('.png', '.difference.png') ?? 'difference.png'
    writeFileSync(join(recorded, name), PNG.sync.write(difference))
  }
  return others
}

function movedParts(before: Geometry, after: Geometry): string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((part) => {
    const [was, is] = [before[part] ?? [], after[part] ?? []]
    if (was.length !== is.length) return [`${part} was there ${was.length} times, and is ${is.length} times`]
    return is.flatMap((rect, index) => {
      const known = was[index] ?? []
      const isNear = rect.every((value, side) => Math.abs(value - (known[side] ?? Number.NaN)) <= NEAR)
      return isNear ? [] : [`${part} was at ${known}, and is at ${rect}`]
    })
  })
}

function writeGeometry(pictures: readonly Taken[]): void {
  const lines = pictures.map(({ name, geometry }) => {
    const parts = Object.entries(geometry).map(
      ([part, rects]) => `    ${JSON.stringify(part)}: ${JSON.stringify(rects)}`,
    )
    return `  ${JSON.stringify(name)}: {\n${parts.join(',\n')}\n  }`
  })
  writeFileSync(geometryFile, `{\n${lines.join(',\n')}\n}\n`)
}
