// nginx with a site of the examples, as it is but for what is this machine's: ports, and where it writes.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { find, findOrInstall } from './databases.mjs'

/** Its path. */
export const findNginx = (log = () => {}) => findOrInstall('nginx', () => find('nginx', ['/usr/sbin']), log)

const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']

/** Resolves with the configuration to start it with. `workers`: the ports behind it, in the order of the site's. */
export const writeNginxConfig = async (folder, { site, port, workers = [] }) => {
  let at = 0
  const own = (await readFile(site, 'utf8'))
    .replace(/server 127\.0\.0\.1:(\d+)/g, (_, given) => `server 127.0.0.1:${workers[at++] ?? given}`)
    .replace('listen 80;', `listen 127.0.0.1:${port};`)
    .replaceAll('/var/log/nginx', folder)
  await writeFile(join(folder, 'site.conf'), own)
  const path = join(folder, 'nginx.conf')
  const temporary = TEMPORARY.map((name) => `${name}_temp_path ${join(folder, name)};`).join('\n')
  await writeFile(
    path,
    `pid ${join(folder, 'nginx.pid')};
events { worker_connections 4096; }
http {
${temporary}
include ${join(folder, 'site.conf')};
}
`,
  )
  return path
}
