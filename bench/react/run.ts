/** React in a real Chromium, built for production: each subject in a page of its own, one round after another. */
import { createReadStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, type CDPSession, chromium } from 'playwright-core'
import { build } from 'vite'
import { findChromium } from '../../scripts/chromium.mjs'
import type { Samples } from '../measure/rounds.ts'
import type { Figures } from '../measure/subject.ts'
import type { PageFigures } from './page.tsx'

const FOLDER = fileURLToPath(new URL('.', import.meta.url))
const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export interface ReactRun {
  readonly port: number
  readonly subjects: readonly string[]
  readonly loaded: number
  readonly events: number
  readonly rounds: number
}

export interface BuiltPage {
  readonly browser: Browser
  readonly url: string
  close(): Promise<void>
}

export async function openBrowser(): Promise<BuiltPage> {
  const outDir = await mkdtemp(join(tmpdir(), 'querywire-bench-'))
  await build({
    root: FOLDER,
    configFile: false,
    logLevel: 'error',
    mode: 'production',
    resolve: { dedupe: ['react', 'react-dom', '@tanstack/react-query', '@tanstack/db', 'zustand'] },
    server: { fs: { allow: [ROOT] } },
    build: { outDir, emptyOutDir: true, chunkSizeWarningLimit: 10_000 },
  })
  const server = createServer(({ url = '/' }, response) => {
    const name = url === '/' ? 'index.html' : url.slice(1)
    response.setHeader('content-type', name.endsWith('.js') ? 'text/javascript' : 'text/html')
    createReadStream(join(outDir, name))
      .on('error', () => response.writeHead(404).end())
      .pipe(response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const executablePath = await findChromium()
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] })
  return {
    browser,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async close() {
      await browser.close()
      server.close()
      await rm(outDir, { recursive: true })
    },
  }
}

export async function runReact({ browser, url }: BuiltPage, run: ReactRun): Promise<Samples> {
  const samples: Record<string, Figures[]> = Object.fromEntries(run.subjects.map((name) => [name, []]))
  for (let round = 0; round < run.rounds; round++) {
    for (const subject of run.subjects)
      samples[subject]?.push(await measure(browser, url, { ...run, subject }))
  }
  return samples
}

async function measure(
  browser: Browser,
  url: string,
  { subject, port, loaded, events }: ReactRun & { readonly subject: string },
): Promise<Figures> {
  const context = await browser.newContext()
  try {
    const page = await context.newPage()
    const errors: string[] = []
    page.on('pageerror', (error) => errors.push(String(error)))
    page.setDefaultTimeout(60_000)
    await page.goto(url)
    await page.waitForFunction(() => 'bench' in globalThis)
    const options = { subject, port, loaded, warmUp: 5 }
    await page.evaluate(
      (options) => (globalThis as unknown as { bench: Bench }).bench.prepare(options),
      options,
    )
    const session = await context.newCDPSession(page)
    await session.send('Performance.enable', { timeDomain: 'threadTicks' })
    const before = await taskMs(session)
    const figures = await page.evaluate(
      (events) => (globalThis as unknown as { bench: Bench }).bench.run(events),
      events,
    )
    const cpu = ((await taskMs(session)) - before) / events
    if (errors.length > 0) throw new Error(`${subject}: ${errors[0]}`)
    const sorted = figures.latencies.toSorted((a, b) => a - b)
    return {
      cpu,
      p50: sorted[sorted.length >> 1] ?? Number.NaN,
      p90: sorted[Math.floor(sorted.length * 0.9)] ?? Number.NaN,
      lists: figures.lists / events,
      rows: figures.rows / events,
    }
  } finally {
    await context.close()
  }
}

interface Bench {
  prepare(options: object): Promise<void>
  run(events: number): Promise<PageFigures>
}

/** CPU of the page's main thread. */
async function taskMs(session: CDPSession): Promise<number> {
  const { metrics } = await session.send('Performance.getMetrics')
  return (metrics.find(({ name }) => name === 'TaskDuration')?.value ?? Number.NaN) * 1_000
}
