/** nginx with a site of the examples, before the workers of a test. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findNginx } from '../../../scripts/databases.mjs'
import { type RunningProgram, startProgram } from './program.ts'

export interface Nginx {
  /** `ws://host:port` */
  readonly url: string
  reload(): void
  readonly program: RunningProgram
}

interface NginxParts {
  /** The example. */
  readonly site: URL
  readonly port: number
  readonly workers: readonly number[]
}

const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']

export async function startNginx(folder: string, { site, port, workers }: NginxParts): Promise<Nginx> {
  const command = await findNginx((line) => console.log(line))
  let at = 0
  // As it is, but for what is this machine's: ports, and where the logs go.
  const config = readFileSync(site, 'utf8')
    .replace(/server 127\.0\.0\.1:\d+/g, () => `server 127.0.0.1:${workers[at++]}`)
    .replace('listen 80;', `listen 127.0.0.1:${port};`)
    .replaceAll('/var/log/nginx', folder)
  writeFileSync(join(folder, 'site.conf'), config)
  const temporary = TEMPORARY.map((name) => `${name}_temp_path ${join(folder, name)};`).join('\n')
  const whole = join(folder, 'nginx.conf')
  writeFileSync(
    whole,
    `pid ${join(folder, 'nginx.pid')};
events { worker_connections 4096; }
http {
${temporary}
include ${join(folder, 'site.conf')};
}
`,
  )
  const running = await startProgram({
    command: [command, '-c', whole, '-e', 'stderr', '-g', 'daemon off;'],
    port,
    name: 'nginx',
  })
  return { url: `ws://127.0.0.1:${port}`, reload: () => running.signal('SIGHUP'), program: running }
}
