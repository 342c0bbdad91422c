/** Runs one subject in the page: an event at a time comes through the socket, and the clock runs until it is in the document. */
import { createRoot } from 'react-dom/client'
import { counts, newest, subjects } from './subjects.tsx'

interface Options {
  readonly subject: string
  readonly port: number
  readonly loaded: number
  readonly warmUp: number
}

export interface PageFigures {
  readonly latencies: readonly number[]
  readonly lists: number
  readonly rows: number
}

let cameAt = 0

/** Notes when a message comes, ahead of whoever it is for. */
class NotingSocket extends WebSocket {
  constructor(url: string | URL, protocols?: string | string[]) {
    super(url, protocols)
    this.addEventListener('message', ({ data }) => {
      if (String(data).includes('"chat_message"')) cameAt = performance.now()
    })
  }
}

const control = (port: number) =>
  new Promise<WebSocket>((resolve) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/control`)
    socket.onopen = () => resolve(socket)
  })

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** Resolves with how long it took since the message came. */
function shown(root: Element, text: string): Promise<number> {
  return new Promise((resolve) => {
    const look = () => {
      if (root.querySelector('li:last-child')?.textContent !== text) return
      observer.disconnect()
      resolve(performance.now() - cameAt)
    }
    const observer = new MutationObserver(look)
    observer.observe(root, { childList: true, subtree: true, characterData: true })
  })
}

async function start({ subject, port, loaded, warmUp }: Options) {
  const create = subjects[subject]
  if (!create) throw new Error(`No subject "${subject}"`)
  Object.assign(globalThis, { WebSocket: NotingSocket })
  // First of all: the server begins to count anew.
  const emitter = await control(port)
  const root = document.createElement('div')
  document.body.append(root)
  const { app, start } = create(`ws://127.0.0.1:${port}/plain`, loaded)
  createRoot(root).render(app)
  // What is loaded again meanwhile is no part of it.
  await pause(loaded > 10_000 ? 1_500 : 300)
  await new Promise<void>((ready) => start(ready))
  let position = 0
  const one = async (): Promise<number> => {
    position++
    const done = shown(root, newest(position))
    emitter.send(JSON.stringify({ type: 'emit', position }))
    const latency = await done
    // Quiet again: a frame and what follows it.
    await pause(40)
    return latency
  }
  await pause(200)
  for (let at = 0; at < warmUp; at++) await one()
  Object.assign(counts, { lists: 0, rows: 0 })
  return one
}

let one: (() => Promise<number>) | undefined

Object.assign(globalThis, {
  bench: {
    async prepare(options: Options) {
      one = await start(options)
    },
    async run(events: number): Promise<PageFigures> {
      const latencies: number[] = []
      for (let at = 0; at < events; at++) latencies.push((await one?.()) ?? Number.NaN)
      return { latencies, ...counts }
    },
  },
})
