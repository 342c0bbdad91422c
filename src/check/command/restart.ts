/** `--restart`: a command that ends the server and starts it again. It may go on running, as a server does. */
import { spawn } from 'node:child_process'

/** How long a command may take that is no server itself. */
const DONE_MS = 30_000

/** Resolves when the command is done, or has run for long enough to be the server. @throws Error where it fails */
export const restartBy = (command: string) => (): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, { shell: true, stdio: 'ignore' })
    const timer = AbortSignal.timeout(DONE_MS)
    timer.addEventListener('abort', () => resolve())
    child.once('error', reject)
    child.once('exit', (code) => {
      if (code === 0 || code === null) resolve()
      else reject(new Error(`--restart failed with ${code}: ${command}`))
    })
    // A server that it has started must not keep this process alive.
    child.unref()
  })
