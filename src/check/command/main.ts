/** `querywire check …`: from the command line to an exit code. */
import process from 'node:process'
import type { CheckReport, RuleReport } from '../report.ts'
import { checkServer } from '../run/checkServer.ts'
import { endLines, ruleLines, type Style } from './print.ts'
import { type Arguments, readArguments } from './readArguments.ts'
import { readDomain } from './readDomain.ts'
import { restartBy } from './restart.ts'
import { USAGE } from './usage.ts'

const KEPT = 0
const NOT_KEPT = 1
const MISUNDERSTOOD = 2

const write = (text: string) => void process.stdout.write(text)

/** The command, without the name of the program: `['check', 'ws://…']`. Resolves with the exit code; prints what it finds. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    const read = readArguments(args)
    if (!read) {
      write(USAGE)
      return KEPT
    }
    return await check(read)
  } catch (error) {
    process.stderr.write(
      `querywire: ${error instanceof Error ? error.message : String(error)}\nquerywire --help says more.\n`,
    )
    return MISUNDERSTOOD
  }
}

async function check(args: Arguments): Promise<number> {
  const style: Style = { isColour: process.stdout.isTTY === true, all: args.all }
  const stop = stopOnSignals()
  try {
    const report = await run(args, { style, signal: stop.signal })
    write(args.json ? `${JSON.stringify(report, null, 2)}\n` : `${endLines(report, style).join('\n')}\n`)
    return report.ok ? KEPT : NOT_KEPT
  } finally {
    stop.done()
  }
}

async function run(
  args: Arguments,
  { style, signal }: { style: Style; signal: AbortSignal },
): Promise<CheckReport> {
  const { url, token, otherToken, auth, room, level, only, timeoutMs } = args
  const domain = args.domain === undefined ? undefined : await readDomain(args.domain)
  const progress = args.json ? {} : progressOn(style)
  return checkServer({
    url,
    auth,
    only,
    signal,
    ...progress,
    ...(token === undefined ? {} : { token }),
    ...(otherToken === undefined ? {} : { otherToken }),
    ...(room === undefined ? {} : { room }),
    ...(level === undefined ? {} : { level }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(domain === undefined ? {} : { domain }),
    ...(args.restart === undefined ? {} : { restart: restartBy(args.restart) }),
  })
}

/** Where somebody looks on, what is being tried stands below what is done. */
function progressOn(style: Style) {
  const clear = style.isColour ? '\r\u001b[K' : ''
  return {
    onProgress: (title: string) => {
      if (style.isColour) write(`${clear}… ${title}`)
    },
    onRule: (rule: RuleReport) => {
      const lines = ruleLines(rule, style)
      write(clear + lines.map((line) => `${line}\n`).join(''))
    },
  }
}

/** The first Ctrl-C ends the check in good order: what it has written is deleted. The second ends the process. */
function stopOnSignals() {
  const controller = new AbortController()
  const end = () => {
    if (controller.signal.aborted) process.exit(130)
    process.stderr.write('\nEnding; what was written is being deleted. Once more ends at once.\n')
    controller.abort()
  }
  process.on('SIGINT', end)
  process.on('SIGTERM', end)
  return {
    signal: controller.signal,
    done: () => {
      process.off('SIGINT', end)
      process.off('SIGTERM', end)
    },
  }
}
