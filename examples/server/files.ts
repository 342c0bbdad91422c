/**
 * Files of messages: `POST /files?name=pier.jpg` with a token and the bytes, `GET /files/<id>/<name>` for whoever knows the address, which
 * nobody can guess. What is not a picture is never shown by a browser, only saved; and nothing of it runs.
 */
import { randomUUID } from 'node:crypto'
import { createReadStream, createWriteStream, mkdirSync, readdirSync, statSync } from 'node:fs'
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { TokenIssuer } from './tokens.ts'

const MAX_BYTES = 20_000_000
/** Of all of them. */
const MAX_TOTAL_BYTES = 1_000_000_000
const MAX_NAME = 255
/** What browsers show, and do not run. */
const PICTURES: ReadonlySet<string> = new Set([
  'image/png',
  'image/jpeg',
  'image/gif',
  'image/webp',
  'image/avif',
])
const ADDRESS = /^\/files\/([0-9a-f-]{36})(?:\/[^/]*)?$/
const SAFE_HEADERS = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; sandbox",
  'cross-origin-resource-policy': 'cross-origin',
  'cache-control': 'private, max-age=31536000, immutable',
}

export class FileRefusal extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

interface Kept {
  readonly name: string
  readonly mime_type: string
}

export interface Files {
  /** Resolves with the attachment. @throws FileRefusal */
  take(request: IncomingMessage, query: URLSearchParams): Promise<object>
  /** False: there is no such file. */
  serve(path: string, request: IncomingMessage, response: ServerResponse): Promise<boolean>
}

export function createFiles(folder: string, { authenticate }: Pick<TokenIssuer, 'authenticate'>): Files {
  mkdirSync(folder, { recursive: true })
  let total = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)

  return {
    async take(request, query) {
      const [, token = ''] = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '') ?? []
      const known = await authenticate(token)
      if (known === null || typeof known !== 'object') {
        throw new FileRefusal(401, 'unauthorized', 'Say who you are: Authorization: Bearer <token>.')
      }
      const name = query.get('name') ?? ''
      if (name === '' || name.length > MAX_NAME) {
        throw new FileRefusal(400, 'invalid', `"name" must have 1 to ${MAX_NAME} characters.`)
      }
      if (Number(request.headers['content-length'] ?? 0) > MAX_BYTES) throw tooLarge()
      if (total > MAX_TOTAL_BYTES) throw new FileRefusal(507, 'full', 'There is no room for more files.')
      const id = randomUUID()
      const mime_type = (request.headers['content-type'] ?? '').slice(0, MAX_NAME)
      const size = await keep(request, join(folder, id))
      total += size
      await writeFile(join(folder, `${id}.json`), JSON.stringify({ name, mime_type } satisfies Kept))
      return { id, name, mime_type, size, url: `/files/${id}/${encodeURIComponent(name)}` }
    },
    async serve(path, request, response) {
      const [, id] = ADDRESS.exec(path) ?? []
      const file = join(folder, String(id))
      const text = id && (await readFile(`${file}.json`, 'utf8').catch(() => undefined))
      if (!text) return false
      const { name, mime_type } = JSON.parse(text) as Kept
      const isPicture = PICTURES.has(mime_type)
      const { size } = await stat(file)
      const saved = `attachment; filename*=UTF-8''${encodeURIComponent(name).replace(/['()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`)}`
      response.writeHead(200, {
        ...SAFE_HEADERS,
        'content-type': isPicture ? mime_type : 'application/octet-stream',
        'content-length': size,
        ...(!isPicture && { 'content-disposition': saved }),
      })
      if (request.method === 'HEAD') response.end()
      // Whoever goes away in the middle is no failure.
      else await pipeline(createReadStream(file), response).catch(() => undefined)
      return true
    },
  }
}

const tooLarge = () => new FileRefusal(413, 'too_large', `A file has at most ${MAX_BYTES / 1e6} MB.`)

/** Under its name only when all of it is there. */
async function keep(request: IncomingMessage, path: string): Promise<number> {
  let size = 0
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length
      if (size > MAX_BYTES) done(tooLarge())
      else done(null, chunk)
    },
  })
  try {
    await pipeline(request, counted, createWriteStream(`${path}.part`))
    await rename(`${path}.part`, path)
    return size
  } catch (error) {
    await rm(`${path}.part`, { force: true })
    throw error
  }
}
