// @vitest-environment node
/** What the kit keeps of those who are gone. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { memoryStore } from '../../src/server/stores/memoryStore.ts'
import { boardServer } from './support/board.ts'
import { memoryCards } from './support/memoryBoard.ts'

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

const pause = () => new Promise((resolve) => setTimeout(resolve, 20))
async function bytesInUse(): Promise<number> {
  for (let round = 0; round < 5; round++) {
    await pause()
    collect()
  }
  return process.memoryUsage().heapUsed
}

it('[S57] ten thousand connections that came, subscribed and went leave nothing', {
  timeout: 60_000,
}, async () => {
  const live = boardServer({ store: memoryStore(), cards: memoryCards })
  let heard = 0
  const socket = { send: () => void heard++, close: () => undefined }
  const frame = JSON.stringify({ type: 'subscribe_board', data: { board: 'b' }, id: 's' })
  const come = (user: number) => {
    const accepted = live.accept(socket, new Request(`http://localhost/ws/?token=u${user}`))
    accepted.receive(frame)
    return accepted
  }
  const comeAndGo = async (round: number) => {
    const connections = Array.from({ length: 1_000 }, (_, at) => come(round * 1_000 + at))
    while (heard < 2_000) await pause()
    await live.publish('card_moved', { id: 'c', column: 'x', moves: 1 }, 'b')
    while (heard < 3_000) await pause()
    heard = 0
    for (const { closed } of connections) closed()
  }
  for (let round = 0; round < 2; round++) await comeAndGo(round)
  const before = await bytesInUse()
  for (let round = 2; round < 12; round++) await comeAndGo(round)
  // Less than 20 bytes of each, where one that is there takes thousands.
  expect((await bytesInUse()) - before).toBeLessThan(200_000)
  await live.close({ graceMs: 0 })
})
