/** nginx with the configuration of examples/nginx, before the workers of a test. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { program, type RunningProgram, startProgram } from './program.ts'

export interface Nginx {
  /** `ws://host:port` */
  readonly url: string
  reload(): Promise<void>
  readonly program: RunningProgram
}

const EXAMPLE = new URL('../../../examples/nginx/nginx.conf', import.meta.url)

export async function startNginx(
  folder: string,
  { port, workers }: { readonly port: number; readonly workers: readonly number[] },
): Promise<Nginx> {
  const nginx = await program('nginx', { debianPackage: 'nginx', folders: ['/usr/sbin'] })
  const example = readFileSync(EXAMPLE, 'utf8')
  const servers = workers.map((worker) => `server 127.0.0.1:${worker} max_fails=0;`)
  const config = example
    .replace(/(server 127\.0\.0\.1:\d+ [^;]*;\s*)+/, `${servers.join('\n    ')}\n  `)
    .replace(/listen \d+;/, `listen 127.0.0.1:${port};`)
    .replace(/^http \{/m, `http {\n  ${TEMPORARY.map((name) => `${name}_temp_path ${name};`).join(' ')}`)
  writeFileSync(join(folder, 'nginx.conf'), config)
  const command = [nginx, '-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr']
  const running = await startProgram({
    command: [...command, '-g', 'daemon off;'],
    port,
    name: 'nginx',
  })
  return {
    url: `ws://127.0.0.1:${port}`,
    reload: async () => running.signal('SIGHUP'),
    program: running,
  }
}

const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
