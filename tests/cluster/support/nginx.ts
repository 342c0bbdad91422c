/** nginx with a site of the examples, before the workers of a test. */
import { findNginx, writeNginxConfig } from '../../../scripts/nginx.mjs'
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

export async function startNginx(folder: string, parts: NginxParts): Promise<Nginx> {
  const command = await findNginx((line) => console.log(line))
  const config = await writeNginxConfig(folder, parts)
  const { port } = parts
  const running = await startProgram({
    command: [command, '-c', config, '-e', 'stderr', '-g', 'daemon off;'],
    port,
    name: 'nginx',
  })
  return { url: `ws://127.0.0.1:${port}`, reload: () => running.signal('SIGHUP'), program: running }
}
