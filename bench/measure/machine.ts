/** On what it was measured. */
import { readFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import process from 'node:process'

const versionOf = (name: string, from: URL) => {
  try {
    const { version } = JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, from), 'utf8'))
    return `${name} ${version}`
  } catch {
    return undefined
  }
}

const ROOT = new URL('../../', import.meta.url)
const BENCH = new URL('../', import.meta.url)

const OURS = [
  '@tanstack/react-query',
  'react',
  'ws',
  'zod',
  'zustand',
  '@tanstack/db',
  '@tanstack/query-db-collection',
]
const PEERS = ['@trpc/client', 'socket.io-client', 'centrifuge', 'graphql-ws', 'phoenix', '@reduxjs/toolkit']

export function machine(): string {
  const [cpu] = cpus()
  const versions = [
    ...OURS.map((name) => versionOf(name, ROOT)),
    ...PEERS.map((name) => versionOf(name, BENCH)),
  ]
  return [
    `${cpus().length} × ${cpu?.model}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${process.arch}, Node ${process.versions.node}.`,
    `${versions.filter(Boolean).join(', ')}.`,
  ].join('\n')
}
