/** What a bundle grows by, and how long it takes to load: whole entries and smallest imports, beside the peers. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { digits, type Section, spread, spreadOf } from '../measure/report.ts'

const BENCH = fileURLToPath(new URL('..', import.meta.url))
const dist = (path: string) => JSON.stringify(fileURLToPath(new URL(`../../dist/${path}`, import.meta.url)))

/** Applications have these anyway. */
const REACT = ['react', 'react/jsx-runtime', 'react-dom']
const PEERS = [...REACT, 'zustand', 'zustand/vanilla', '@tanstack/react-query', 'zod', 'zod/mini']

const cases: readonly (readonly [name: string, code: string, external: readonly string[]])[] = [
  [
    'querywire/transport: createWebSocketManager',
    `export { createWebSocketManager } from ${dist('transport/index.js')}`,
    PEERS,
  ],
  ['querywire/transport, whole', `export * from ${dist('transport/index.js')}`, PEERS],
  [
    'querywire/query: createLive, patch',
    `export { createLive, patch } from ${dist('query/index.js')}`,
    PEERS,
  ],
  ['querywire/query, whole', `export * from ${dist('query/index.js')}`, PEERS],
  ['querywire, whole', `export * from ${dist('index.js')}`, PEERS],
  [
    'querywire/chat: createChat, ChatProvider, useChatWebSocket',
    `export { createChat, ChatProvider, useChatWebSocket } from ${dist('chat/index.js')}`,
    PEERS,
  ],
  ['querywire/chat, whole', `export * from ${dist('chat/index.js')}`, PEERS],
  ['zustand/vanilla (a peer of querywire)', `export { createStore } from 'zustand/vanilla'`, REACT],
  ['phoenix: Socket', `export { Socket } from 'phoenix'`, REACT],
  ['graphql-ws: createClient', `export { createClient } from 'graphql-ws'`, REACT],
  [
    '@trpc/client: createTRPCClient, createWSClient, wsLink',
    `export { createTRPCClient, createWSClient, wsLink } from '@trpc/client'`,
    REACT,
  ],
  ['socket.io-client: io', `export { io } from 'socket.io-client'`, REACT],
  ['centrifuge: Centrifuge', `export { Centrifuge } from 'centrifuge'`, REACT],
  [
    '@reduxjs/toolkit/query/react: createApi, with configureStore',
    `export { createApi } from '@reduxjs/toolkit/query/react'; export { configureStore } from '@reduxjs/toolkit'`,
    [...REACT, 'react-redux'],
  ],
  [
    '@tanstack/db + query-db-collection',
    `export { createCollection } from '@tanstack/db'; export { queryCollectionOptions } from '@tanstack/query-db-collection'`,
    [...REACT, '@tanstack/react-query', '@tanstack/query-core'],
  ],
]

export async function sizes(rounds: number): Promise<Section> {
  const folder = mkdtempSync(join(BENCH, '.sizes-'))
  try {
    const rows = []
    for (const [name, code, external] of cases)
      rows.push(await rowOf({ folder, name, code, external, rounds }))
    return {
      title: 'Sizes and import time',
      text: 'esbuild, minified, for browsers, gzip; what applications have anyway (React, TanStack Query, zustand, zod) is left out where it is a peer. Import time: CPU of a Node that evaluates the bundle with its peers, less that of one that evaluates nothing.',
      head: ['', 'gzip, kB', 'minified, kB', 'import, CPU ms'],
      rows,
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

interface Case {
  readonly folder: string
  readonly name: string
  readonly code: string
  readonly external: readonly string[]
  readonly rounds: number
}

async function rowOf({ folder, name, code, external, rounds }: Case): Promise<string[]> {
  const bundle = async (platform: 'browser' | 'node', left: readonly string[]) => {
    const { outputFiles } = await build({
      stdin: { contents: code, resolveDir: BENCH },
      bundle: true,
      minify: true,
      write: false,
      format: 'esm',
      platform,
      external: [...left],
      define: { 'process.env.NODE_ENV': '"production"' },
      logLevel: 'error',
    })
    return outputFiles[0]?.contents ?? new Uint8Array()
  }
  const small = await bundle('browser', external)
  const whole = join(folder, 'bundle.mjs')
  writeFileSync(whole, await bundle('browser', []))
  const nothing = join(folder, 'nothing.mjs')
  writeFileSync(nothing, 'export {}')
  const times = Array.from({ length: rounds }, () => importMs(whole) - importMs(nothing))
  return [
    name,
    digits(gzipSync(small, { level: 9 }).length / 1_000),
    digits(small.length / 1_000),
    spread(spreadOf(times)),
  ]
}

const CLOCK =
  'const c = process.threadCpuUsage(); await import(process.argv[1]); const { user, system } = process.threadCpuUsage(c); console.log((user + system) / 1e3)'

function importMs(path: string): number {
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', CLOCK, path], {
    encoding: 'utf8',
  })
  return Number(output)
}
