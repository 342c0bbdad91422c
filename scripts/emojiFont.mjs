// Pictures show boxes where there is no font for emoji. Where there is none, it is installed, if that may be done; no package of
// this repository carries one: it has ten megabytes.
import { existsSync } from 'node:fs'
import process from 'node:process'
import { run } from './processes.mjs'

const PACKAGE = 'fonts-noto-color-emoji'

/** Resolves when there is one, or when there will be none; then `log` has said so. */
export const provideEmojiFont = async (log = () => {}) => {
  if (process.platform !== 'linux' || (await hasEmojiFont())) return
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    log(`installing ${PACKAGE} with apt-get`)
    const env = { DEBIAN_FRONTEND: 'noninteractive' }
    await run(['apt-get', 'update'], { env, timeoutMs: 120_000 })
    await run(['apt-get', 'install', '-y', '--no-install-recommends', PACKAGE], { env, timeoutMs: 120_000 })
    if (await hasEmojiFont()) return
  }
  log(`No font has emoji, so pictures show boxes: install ${PACKAGE}, or another one.`)
}

const hasEmojiFont = async () => {
  const { code, output } = await run(['fc-list', ':charset=1f600', 'family']).catch(() => ({
    code: 1,
    output: '',
  }))
  return code === 0 && output.trim() !== ''
}
