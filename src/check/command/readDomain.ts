/** `--domain`: a JSON file, or a module that exports `check` and, if it likes, the `protocol` of `defineProtocol`. */
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { isRecord } from '../frames.ts'
import type { CheckDomain } from '../options.ts'

/** @throws Error that names the file, and what it lacks */
export async function readDomain(path: string): Promise<CheckDomain> {
  const value = path.endsWith('.json') ? JSON.parse(await readFile(path, 'utf8')) : await readModule(path)
  return verified(value, path)
}

async function readModule(path: string): Promise<unknown> {
  const module = (await import(pathToFileURL(resolve(path)).href)) as Record<string, unknown>
  const { check, protocol } = module
  if (!isRecord(check)) {
    throw new Error(`${path} exports no "check": { channel, read, write, event }; see docs/check.md`)
  }
  return isRecord(protocol) && check.channels === undefined
    ? { ...check, channels: protocol.channels }
    : check
}

const isFrame = (value: unknown): boolean => isRecord(value) && typeof value.type === 'string'

function verified(value: unknown, path: string): CheckDomain {
  if (!isRecord(value)) throw new Error(`${path} holds no object`)
  const { channel, read, write, event } = value
  if (typeof channel !== 'string' && typeof channel !== 'number')
    throw new Error(`${path}: "channel" is the id of a channel`)
  if (!isFrame(read)) throw new Error(`${path}: "read" is a frame, { "type": …, "data": … }`)
  const writes = [write].flat()
  if (writes.length === 0 || !writes.every(isFrame))
    throw new Error(`${path}: "write" is a frame, or an array of frames`)
  if (typeof event !== 'string')
    throw new Error(`${path}: "event" is the type of the event that a write causes`)
  return value as unknown as CheckDomain
}
